// Owns where limits of downstream connections come from: the overload manager's monitor of connections, and static runtime.
import type { ConfigContext } from '../config/api.ts';
import type { Bootstrap } from '../generated/envoy/config/bootstrap/v3/bootstrap_pb.d.ts';
import type { DownstreamConnectionsConfig } from '../generated/envoy/extensions/resource_monitors/downstream_connections/v3/downstream_connections_pb.d.ts';
import type { ConnectionLimitSettings } from '../listener/connection-limits.ts';
import { staticRuntimeValues } from './layered-runtime-config.ts';

const monitorType = 'envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig';

/** As in Envoy the monitor, where there is one, is heard and the runtime key is not. */
export function readConnectionLimits(message: Bootstrap, context: ConfigContext): ConnectionLimitSettings {
  const { global, byListener } = limitsInRuntime(message);
  for (const monitor of message.overloadManager?.resourceMonitors ?? []) {
    const any = monitor.configType.value;
    const config = any === undefined ? undefined : context.unpackAs<DownstreamConnectionsConfig>(any, monitorType);
    if (config === undefined) continue;
    return { global: Number(config.maxActiveDownstreamConnections), monitor: monitor.name, byListener };
  }
  return { global, monitor: '', byListener };
}

const globalKey = 'overload.global_downstream_max_connections';
const listenerKey = /^envoy\.resource_limits\.listener\.(.+)\.connection_limit$/;

function limitsInRuntime(message: Bootstrap): { global: number; byListener: Map<string, number> } {
  const byListener = new Map<string, number>();
  let global = Number.POSITIVE_INFINITY;
  for (const [key, value] of staticRuntimeValues(message)) {
    const number = Number(value);
    if (!Number.isFinite(number)) continue;
    if (key === globalKey) global = number;
    const listener = listenerKey.exec(key)?.[1];
    if (listener !== undefined) byListener.set(listener, number);
  }
  return { global, byListener };
}
