// Owns virtual clusters: parts of a virtual host's requests that are counted by themselves, under
// `vhost.NAME.vcluster.NAME.`; what fits none counts as `other`.
import type { RequestHeaders } from '../../http/headers/header-map.ts';
import { allMatch, type HeaderMatcher } from '../../matchers/header-matcher.ts';
import type { StatsScope } from '../../observability/stats/api.ts';
import type { VirtualCluster } from '../api.ts';
import { PreparedRequestStats } from './request-stats.ts';

export class PreparedVirtualCluster extends PreparedRequestStats implements VirtualCluster {
  readonly name: string;
  readonly #matchers: readonly HeaderMatcher[];

  /** `name` is what the log says: empty for those that fit nowhere. `prefix` is `vhost.NAME.vcluster.NAME.`. */
  constructor(name: string, matchers: readonly HeaderMatcher[], scope: StatsScope, prefix: string) {
    super(scope, prefix);
    this.name = name;
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
