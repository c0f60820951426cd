// Owns virtual clusters: parts of a virtual host's requests that are counted by themselves, under
// `vhost.NAME.vcluster.NAME.`; what fits none counts as `other`.
import type { RequestHeaders } from '../../http/headers/header-map.ts';
import { allMatch, type HeaderMatcher } from '../../matchers/header-matcher.ts';
import type { StatsScope } from '../../observability/stats/api.ts';
import { type CounterGroup, counters } from '../../observability/stats/group.ts';
import { ResponseGroup } from '../../upstream/cluster-stats.ts';
import type { VirtualCluster } from '../api.ts';

const names = {
  upstreamRqRetry: 'upstream_rq_retry',
  upstreamRqRetryLimitExceeded: 'upstream_rq_retry_limit_exceeded',
  upstreamRqRetryOverflow: 'upstream_rq_retry_overflow',
  upstreamRqRetrySuccess: 'upstream_rq_retry_success',
  upstreamRqTimeout: 'upstream_rq_timeout',
  upstreamRqTotal: 'upstream_rq_total',
} as const;

export class PreparedVirtualCluster implements VirtualCluster {
  readonly name: string;
  readonly stats: CounterGroup<typeof names>;
  readonly responses: ResponseGroup;
  readonly #matchers: readonly HeaderMatcher[];

  /** `name` is what the log says: empty for those that fit nowhere. `scope` is `vhost.NAME.vcluster.NAME.`. */
  constructor(name: string, matchers: readonly HeaderMatcher[], scope: StatsScope) {
    this.name = name;
    this.stats = counters(scope, names);
    this.responses = new ResponseGroup(scope, '');
    this.#matchers = matchers;
  }

  matches(headers: RequestHeaders): boolean {
    return allMatch(this.#matchers, headers);
  }
}

export class VirtualClusterTable {
  readonly #clusters: readonly PreparedVirtualCluster[];
  readonly #other: PreparedVirtualCluster;

  constructor(clusters: readonly PreparedVirtualCluster[], other: PreparedVirtualCluster) {
    this.#clusters = clusters;
    this.#other = other;
  }

  /** The first that fits. */
  find(headers: RequestHeaders): PreparedVirtualCluster {
    for (let i = 0; i < this.#clusters.length; i++) {
      const cluster = this.#clusters[i] as PreparedVirtualCluster;
      if (cluster.matches(headers)) return cluster;
    }
    return this.#other;
  }
}
