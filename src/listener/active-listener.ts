// Owns a listening socket's life: bound once, its configuration exchanged in place, drained in the end.
import type { Socket } from 'node:net';
import { type Address, ipAddress, pipeAddress } from '../base/address.ts';
import { contain } from '../base/assert.ts';
import { logger } from '../base/logger.ts';
import { attachAccepted } from '../network/accepted-socket.ts';
import { CloseType } from '../network/api.ts';
import { keepAlive } from '../network/keep-alive.ts';
import { type ListenSocket, listen } from '../network/listen-socket.ts';
import { SocketConnection } from '../network/socket-connection.ts';
import { descriptorOf } from '../network/stream-binding.ts';
import { type DownstreamConnectionInfo, StreamInfo } from '../observability/stream-info.ts';
import type { ProcessServices } from '../upstream/services.ts';
import { AcceptedConnection } from './accepted-connection.ts';
import { ActiveConnection } from './active-connection.ts';
import type { ListenAddress, ListenerConfig } from './config-types.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import { logConnection } from './connection-log.ts';
import { limitHandshake } from './handshake-timeout.ts';
import { sameAddress } from './listen-address.ts';
import { ListenerFilterChain, type ListenerFilterChainOwner } from './listener-filter-chain.ts';
import type { RunningListener } from './running-listener.ts';
import { type ListenerStats, listenerStats } from './stats.ts';

const log = logger('conn_handler');
const noBytes = Buffer.alloc(0);

export class ActiveListener implements RunningListener {
  config: ListenerConfig;
  stats: ListenerStats;
  readonly services: ProcessServices;
  readonly #limits: ConnectionLimits;
  readonly #directory: ListenerDirectory;
  #bound: readonly BoundAddress[] = [];
  #accepting = false;

  constructor(
    config: ListenerConfig,
    services: ProcessServices,
    limits: ConnectionLimits,
    directory: ListenerDirectory,
  ) {
    this.#directory = directory;
    this.config = config;
    this.stats = listenerStats(config.scope);
    this.services = services;
    this.#limits = limits;
  }

  async bind(): Promise<void> {
    this.#bound = await this.#listen(this.config, []);
    this.#accepting = true;
  }

  async rebind(config: ListenerConfig): Promise<void> {
    const staying = this.#bound.filter(({ wanted }) => config.addresses.some((entry) => sameAddress(entry, wanted)));
    const fresh = await this.#listen(config, staying);
    const going = this.#bound.filter((entry) => !staying.includes(entry));
    this.#bound = [...staying, ...fresh];
    this.#accepting = true;
    this.replaceConfig(config);
    close(going);
  }

  async #listen(config: ListenerConfig, present: readonly BoundAddress[]): Promise<BoundAddress[]> {
    const { backlog, reusePort, transparent } = config;
    const bound: BoundAddress[] = [];
    try {
      for (const wanted of config.bindToPort ? config.addresses : []) {
        if (present.some((entry) => sameAddress(entry.wanted, wanted))) continue;
        const options = { ...wanted, backlog, reusePort, transparent, noDelay: true };
        bound.push({ wanted, socket: await listen(options, (socket) => this.#accept(socket, wanted)) });
      }
      return bound;
    } catch (error) {
      close(bound);
      throw error;
    }
  }

  get localAddresses(): string[] {
    return this.#bound.map(({ socket }) => socket.address.text);
  }

  get accepting(): boolean {
    return this.#accepting;
  }

  /** New connections get the new chains; the sockets stay. */
  replaceConfig(config: ListenerConfig): void {
    this.config = config;
    this.stats = listenerStats(config.scope);
  }

  async stopAccepting(): Promise<void> {
    this.#accepting = false;
    close(this.#bound);
    this.#bound = [];
  }

  get connectionCount(): number {
    let count = 0;
    for (const chain of this.config.chains) count += chain.connections.size;
    return count;
  }

  #accept(socket: Socket, at: ListenAddress): void {
    try {
      this.#admit(socket, at);
    } catch (error) {
      contain(`listener '${this.config.name}'`, error);
      socket.destroy();
    }
  }

  #admit(socket: Socket, at: ListenAddress): void {
    if (socket.remoteAddress === undefined && this.config.addresses[0]?.address.kind === 'ip') {
      // The client reset the connection before it was accepted.
      socket.destroy();
      return;
    }
    const refused = this.#limits.admit(this.config);
    if (refused !== null) {
      (refused === 'listener' ? this.stats.downstreamCxOverflow : this.stats.downstreamGlobalCxOverflow).inc();
      socket.destroy();
      return;
    }
    // As the present configuration has it: the socket may be older.
    const keepalive = this.config.addresses.find((entry) => sameAddress(entry, at))?.tcpKeepalive;
    if (keepalive) keepAlive(socket, keepalive);
    const accepted = this.#acceptedOf(socket);
    const connection = new SocketConnection({
      localAddress: accepted.localAddress,
      remoteAddress: accepted.remoteAddress,
      timers: this.services.timers,
      delayedCloseTimeoutMs: 0,
      halfClose: false,
    });
    const { listenerFilters } = this.config;
    if (listenerFilters.length !== 0) this.#look(accepted, connection, socket);
    else this.#serve(accepted, connection, socket, noBytes);
    if (connection.closed) socket.destroy();
  }

  #acceptedOf(socket: Socket): AcceptedConnection {
    const { remoteAddress, remotePort, localAddress, localPort } = socket;
    const overIp = remoteAddress !== undefined && localAddress !== undefined;
    const here = this.config.addresses[0]?.address ?? pipeAddress('');
    return new AcceptedConnection(
      overIp ? ipAddress(plain(localAddress), localPort ?? 0) : here,
      // The far end of a Unix socket has no name: Envoy shows the listener's.
      overIp ? ipAddress(plain(remoteAddress), remotePort ?? 0) : here,
    );
  }

  /** Lets the listener filters look at the connection first. */
  #look(accepted: AcceptedConnection, connection: SocketConnection, socket: Socket): void {
    const { config, stats } = this;
    const filters = config.listenerFilters.flatMap(({ factory, disabled }) =>
      disabled?.(accepted) === true ? [] : [factory.createFilter()],
    );
    accepted.descriptor = descriptorOf(socket);
    const startedAt = this.services.clock.monotonic();
    const owner: ListenerFilterChainOwner = {
      onFiltersDone: (_, peeked) => this.#handOver(accepted, connection, null, peeked),
      onFiltersFailed: () => {
        this.#limits.release(config);
        this.#logUnserved(accepted, connection, startedAt, true);
      },
    };
    const chain = new ListenerFilterChain(owner, accepted, connection, filters, stats, config.listenerFilterLimits);
    if (chain.start(this.services.timers)) this.#handOver(accepted, connection, socket, noBytes);
    else if (!connection.closed) attachAccepted(socket, connection);
  }

  /** To the listener of the connection's original destination, where there is one (use_original_dst). */
  #handOver(accepted: AcceptedConnection, connection: SocketConnection, socket: Socket | null, peeked: Buffer): void {
    connection.localAddress = accepted.localAddress;
    connection.remoteAddress = accepted.remoteAddress;
    const { useOriginalDestination } = this.config;
    const other =
      useOriginalDestination && accepted.localAddressRestored ? this.#directory.find(accepted.localAddress) : null;
    if (other === null || other === this) {
      this.#serve(accepted, connection, socket, peeked);
      return;
    }
    this.#limits.handOver(this.config, other.config);
    other.#serve(accepted, connection, socket, peeked);
  }

  /** `socket`: still to be attached; null when it is. `peeked`: what was read from it. */
  #serve(accepted: AcceptedConnection, connection: SocketConnection, socket: Socket | null, peeked: Buffer): void {
    const now = this.services.clock.monotonic();
    const chain = this.config.chains[this.config.matcher.match(accepted)];
    if (chain === undefined) {
      this.stats.noFilterChainMatch.inc();
      log.debug(`closing connection from ${connection.remoteAddress.text}: no matching filter chain found`);
      this.#limits.release(this.config);
      this.#logUnserved(accepted, connection, now, false);
      connection.close(CloseType.NoFlush);
      return;
    }
    this.stats.downstreamCxTotal.inc();
    this.stats.downstreamCxActive.inc();
    const { transport } = chain;
    new ActiveConnection(this, chain, accepted, connection, now);
    if (connection.closed) return;
    if (socket !== null) attachAccepted(socket, connection, transport === null);
    if (transport === null) {
      if (peeked.length > 0) connection.deliver(peeked);
      return;
    }
    connection.unread(peeked);
    transport.start(connection);
    if (chain.transportTimeoutMs > 0)
      limitHandshake(connection, chain.transportTimeoutMs, this.services.timers, this.stats);
  }

  /** The listener's log of a connection that no chain served. `matched`: none was looked for yet. */
  #logUnserved(accepted: AcceptedConnection, connection: SocketConnection, startedAt: number, matched: boolean): void {
    const { clock } = this.services;
    const facts = unserved(this.config.name, accepted, connection);
    const info = new StreamInfo(startedAt, clock.wall() - (clock.monotonic() - startedAt), facts);
    info.dynamicMetadata = accepted.dynamicMetadata;
    info.typedDynamicMetadata = accepted.typedDynamicMetadata;
    logConnection(this.config.accessLogs, info, connection, this.services, matched);
  }

  /** `stats` are those that counted the connection's begin: an update may have brought others. */
  onConnectionClosed(openedAt: number, stats: ListenerStats): void {
    stats.downstreamCxDestroy.inc();
    stats.downstreamCxActive.dec();
    stats.downstreamCxLengthMs.record(Math.round(this.services.clock.monotonic() - openedAt));
    this.#limits.release(this.config);
  }

  closeConnections(): void {
    for (const chain of this.config.chains) {
      for (const connection of chain.connections) connection.connection.close(CloseType.NoFlush);
    }
  }
}

/** Finds the listener of an address. */
export interface ListenerDirectory {
  find(address: Address): ActiveListener | null;
}

interface BoundAddress {
  readonly wanted: ListenAddress;
  readonly socket: ListenSocket;
}

function close(bound: readonly BoundAddress[]): void {
  // Resolves only when connections have ended too, in Node: nobody waits for that here.
  for (const { socket } of bound) void socket.close();
}

/** What is known of a connection that no chain serves. */
function unserved(
  listenerName: string,
  accepted: AcceptedConnection,
  connection: SocketConnection,
): DownstreamConnectionInfo {
  return {
    id: connection.id,
    localAddress: accepted.localAddress,
    directLocalAddress: accepted.directLocalAddress,
    directRemoteAddress: accepted.directRemoteAddress,
    remoteAddress: accepted.remoteAddress,
    filterState: accepted.filterState,
    listenerName,
    filterChainName: '',
    requestedServerName: accepted.serverName,
    tls: null,
    terminationDetails: '',
    transportFailureReason: '',
  };
}

/** A dual-stack socket shows IPv4 peers as IPv4-mapped IPv6; Envoy shows them as IPv4. */
function plain(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
