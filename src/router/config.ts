// Names for the messages that the router's interfaces mention, and the router filter's own configuration.

import { durationMs } from '../base/duration.ts';
import type { RouteConfiguration } from '../generated/envoy/config/route/v3/route_pb.d.ts';
import type { Router } from '../generated/envoy/extensions/filters/http/router/v3/router_pb.d.ts';
import type { Rds } from '../generated/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.d.ts';
import type { HttpFilterContext } from '../http/filter/api.ts';
import { pinnedName } from '../http/headers/name.ts';
import { buildAccessLogs } from '../observability/access-log/api.ts';
import type { RouterConfig } from './config-types.ts';
import { RetryControls } from './retry-controls.ts';
import { routerStats } from './stats.ts';

export type RouteConfigurationMessage = RouteConfiguration;
export type RdsMessage = Rds;

export function readRouter(message: Router, context: HttpFilterContext): RouterConfig {
  const { timeouts, node, accessLog, localAddress, runtime, random } = context.services;
  return {
    stats: routerStats(context.scope),
    timeouts,
    retryControls: new RetryControls(runtime, random),
    suppressEnvoyHeaders: message.suppressEnvoyHeaders,
    respectExpectedRequestTimeout: message.respectExpectedRqTimeout,
    // Envoy's own rules say which names may stand there.
    strictCheckHeaders: message.strictCheckHeaders.map((name) => pinnedName(name.toLowerCase())),
    suppressGrpcCodeStats: message.suppressGrpcRequestFailureCodeStats,
    attemptLog: {
      logs: buildAccessLogs(message.upstreamLog, { config: context.config, settings: accessLog }),
      onConnection: message.upstreamLogOptions?.flushUpstreamLogOnUpstreamStream === true,
      flushIntervalMs:
        message.upstreamLog.length === 0 ? 0 : durationMs(message.upstreamLogOptions?.upstreamLogFlushInterval, 0),
    },
    localAddress,
    zone: node.zone,
  };
}
