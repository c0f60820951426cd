// Owns the statistics of name resolution, `dns.cares.*`.
import type { Counter, Gauge, StatsScope } from '../observability/stats/api.ts';

export interface DnsStats {
  readonly resolveTotal: Counter;
  readonly pendingResolutions: Gauge;
  readonly notFound: Counter;
  readonly getAddrFailure: Counter;
  readonly timeouts: Counter;
}

/** `root`: the scope without prefix. */
export function createDnsStats(root: StatsScope): DnsStats {
  const scope = root.scope('dns.cares.');
  scope.counter('reinits');
  return {
    resolveTotal: scope.counter('resolve_total'),
    pendingResolutions: scope.gauge('pending_resolutions'),
    notFound: scope.counter('not_found'),
    getAddrFailure: scope.counter('get_addr_failure'),
    timeouts: scope.counter('timeouts'),
  };
}
