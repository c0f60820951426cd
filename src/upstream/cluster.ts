// Owns one cluster at run time: its hosts, its balancer, its circuit breakers, its pools. A changed configuration makes a
// new one and drains this one; changed endpoints only change its hosts.
import type { Clock } from '../base/clock.ts';
import { logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import { type Runtime, RuntimeInteger } from '../base/runtime.ts';
import { Protocol } from '../http/codec/api.ts';
import type { StreamTransportOptions } from '../network/api.ts';
import type { DnsResolver, DnsResolverConfig } from '../network/dns.ts';
import type { Counter, StatsScope } from '../observability/stats/api.ts';
import { sanitizeStatsName } from '../observability/stats/store.ts';
import type {
  CircuitBreaker,
  Cluster,
  ClusterInfo,
  Host,
  HostUser,
  HttpPool,
  LoadBalancerContext,
  Priority,
  TcpPool,
} from './api.ts';
import { createCircuitBreaker } from './circuit-breaker.ts';
import type { ClusterConfig, EndpointsConfig } from './cluster-config.ts';
import { ClusterStats } from './cluster-stats.ts';
import type { HostSource } from './cluster-type/api.ts';
import { ConfiguredHosts } from './clusters/configured-hosts.ts';
import { type OriginalDstContext, OriginalDstHosts } from './clusters/original-dst.ts';
import type { HostSpec, UpstreamHost } from './host.ts';
import { HostPools } from './host-pools.ts';
import { HostSets, type HostsUpdate } from './host-sets.ts';
import { HostTransports } from './host-transports.ts';
import { HostsAhead } from './hosts-ahead.ts';
import type { LoadBalancer } from './load-balancing/api.ts';
import type { PoolCluster, PoolEnvironment } from './pool/environment.ts';
import { HttpConnectionPool, type PoolProtocol } from './pool/http-pool.ts';
import { HostTcpPool } from './pool/tcp-pool.ts';
import { proxiedKey } from './stream-transport.ts';

const log = logger('upstream');

export interface ClusterEnvironment extends PoolEnvironment {
  readonly clock: Clock;
  readonly random: Random;
  readonly runtime: Runtime;
  /** Root of all statistics. */
  readonly stats: StatsScope;
  /** The resolver for a configuration; null: the process's default. */
  dnsResolver(config: DnsResolverConfig | null): DnsResolver;
}

/** Told when the first round of discovery is over. */
export interface ClusterOwner {
  onClusterReady(cluster: UpstreamCluster): void;
}

/** What an operator may change of it counts from the next change of hosts on, as in Envoy. */
class LiveCommonLb {
  readonly #panic: RuntimeInteger;

  constructor(panicThreshold: number, runtime: Runtime) {
    this.#panic = new RuntimeInteger(panicThreshold, 'upstream.healthy_panic_threshold', runtime);
  }

  get panicThreshold(): number {
    return Math.min(100, this.#panic.value);
  }
}

export class UpstreamCluster implements Cluster, PoolCluster, OriginalDstContext {
  readonly config: ClusterConfig;
  readonly info: ClusterInfo;
  readonly stats: ClusterStats;
  readonly #transports: HostTransports;
  readonly circuitBreakers: readonly [CircuitBreaker, CircuitBreaker];
  readonly hostSets: HostSets;
  /** The first round of discovery is over. */
  isReady = false;
  readonly #environment: ClusterEnvironment;
  readonly #owner: ClusterOwner;
  readonly #scope: StatsScope;
  readonly #balancer: LoadBalancer;
  readonly #chooser: Pick<LoadBalancer, 'chooseHost'>;
  /** Null: no host is chosen ahead. */
  readonly #ahead: HostsAhead | null = null;
  readonly #source: HostSource;
  readonly lookUpHost?: NonNullable<Cluster['lookUpHost']>;
  readonly #weightsShown: boolean;
  /** Percent. */
  readonly #maintenance: RuntimeInteger;
  #endpoints: EndpointsConfig;
  #removed = false;
  #scopeClosed = false;

  constructor(config: ClusterConfig, environment: ClusterEnvironment, owner: ClusterOwner) {
    this.config = config;
    this.#environment = environment;
    this.#owner = owner;
    this.#endpoints = config.endpoints;
    this.#scope = environment.stats.scope(`cluster.${sanitizeStatsName(config.observabilityName)}.`);
    this.stats = new ClusterStats(this.#scope);
    this.#transports = new HostTransports(config, this.#scope, this.stats.defaultTransportSocketMatch);
    this.info = {
      name: config.name,
      observabilityName: config.observabilityName,
      maxStreamDurationMs: config.http.maxStreamDurationMs,
      connectTimeoutMs: config.connectTimeoutMs,
      perConnectionBufferLimitBytes: config.perConnectionBufferLimitBytes,
      maxResponseHeadersBytes: config.http.http1.maxHeadersBytes,
      metadata: config.metadata,
      tellsOfClients: this.#transports.perDownstream,
      poolPerDownstreamConnection: config.poolPerDownstreamConnection,
      expectedNames: config.http.expectedNames,
      policies: config.policies.read,
    };
    this.circuitBreakers = [
      createCircuitBreaker(config.circuitBreakers[0], this.#scope, 'default', config.name, environment.runtime),
      createCircuitBreaker(config.circuitBreakers[1], this.#scope, 'high', config.name, environment.runtime),
    ];
    this.#maintenance = new RuntimeInteger(0, `upstream.maintenance_mode.${config.name}`, environment.runtime);
    this.hostSets = new HostSets(config, this.#transports);
    this.#balancer = config.loadBalancer.factory.create({
      config: config.loadBalancer.config,
      common: new LiveCommonLb(config.commonLb.panicThreshold, environment.runtime),
      hostSets: this.hostSets.sets,
      random: environment.random,
      runtime: environment.runtime,
      stats: this.stats,
    });
    this.stats.warmingState.set(1);
    const discovery = config.discovery;
    this.#weightsShown = discovery.kind !== 'static' && discovery.kind !== 'original-dst';
    this.#source =
      discovery.kind === 'extension'
        ? discovery.factory.create(discovery.config, this)
        : discovery.kind === 'original-dst'
          ? new OriginalDstHosts(discovery.config, this)
          : new ConfiguredHosts(this, discovery.kind === 'eds');
    // A cluster that chooses by itself has no use for its policy.
    const { chooseHost, lookUpHost } = this.#source;
    if (config.predictivePreconnectRatio > 1 && chooseHost === undefined && this.#balancer.foresees === true)
      this.#ahead = new HostsAhead(this.#balancer, this.hostSets.sets);
    if (lookUpHost !== undefined) this.lookUpHost = lookUpHost.bind(this.#source);
    this.#chooser =
      chooseHost === undefined ? (this.#ahead ?? this.#balancer) : { chooseHost: chooseHost.bind(this.#source) };
  }

  get hostSource(): HostSource {
    return this.#source;
  }

  get statsScope(): StatsScope {
    return this.#scope;
  }

  // --- request path --------------------------------------------------------------------------------------------------

  inMaintenance(): boolean {
    const percent = this.#maintenance.value;
    return percent > 0 && this.#environment.random.uint32() % 100 < percent;
  }

  chooseHost(context: LoadBalancerContext): Host | null {
    return this.#chooser.chooseHost(context);
  }

  httpPool(
    host: Host,
    priority: Priority,
    downstreamProtocol: Protocol,
    options: StreamTransportOptions | null = null,
  ): HttpPool | null {
    this.#ahead?.preconnect(
      (next) =>
        this.#findOrMakePool(next, priority, downstreamProtocol, options)?.preconnect(
          this.config.predictivePreconnectRatio,
        ) === true,
    );
    return this.#findOrMakePool(host, priority, downstreamProtocol, options);
  }

  #findOrMakePool(
    host: Host,
    priority: Priority,
    downstreamProtocol: Protocol,
    options: StreamTransportOptions | null,
  ): HttpConnectionPool | null {
    // Hosts come from this class alone; the interface hides what hangs on them.
    const upstreamHost = host as UpstreamHost;
    const key = options === null ? '' : poolKey(upstreamHost, options);
    const protocol = this.#poolProtocol(downstreamProtocol);
    const pools = this.#poolsOf(upstreamHost, protocol);
    const pool = pools.find(priority, key);
    if (pool?.occupied) return pool;
    if (!this.circuitBreakers[priority].connectionPools.canCreate()) {
      this.stats.upstreamCxPoolOverflow.inc();
      return null;
    }
    if (pool !== null) {
      pool.options = options;
      return pool;
    }
    const made = new HttpConnectionPool(this.#environment, this, upstreamHost, pools, protocol, priority, key, options);
    if (key === '') pools.add(priority, made);
    if (upstreamHost.removed) made.drain();
    return made;
  }

  #poolProtocol(downstreamProtocol: Protocol): PoolProtocol {
    const { protocol } = this.config.http;
    if (protocol !== 'downstream') return protocol;
    return downstreamProtocol >= Protocol.Http2 ? 'http2' : 'http1';
  }

  #poolsOf(host: UpstreamHost, protocol: PoolProtocol): HostPools<HttpConnectionPool> {
    if (protocol !== 'http2' || this.config.http.protocol !== 'downstream') return host.pools;
    host.http2Pools ??= new HostPools();
    return host.http2Pools;
  }

  tcpPool(host: Host, priority: Priority, options: StreamTransportOptions | null = null): TcpPool {
    const upstreamHost = host as UpstreamHost;
    const key = options === null ? '' : poolKey(upstreamHost, options);
    upstreamHost.tcpPools ??= new HostPools();
    const pool = upstreamHost.tcpPools.find(priority, key);
    if (pool !== null) {
      if (!pool.occupied) pool.options = options;
      return pool;
    }
    const made = new HostTcpPool(this.#environment, this, upstreamHost, priority, key, options);
    if (key === '') upstreamHost.tcpPools.add(priority, made);
    // Whose client left while it connected has no other to serve.
    if (upstreamHost.removed || (options?.proxied != null && perDownstream(upstreamHost))) made.drain();
    return made;
  }

  join(host: Host, user: HostUser): void {
    const upstreamHost = host as UpstreamHost;
    upstreamHost.users ??= new Set();
    upstreamHost.users.add(user);
  }

  leave(host: Host, user: HostUser): void {
    (host as UpstreamHost).users?.delete(user);
  }

  // --- discovery -----------------------------------------------------------------------------------------------------

  get originalDstHostInvalid(): Counter {
    return this.stats.originalDstHostInvalid;
  }
  host(key: string): UpstreamHost | null {
    return this.hostSets.find(key);
  }
  get clusterName(): string {
    return this.config.name;
  }
  get endpoints(): EndpointsConfig {
    return this.#endpoints;
  }
  get clock(): Clock {
    return this.#environment.clock;
  }
  get rootStats(): StatsScope {
    return this.#environment.stats;
  }
  get timers(): ClusterEnvironment['timers'] {
    return this.#environment.timers;
  }
  get random(): Random {
    return this.#environment.random;
  }
  dnsResolver(config: DnsResolverConfig | null): DnsResolver {
    return this.#environment.dnsResolver(config);
  }

  start(): void {
    this.#source.start();
  }

  /** Only the endpoints changed: hosts by diff, pools of those that stay are kept. */
  setEndpoints(endpoints: EndpointsConfig): void {
    this.#endpoints = endpoints;
    this.#source.setEndpoints(endpoints);
  }

  setHosts(hosts: readonly HostSpec[], endpoints: EndpointsConfig): void {
    if (this.#removed) return;
    const update = this.hostSets.update(hosts, endpoints);
    for (const priority of update.changedPriorities) this.#balancer.onHostsChanged(priority);
    if (update.changedPriorities.length > 0) this.#ahead?.forget();
    if (update.added.length > 0 || update.removed.length > 0) {
      this.stats.membershipChange.add(countPriorities(update));
      if (log.debugEnabled) {
        log.debug(`cluster ${this.config.name}: ${update.added.length} hosts added, ${update.removed.length} removed`);
      }
    }
    if (update.changedPriorities.length > 0) {
      const maxWeight = this.#countMembers();
      // Envoy leaves it at 0 for static clusters and those of ORIGINAL_DST, and for LOGICAL_DNS, whose host is not a real one.
      if (this.#weightsShown && !hosts.some(isLogical)) this.stats.maxHostWeight.set(maxWeight);
    }
    for (const host of update.removed) host.remove();
  }

  /** Returns the largest weight, at least 1. */
  #countMembers(): number {
    let healthy = 0;
    let degraded = 0;
    let excluded = 0;
    let total = 0;
    let maxWeight = 1;
    for (const set of this.hostSets.sets) {
      healthy += set.healthy.length;
      degraded += set.degraded.length;
      excluded += set.excluded.length;
      total += set.hosts.length;
      for (const host of set.hosts) maxWeight = Math.max(maxWeight, host.weight);
    }
    this.stats.membershipHealthy.set(healthy);
    this.stats.membershipDegraded.set(degraded);
    this.stats.membershipExcluded.set(excluded);
    this.stats.membershipTotal.set(total);
    return maxWeight;
  }

  ready(): void {
    const waits = this.#transports.ready;
    if (waits === undefined) this.#becomeReady();
    else void waits.then(() => this.#becomeReady());
  }

  #becomeReady(): void {
    if (this.isReady || this.#removed) return;
    this.isReady = true;
    // Gauges are shared by name with the version this one replaces.
    this.#countMembers();
    this.stats.warmingState.set(0);
    this.#owner.onClusterReady(this);
  }

  // --- end -----------------------------------------------------------------------------------------------------------

  /** No new streams come: idle connections close now, busy ones when their streams end. */
  remove(): void {
    if (this.#removed) return;
    this.#removed = true;
    this.#source.stop();
    this.#transports.destroy();
    this.#balancer.close?.();
    for (const host of this.hostSets.all()) host.remove();
    this.onConnectionGone();
  }

  onConnectionGone(): void {
    if (!this.#removed || this.#scopeClosed || this.circuitBreakers.some((breaker) => breaker.connections.count > 0))
      return;
    this.#scopeClosed = true;
    this.#scope.close();
  }
}

/** Streams whose keys differ share no connection to the host. */
function poolKey(host: UpstreamHost, { key, proxied }: StreamTransportOptions): string {
  return proxied !== null && perDownstream(host) ? key + proxiedKey(proxied) : key;
}

function perDownstream({ transport }: UpstreamHost): boolean {
  return transport?.perDownstream === true;
}

/** Envoy counts a change for each priority whose hosts changed. */
function countPriorities({ added, removed }: HostsUpdate): number {
  return new Set([...added, ...removed].map((host) => host.priority)).size;
}

/** A host whose address may change under it. */
function isLogical({ key, address }: HostSpec): boolean {
  return key !== address.text;
}
