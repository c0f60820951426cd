// What the filters know of a cluster of this kind: its HostSource is one of these.
import type { DnsCache } from './dns-cache.ts';

export abstract class DynamicForwardProxyCluster {
  /** For hosts that come without a port. */
  abstract readonly defaultPort: number;
  abstract readonly cache: DnsCache;
}
