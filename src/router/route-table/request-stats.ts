// Owns the statistics that a part of a virtual host's requests counts in beside the cluster: a virtual cluster's, or those of
// routes with one stat_prefix (`vhost.NAME.route.PREFIX.`).
import type { StatsScope } from '../../observability/stats/api.ts';
import { type CounterGroup, counters } from '../../observability/stats/group.ts';
import { ResponseGroup } from '../../upstream/cluster-stats.ts';
import type { RequestStats } from '../api.ts';

const names = {
  upstreamRqRetry: 'upstream_rq_retry',
  upstreamRqRetryLimitExceeded: 'upstream_rq_retry_limit_exceeded',
  upstreamRqRetryOverflow: 'upstream_rq_retry_overflow',
  upstreamRqRetrySuccess: 'upstream_rq_retry_success',
  upstreamRqTimeout: 'upstream_rq_timeout',
  upstreamRqTotal: 'upstream_rq_total',
} as const;

export class PreparedRequestStats implements RequestStats {
  readonly stats: CounterGroup<typeof names>;
  readonly responses: ResponseGroup;

  /** `prefix` is taken as it is: unlike elsewhere, colons in names of virtual hosts and routes stay. */
  constructor(scope: StatsScope, prefix: string) {
    this.stats = counters(scope, names, prefix);
    this.responses = new ResponseGroup(scope, prefix);
  }
}
