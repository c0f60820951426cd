// Owns the way of a datagram from a listener to its session: found by its addresses, or made for a host of the cluster that
// the route names.
import {
  FilterStatus,
  type ListenerFilterContext,
  type UdpListenerFilter,
  type UdpListenerFilterCallbacks,
  type UdpListenSocket,
} from '../../../../listener/api.ts';
import type { ConnectionData } from '../../../../matchers/api.ts';
import type { Cluster, Host, LoadBalancerContext } from '../../../../upstream/api.ts';
import { type HashPolicy, hashOf } from './hash-policy.ts';
import { ProxyLog } from './log.ts';
import { plainAddress, UdpSession } from './session.ts';
import type { UdpProxySettings } from './settings.ts';
import type { SharedState } from './shared-state.ts';
import { statsOf, type UdpProxyStats } from './stats.ts';

export class UdpProxyFilter implements UdpListenerFilter {
  readonly #shared: SharedState;
  readonly #proxyLog: ProxyLog | null;

  constructor(
    settings: UdpProxySettings,
    services: ListenerFilterContext['services'],
    stats: UdpProxyStats,
    callbacks: UdpListenerFilterCallbacks,
  ) {
    this.#shared = { settings, services, stats, callbacks, sessions: new Map() };
    const { proxyLogs, clusters } = settings;
    this.#proxyLog = proxyLogs.length === 0 ? null : new ProxyLog(proxyLogs, services, callbacks.listenerName);
    // Their statistics are there before the first datagram.
    for (const { cluster } of clusters) if (cluster !== null) statsOf(cluster);
  }

  /** Terminal: no other filter sees what comes here. */
  onDatagram(data: Buffer, address: string, port: number, socket: UdpListenSocket): FilterStatus {
    const session = this.#shared.settings.perPacket
      ? this.#sessionOfPacket(address, port, socket)
      : this.#sessionOfClient(address, port, socket);
    session?.onClientDatagram(data);
    return FilterStatus.StopIteration;
  }

  #sessionOfClient(address: string, port: number, socket: UdpListenSocket): UdpSession | null {
    const key = keyOf(address, port, socket);
    const known = this.#shared.sessions.get(key);
    if (known !== undefined)
      return known.host?.health === 'unhealthy' ? this.#moved(known, address, port, socket) : known;
    const cluster = this.#route(address, port, socket);
    const host = cluster && this.#chooseHost(cluster, address);
    return cluster && host && this.#open(key, address, port, socket, cluster, host);
  }

  /** Its host is unhealthy: another one takes it over, where there is a better one. */
  #moved(session: UdpSession, address: string, port: number, socket: UdpListenSocket): UdpSession | null {
    const { cluster } = session;
    const host = cluster.chooseHost(this.#choice(address));
    if (host === null || host === session.host || host.health === 'unhealthy') return session;
    session.end();
    return this.#open(session.key, address, port, socket, cluster, host);
  }

  #sessionOfPacket(address: string, port: number, socket: UdpListenSocket): UdpSession | null {
    const cluster = this.#route(address, port, socket);
    const host = cluster && this.#chooseHost(cluster, address);
    if (cluster === null || host === null) return null;
    const key = `${keyOf(address, port, socket)} ${cluster.info.name} ${host.address.text}`;
    const known = this.#shared.sessions.get(key);
    return known ?? this.#open(key, address, port, socket, cluster, host);
  }

  #open(
    key: string,
    address: string,
    port: number,
    socket: UdpListenSocket,
    cluster: Cluster,
    host: Host,
  ): UdpSession | null {
    const to = host.address;
    // No datagrams go to Unix sockets.
    if (to.kind !== 'ip') return null;
    const session = new UdpSession(this.#shared, key, address, port, socket, cluster);
    if (!session.open(host, to)) return null;
    this.#shared.sessions.set(key, session);
    return session;
  }

  /** Null, and counted, where nothing leads to a cluster that there is. */
  #route(address: string, port: number, socket: UdpListenSocket): Cluster | null {
    const { route } = this.#shared.settings;
    const handle = 'find' in route ? route.find(matchData(address, port, socket)) : route;
    const cluster = handle?.cluster ?? null;
    if (cluster === null) this.#shared.stats.noRoute.inc();
    return cluster;
  }

  #chooseHost(cluster: Cluster, address: string): Host | null {
    const host = cluster.chooseHost(this.#choice(address));
    if (host === null) cluster.stats.upstreamCxNoneHealthy.inc();
    return host;
  }

  #choice(address: string): LoadBalancerContext {
    return new Choice(this.#shared.settings.hashPolicy, address);
  }

  onReceiveError(): void {
    this.#shared.stats.rxErrors.inc();
  }

  destroy(): void {
    this.#proxyLog?.write(this.#shared.stats);
    for (const session of this.#shared.sessions.values()) session.end();
  }
}

function keyOf(address: string, port: number, { localAddress }: UdpListenSocket): string {
  return `${port} ${address} ${localAddress.text}`;
}

function matchData(address: string, port: number, { localAddress }: UdpListenSocket): ConnectionData {
  const peer = plainAddress(address, port);
  return {
    streamInfo: {
      connection: { localAddress, directRemoteAddress: peer, requestedServerName: '', tls: null },
      downstreamRemoteAddress: peer,
      dynamicMetadata: null,
      filterState: null,
    },
  };
}

/** What a balancer may know of a datagram. */
class Choice implements LoadBalancerContext {
  readonly requestHeaders = null;
  readonly retryPriority = null;
  readonly hostSelectionAttempts = 1;
  readonly metadataMatch = null;
  readonly #policy: HashPolicy | null;
  readonly #address: string;

  constructor(policy: HashPolicy | null, address: string) {
    this.#policy = policy;
    this.#address = address;
  }

  hashKey(): bigint | null {
    return this.#policy && hashOf(this.#policy, plainAddress(this.#address, 0).address);
  }

  shouldSelectAnotherHost(_host: Host): boolean {
    return false;
  }
}
