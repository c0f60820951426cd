// Owns what filter state may tell the filter of one connection (extensions/common/set-filter-state makes the objects).
import type { StreamInfo } from '../../../../observability/api.ts';

/** A cluster instead of the configured ones. */
export const clusterKey = 'envoy.tcp_proxy.cluster';
const idleTimeoutKey = 'envoy.tcp_proxy.per_connection_idle_timeout_ms';
/** Plain TCP in spite of a tunneling_config. */
const noTunnelKey = 'envoy.tcp_proxy.disable_tunneling';

/** Milliseconds; undefined: as configured. */
export function idleTimeoutOf({ filterState }: StreamInfo): number | undefined {
  const value = filterState?.get(idleTimeoutKey)?.json;
  return typeof value === 'number' ? value : undefined;
}

export function tunnelDisabled({ filterState }: StreamInfo): boolean {
  return filterState?.get(noTunnelKey)?.json === true;
}
