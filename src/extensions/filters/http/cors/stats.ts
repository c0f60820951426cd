// Owns the statistics of the CORS filter: `http.PREFIX.cors.`.
import type { Counter, StatsScope } from '../../../../observability/stats/api.ts';

export interface CorsStats {
  readonly originValid: Counter;
  readonly originInvalid: Counter;
}

export function corsStats(scope: StatsScope): CorsStats {
  return { originValid: scope.counter('cors.origin_valid'), originInvalid: scope.counter('cors.origin_invalid') };
}
