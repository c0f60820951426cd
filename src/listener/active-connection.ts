// Owns one accepted connection: its info, its filter chain, its share of the listener's numbers.
import type { Address } from '../base/address.ts';
import { type Connection, type ConnectionCallbacks, ConnectionEvent } from '../network/api.ts';
import { NetworkFilterChain } from '../network/filter-chain.ts';
import type { AccessLogger } from '../observability/access-log/api.ts';
import {
  type ConnectionStream,
  type FilterStateMap,
  type MetadataMap,
  StreamInfo,
  type TlsConnectionInfo,
} from '../observability/stream-info.ts';
import type { AcceptedConnection } from './accepted-connection.ts';
import type { ActiveListener } from './active-listener.ts';
import { logConnection } from './connection-log.ts';
import type { FilterChain } from './filter-chain.ts';
import type { ListenerStats } from './stats.ts';

export class ActiveConnection implements ConnectionCallbacks, ConnectionStream {
  readonly connection: Connection;
  readonly accepted: AcceptedConnection;
  terminationDetails = '';
  protocol = -1;
  flags = 0;
  readonly #listener: ActiveListener;
  readonly #stats: ListenerStats;
  readonly #chain: FilterChain;
  readonly #openedAt: number;
  readonly #accessLogs: readonly AccessLogger[];
  #streamInfo: StreamInfo | null = null;

  constructor(
    listener: ActiveListener,
    chain: FilterChain,
    accepted: AcceptedConnection,
    connection: Connection,
    now: number,
  ) {
    this.accepted = accepted;
    this.#listener = listener;
    this.#stats = listener.stats;
    this.#chain = chain;
    this.connection = connection;
    this.#openedAt = now;
    this.#accessLogs = listener.config.accessLogs;
    connection.addCallbacks(this);
    chain.connections.add(this);
    const { bufferLimit } = listener.config;
    connection.setBufferLimit(bufferLimit);
    const filters = new NetworkFilterChain(connection, this, chain.createFilters(), bufferLimit);
    connection.setReader(filters);
    filters.open();
  }

  get id(): number {
    return this.connection.id;
  }
  get localAddress(): Address {
    return this.accepted.localAddress;
  }
  get localAddressRestored(): boolean {
    return this.accepted.localAddressRestored;
  }
  get directLocalAddress(): Address {
    return this.accepted.directLocalAddress;
  }
  get directRemoteAddress(): Address {
    return this.accepted.directRemoteAddress;
  }
  get remoteAddress(): Address {
    return this.accepted.remoteAddress;
  }
  get requestedServerName(): string {
    return this.accepted.serverName;
  }
  get ja3(): string {
    return this.accepted.ja3;
  }
  get ja4(): string {
    return this.accepted.ja4;
  }
  get tls(): TlsConnectionInfo | null {
    return this.connection.tls;
  }
  get secure(): boolean {
    return this.#chain.transport?.secure === true;
  }
  get transportFailureReason(): string {
    return this.connection.transportFailureReason;
  }
  get listenerName(): string {
    return this.#listener.config.name;
  }
  get filterChainName(): string {
    return this.#chain.name;
  }
  get listenerMetadata(): MetadataMap | null {
    return this.#listener.config.metadata;
  }
  get trafficDirection(): number {
    return trafficDirections[this.#listener.config.direction];
  }
  get filterChainMetadata(): MetadataMap | null {
    return this.#chain.metadata;
  }

  get streamInfo(): StreamInfo {
    if (this.#streamInfo !== null) return this.#streamInfo;
    const { clock } = this.#listener.services;
    const made = new StreamInfo(this.#openedAt, clock.wall() - (clock.monotonic() - this.#openedAt), this, true);
    made.dynamicMetadata = this.accepted.dynamicMetadata;
    made.typedDynamicMetadata = this.accepted.typedDynamicMetadata;
    this.#streamInfo = made;
    return made;
  }
  get filterState(): FilterStateMap | null {
    return this.#streamInfo === null ? this.accepted.filterState : this.#streamInfo.filterState;
  }
  get sharedFilterState(): FilterStateMap | null {
    return this.#streamInfo?.sharedFilterState ?? null;
  }

  onConnectionEvent(event: ConnectionEvent): void {
    if (event === ConnectionEvent.Connected) return;
    this.#chain.onConnectionClosed(this);
    this.#listener.onConnectionClosed(this.#openedAt, this.#stats);
    if (this.#accessLogs.length === 0) return;
    logConnection(this.#accessLogs, this.streamInfo, this.connection, this.#listener.services, true);
  }

  onAboveWriteBufferHighWatermark(): void {}
  onBelowWriteBufferLowWatermark(): void {}
}

/** envoy.config.core.v3.TrafficDirection. */
const trafficDirections = { unspecified: 0, inbound: 1, outbound: 2 } as const;
