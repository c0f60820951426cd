// Owns what is counted of the connection to a management server, under `control_plane.`.
// Source: https://www.envoyproxy.io/docs/envoy/latest/configuration/overview/mgmt_server#management-server-statistics
import type { Counter, Gauge, StatsScope } from '../../observability/stats/api.ts';

export interface ControlPlaneStats {
  readonly connectedState: Gauge;
  readonly identifier: { value: string };
  readonly pendingRequests: Gauge;
  readonly rateLimitEnforced: Counter;
}

export function controlPlaneStats(root: StatsScope): ControlPlaneStats {
  const scope = root.scope('control_plane.');
  return {
    connectedState: scope.gauge('connected_state'),
    identifier: scope.textReadout('identifier'),
    pendingRequests: scope.gauge('pending_requests'),
    rateLimitEnforced: scope.counter('rate_limit_enforced'),
  };
}
