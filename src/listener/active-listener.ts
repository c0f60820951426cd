// Owns a listening socket's life: bound once, its configuration exchanged in place, drained in the end.
import type { Socket } from 'node:net';
import { ipAddress, pipeAddress } from '../base/address.ts';
import { contain } from '../base/assert.ts';
import { logger } from '../base/logger.ts';
import { attachAccepted } from '../network/accepted-socket.ts';
import { CloseType } from '../network/api.ts';
import { keepAlive } from '../network/keep-alive.ts';
import { type ListenSocket, listen } from '../network/listen-socket.ts';
import { SocketConnection } from '../network/socket-connection.ts';
import type { DownstreamConnectionInfo } from '../observability/stream-info.ts';
import type { ProcessServices } from '../upstream/services.ts';
import { ActiveConnection } from './active-connection.ts';
import type { ListenAddress, ListenerConfig } from './config-types.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import { logConnection } from './connection-log.ts';
import type { FilterChain } from './filter-chain.ts';
import type { ConnectionFacts } from './filter-chain-match.ts';
import { type ListenerStats, listenerStats } from './stats.ts';

const log = logger('conn_handler');

export class ActiveListener {
  config: ListenerConfig;
  stats: ListenerStats;
  readonly services: ProcessServices;
  readonly #limits: ConnectionLimits;
  #bound: readonly BoundAddress[] = [];
  #accepting = false;

  constructor(config: ListenerConfig, services: ProcessServices, limits: ConnectionLimits) {
    this.config = config;
    this.stats = listenerStats(config.scope);
    this.services = services;
    this.#limits = limits;
  }

  /** Binds every address; on failure none stays bound. Rejects with words that name the address. */
  async bind(): Promise<void> {
    this.#bound = await this.#listen(this.config, []);
    this.#accepting = true;
  }

  /**
   * Changes to other addresses. Sockets that stay accept all the while, and what is new is bound before anything is
   * given up: on failure (rejects) the listener is as before.
   */
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
    const { backlog, reusePort } = config;
    const bound: BoundAddress[] = [];
    try {
      for (const wanted of config.bindToPort ? config.addresses : []) {
        if (present.some((entry) => sameAddress(entry.wanted, wanted))) continue;
        const options = { ...wanted, backlog, reusePort, noDelay: true };
        bound.push({ wanted, socket: await listen(options, (socket) => this.#accept(socket)) });
      }
      return bound;
    } catch (error) {
      close(bound);
      throw error;
    }
  }

  /** As bound: port 0 has become a number. */
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

  #accept(socket: Socket): void {
    try {
      this.#admit(socket);
    } catch (error) {
      contain(`listener '${this.config.name}'`, error);
      socket.destroy();
    }
  }

  #admit(socket: Socket): void {
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
    const connection = this.#connectionOf(socket);
    const chain = this.#chooseChain(connection);
    if (chain === undefined) {
      this.stats.noFilterChainMatch.inc();
      log.debug(`closing connection from ${connection.remoteAddress.text}: no matching filter chain found`);
      this.#limits.release(this.config);
      const now = this.services.clock.monotonic();
      logConnection(
        this.config.accessLogs,
        unmatched(this.config.name, connection),
        connection,
        now,
        this.services,
        false,
      );
      socket.destroy();
      return;
    }
    this.stats.downstreamCxTotal.inc();
    this.stats.downstreamCxActive.inc();
    const { tcpKeepalive } = this.config;
    if (tcpKeepalive !== null) keepAlive(socket, tcpKeepalive);
    new ActiveConnection(this, chain, connection, this.services.clock.monotonic());
    if (connection.closed) socket.destroy();
    else attachAccepted(socket, connection);
  }

  #connectionOf(socket: Socket): SocketConnection {
    const { remoteAddress, remotePort, localAddress, localPort } = socket;
    const overIp = remoteAddress !== undefined && localAddress !== undefined;
    const here = this.config.addresses[0]?.address ?? pipeAddress('');
    return new SocketConnection({
      localAddress: overIp ? ipAddress(plain(localAddress), localPort ?? 0) : here,
      // The far end of a Unix socket has no name: Envoy shows the listener's.
      remoteAddress: overIp ? ipAddress(plain(remoteAddress), remotePort ?? 0) : here,
      timers: this.services.timers,
      delayedCloseTimeoutMs: 0,
      halfClose: false,
    });
  }

  #chooseChain(connection: SocketConnection): FilterChain | undefined {
    const local = connection.localAddress;
    const remote = connection.remoteAddress;
    const source = remote.kind === 'ip' ? remote : null;
    const facts: ConnectionFacts = {
      destination: local.kind === 'ip' ? local : null,
      source,
      directSource: source,
      serverName: '',
      transportProtocol: 'raw_buffer',
      applicationProtocols: [],
    };
    return this.config.chains[this.config.matcher.match(facts)];
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

interface BoundAddress {
  readonly wanted: ListenAddress;
  readonly socket: ListenSocket;
}

export function sameAddress(a: ListenAddress, b: ListenAddress): boolean {
  return a.address.text === b.address.text && a.ipv4Compat === b.ipv4Compat;
}

function close(bound: readonly BoundAddress[]): void {
  // Resolves only when connections have ended too, in Node: nobody waits for that here.
  for (const { socket } of bound) void socket.close();
}

/** What is known of a connection that no chain wanted. */
function unmatched(listenerName: string, connection: SocketConnection): DownstreamConnectionInfo {
  return {
    id: connection.id,
    localAddress: connection.localAddress,
    directRemoteAddress: connection.remoteAddress,
    listenerName,
    filterChainName: '',
    requestedServerName: '',
    tls: null,
    terminationDetails: '',
    transportFailureReason: '',
  };
}

/** A dual-stack socket shows IPv4 peers as IPv4-mapped IPv6; Envoy shows them as IPv4. */
function plain(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
