// Owns the statistics of header_to_metadata, which exist only with a stat_prefix.
import type { Counter, StatsScope } from '../../../../observability/stats/api.ts';

export interface DirectionStats {
  readonly rulesProcessed: Counter;
  readonly metadataAdded: Counter;
  readonly headerNotFound: Counter;
}

export class HeaderToMetadataStats {
  readonly request: DirectionStats;
  readonly response: DirectionStats;
  readonly base64DecodeFailed: Counter;
  readonly headerValueTooLong: Counter;
  readonly regexSubstitutionFailed: Counter;

  /** `root` is that of all statistics: Envoy's names begin with a word of their own. */
  constructor(root: StatsScope, prefix: string) {
    const scope = root.scope(`http_filter_name.${prefix}.`);
    const direction = (name: string): DirectionStats => ({
      rulesProcessed: scope.counter(`${name}_rules_processed`),
      metadataAdded: scope.counter(`${name}_metadata_added`),
      headerNotFound: scope.counter(`${name}_header_not_found`),
    });
    this.request = direction('request');
    this.response = direction('response');
    this.base64DecodeFailed = scope.counter('base64_decode_failed');
    this.headerValueTooLong = scope.counter('header_value_too_long');
    this.regexSubstitutionFailed = scope.counter('regex_substitution_failed');
  }
}
