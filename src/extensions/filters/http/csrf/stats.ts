// Owns the statistics of the CSRF filter: `http.PREFIX.csrf.`.
import type { Counter, StatsScope } from '../../../../observability/stats/api.ts';

export interface CsrfStats {
  readonly missingSourceOrigin: Counter;
  readonly requestInvalid: Counter;
  readonly requestValid: Counter;
}

export function csrfStats(scope: StatsScope): CsrfStats {
  return {
    missingSourceOrigin: scope.counter('csrf.missing_source_origin'),
    requestInvalid: scope.counter('csrf.request_invalid'),
    requestValid: scope.counter('csrf.request_valid'),
  };
}
