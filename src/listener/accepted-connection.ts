// Owns what is known of a connection before its filter chain is chosen: the addresses as the kernel tells them, and what
// listener filters learn (SNI, ALPN, the client behind a proxy, the destination before a redirection).
import type { Address, IpAddress } from '../base/address.ts';
import type { FilterStateObject } from '../observability/stream-info.ts';
import type { ConnectionFacts } from './filter-chain-match.ts';

export class AcceptedConnection implements ConnectionFacts {
  readonly directLocalAddress: Address;
  readonly directRemoteAddress: Address;
  /** Changed by original_dst and proxy_protocol. */
  localAddress: Address;
  /** Changed by proxy_protocol. */
  remoteAddress: Address;
  /** `localAddress` is the destination before a redirection: `use_original_dst` goes by it. */
  localAddressRestored = false;
  /** `tls` where a filter has seen a ClientHello. */
  transportProtocol = 'raw_buffer';
  /** In lower case. */
  serverName = '';
  applicationProtocols: readonly string[] = [];
  ja3 = '';
  ja4 = '';
  /** Made when first written. */
  dynamicMetadata: Map<string, Readonly<Record<string, unknown>>> | null = null;
  typedDynamicMetadata: Map<string, unknown> | null = null;
  /** Made when first written. */
  filterState: Map<string, FilterStateObject> | null = null;
  /** Of the socket, for filters that ask the kernel; -1: not known. */
  descriptor = -1;

  constructor(localAddress: Address, remoteAddress: Address) {
    this.directLocalAddress = localAddress;
    this.directRemoteAddress = remoteAddress;
    this.localAddress = localAddress;
    this.remoteAddress = remoteAddress;
  }

  get destination(): IpAddress | null {
    return this.localAddress.kind === 'ip' ? this.localAddress : null;
  }
  get source(): IpAddress | null {
    return this.remoteAddress.kind === 'ip' ? this.remoteAddress : null;
  }
  get directSource(): IpAddress | null {
    return this.directRemoteAddress.kind === 'ip' ? this.directRemoteAddress : null;
  }
}
