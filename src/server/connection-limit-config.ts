// Owns where the limit of all downstream connections comes from: the overload manager's monitor of connections, or else the
// runtime (listener/connection-limits.ts).
import type { ConfigContext } from '../config/api.ts';
import type { Bootstrap } from '../generated/envoy/config/bootstrap/v3/bootstrap_pb.d.ts';
import type { DownstreamConnectionsConfig } from '../generated/envoy/extensions/resource_monitors/downstream_connections/v3/downstream_connections_pb.d.ts';
import { type ConnectionLimitSettings, noConnectionLimits } from '../listener/connection-limits.ts';

const monitorType = 'envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig';

export function readConnectionLimits(message: Bootstrap, context: ConfigContext): ConnectionLimitSettings {
  for (const monitor of message.overloadManager?.resourceMonitors ?? []) {
    const any = monitor.configType.value;
    const config = any === undefined ? undefined : context.unpackAs<DownstreamConnectionsConfig>(any, monitorType);
    if (config === undefined) continue;
    return { global: Number(config.maxActiveDownstreamConnections), monitor: monitor.name };
  }
  return noConnectionLimits;
}
