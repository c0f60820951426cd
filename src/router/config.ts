// Names for the messages that the router's interfaces mention, and the router filter's own configuration.

import type { TimeoutPool } from '../base/lazy-timeout.ts';
import type { RouteConfiguration } from '../generated/envoy/config/route/v3/route_pb.d.ts';
import type { Router } from '../generated/envoy/extensions/filters/http/router/v3/router_pb.d.ts';
import type { Rds } from '../generated/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.d.ts';
import type { StatsScope } from '../observability/stats/api.ts';
import type { RouterConfig } from './config-types.ts';
import { routerStats } from './stats.ts';

export type RouteConfigurationMessage = RouteConfiguration;
export type RdsMessage = Rds;

export function readRouter(message: Router, scope: StatsScope, timeouts: TimeoutPool, zone: string): RouterConfig {
  return {
    stats: routerStats(scope),
    timeouts,
    suppressEnvoyHeaders: message.suppressEnvoyHeaders,
    respectExpectedRequestTimeout: message.respectExpectedRqTimeout,
    zone,
  };
}
