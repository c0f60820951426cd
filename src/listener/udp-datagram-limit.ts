// Owns how large a datagram may be by a UdpSocketConfig: larger ones are dropped. Asked of Envoy 1.40: where it reads with GRO
// it takes whatever comes.

/** envoy.config.core.v3.UdpSocketConfig, as far as it is read. */
interface SocketConfig {
  readonly maxRxDatagramSize?: bigint | undefined;
  readonly preferGro?: boolean | undefined;
}

const defaultMax = 1500;
const anySize = 65_535;

/** Bytes. `groByDefault`: of sockets to upstreams. */
export function udpDatagramLimit(config: SocketConfig | undefined, groByDefault: boolean): number {
  if (config?.preferGro ?? groByDefault) return anySize;
  return Number(config?.maxRxDatagramSize ?? defaultMax);
}
