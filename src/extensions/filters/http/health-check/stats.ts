// Owns the filter's statistics, `http.PREFIX.health_check.*`: of the checks that are answered here.
import type { Counter, StatsScope } from '../../../../observability/stats/api.ts';

export interface HealthCheckStats {
  readonly requestTotal: Counter;
  /** Answered with 200. */
  readonly ok: Counter;
  readonly failed: Counter;
  /** Answered with what upstream had said. */
  readonly cachedResponse: Counter;
  readonly failedClusterNotFound: Counter;
  readonly failedClusterEmpty: Counter;
  readonly failedClusterUnhealthy: Counter;
  readonly degraded: Counter;
}

/** `root` is `http.PREFIX.`; all health_check filters of a connection manager count together. */
export function healthCheckStats(root: StatsScope): HealthCheckStats {
  const scope = root.scope('health_check.');
  return {
    requestTotal: scope.counter('request_total'),
    ok: scope.counter('ok'),
    failed: scope.counter('failed'),
    cachedResponse: scope.counter('cached_response'),
    failedClusterNotFound: scope.counter('failed_cluster_not_found'),
    failedClusterEmpty: scope.counter('failed_cluster_empty'),
    failedClusterUnhealthy: scope.counter('failed_cluster_unhealthy'),
    degraded: scope.counter('degraded'),
  };
}
