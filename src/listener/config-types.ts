// A listener as the data path reads it: frozen, defaults applied, filter chains built. config.ts makes it.
import type { Message } from '@bufbuild/protobuf';
import type { Address } from '../base/address.ts';
import type { SocketOption, TcpKeepalive } from '../network/api.ts';
import type { AccessLogger } from '../observability/access-log/api.ts';
import type { StatsScope } from '../observability/stats/api.ts';
import type { MetadataMap } from '../observability/stream-info.ts';
import type { TrafficDirection } from '../upstream/services.ts';
import type { AcceptedConnection } from './accepted-connection.ts';
import type { ListenerFilterFactory, UdpListenerFilterFactory } from './api.ts';
import type { ChainTree } from './chain-tree.ts';
import type { FilterChain } from './filter-chain.ts';
import type { FilterChainMatcher } from './filter-chain-match.ts';
import type { ListenerFilterLimits } from './listener-filter-chain.ts';

export interface ListenAddress {
  readonly address: Address;
  /** `::` takes IPv4 as well. */
  readonly ipv4Compat: boolean;
  /** tcp_fast_open_queue_length and socket_options. */
  readonly socketOptions: readonly SocketOption[];
  readonly tcpKeepalive: TcpKeepalive | null;
}

export interface ListenerFilterEntry {
  readonly factory: ListenerFilterFactory;
  /** filter_disabled: true where this connection does not pass the filter. Null: all do. */
  readonly disabled: ((accepted: AcceptedConnection) => boolean) | null;
}

/** What a listener for datagrams has instead of filter chains. */
export interface UdpListenerConfig {
  /** May be empty: then datagrams go nowhere, as in Envoy. */
  readonly filters: readonly UdpListenerFilterFactory[];
  /** Bytes: larger ones are dropped and counted. */
  readonly maxDatagram: number;
}

export interface ListenerConfig {
  readonly name: string;
  /** At least one; the first gives the statistics their name. */
  readonly addresses: readonly ListenAddress[];
  readonly statPrefix: string;
  /** Of this version; closed when its last chain is gone. */
  readonly scope: StatsScope;
  readonly direction: TrafficDirection;
  /** Bytes of output a connection may pile up before its source is held back; 0: no limit. */
  readonly bufferLimit: number;
  readonly backlog: number;
  readonly reusePort: boolean;
  /** False: no socket; only connections that another listener hands over could come. */
  readonly bindToPort: boolean;
  /** Takes connections to addresses that are not this host's (TPROXY). */
  readonly transparent: boolean;
  readonly listenerFilters: readonly ListenerFilterEntry[];
  readonly listenerFilterLimits: ListenerFilterLimits;
  /** Connections go to the listener of their destination before a redirection, where there is one. */
  readonly useOriginalDestination: boolean;
  readonly drainType: 'default' | 'modify_only';
  readonly ignoreGlobalConnectionLimit: boolean;
  readonly accessLogs: readonly AccessLogger[];
  /** For %METADATA(LISTENER:…)%. */
  readonly metadata: MetadataMap | null;
  /** Null: it is for TCP (or Unix sockets). */
  readonly udp: UdpListenerConfig | null;
  readonly chains: readonly FilterChain[];
  /** Those of `chains` made for this version; the others are taken over from the one before. */
  readonly built: readonly FilterChain[];
  readonly matcher: FilterChainMatcher | ChainTree;
  /** What it was made from, for the dump and to see whether an update changes anything. */
  readonly message: Message;
}
