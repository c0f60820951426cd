// The composition root: makes, once, everything the data path and its managers need, each with its reason. Nothing
// below reaches for globals.
import { networkInterfaces } from 'node:os';
import { type Clock, systemClock } from '../base/clock.ts';
import { TimeoutPool } from '../base/lazy-timeout.ts';
import { systemRandom } from '../base/random.ts';
import { systemTimers, type Timers } from '../base/timers.ts';
import type { ConfigOptions } from '../config/api.ts';
import { type ExtensionEntry, ExtensionRegistry } from '../config/extension-registry.ts';
import { createClientCodec } from '../http/codec/h1/api.ts';
import { createHttp2ClientCodec } from '../http/codec/h2/api.ts';
import { pinnedName } from '../http/headers/name.ts';
import type { ActiveListener } from '../listener/active-listener.ts';
import { ConnectionLimits } from '../listener/connection-limits.ts';
import { ListenerManager } from '../listener/listener-manager.ts';
import { connect } from '../network/connect.ts';
import { DnsResolvers } from '../network/dns-resolvers.ts';
import { AccessLogManager } from '../observability/access-log/file/access-log-manager.ts';
import { ServerStats } from '../observability/server-stats.ts';
import type { StatsSettings } from '../observability/stats/config.ts';
import { StatsStore } from '../observability/stats/store.ts';
import { buildRouteTable } from '../router/route-table/api.ts';
import { SecretManager } from '../tls/secrets/manager.ts';
import { UpstreamClusterManager } from '../upstream/cluster-manager.ts';
import type { ProcessServices } from '../upstream/services.ts';
import type { AggregatedDiscovery } from '../xds/ads.ts';
import { EndpointSubscriptions } from '../xds/endpoint-subscriptions.ts';
import { RouteSubscriptions } from '../xds/route-subscriptions.ts';
import { SecretSubscriptions } from '../xds/secret-subscriptions.ts';
import { Subscriptions } from '../xds/subscriptions.ts';
import type { BootstrapConfig } from './bootstrap-config.ts';
import { DrainManager } from './drain.ts';
import { DynamicResources } from './dynamic-resources.ts';
import type { Lifecycle, ServerState as ServerStateName } from './lifecycle.ts';
import { logMatchers } from './log-matchers.ts';
import type { ServerOptions } from './options.ts';
import type { ResourceManagers } from './resources.ts';
import { type RouteTableBuilder, ServerRouteProviders } from './route-providers.ts';
import { LayeredRuntime } from './runtime/layered-runtime.ts';

/** The machine's, or what a test moves by hand. */
export interface TimeSource {
  readonly clock: Clock;
  readonly timers: Timers;
}

/** Everything that runs, for main.ts, the admin and the xDS subscriptions. */
export class Server {
  readonly options: ServerOptions;
  /** Full names of the messages that some extension takes. */
  readonly knownExtensions: ReadonlySet<string>;
  readonly lifecycle: Lifecycle;
  readonly stats: StatsStore;
  readonly serverStats: ServerStats;
  readonly services: ProcessServices;
  readonly clusters: UpstreamClusterManager;
  readonly listeners: ListenerManager;
  readonly routes: ServerRouteProviders;
  readonly routeSubscriptions: RouteSubscriptions;
  readonly endpoints: EndpointSubscriptions;
  readonly dynamic: DynamicResources;
  readonly drain: DrainManager;
  readonly accessLogs: AccessLogManager;
  readonly managers: ResourceManagers;
  /** In force; a reload exchanges it. */
  bootstrap: BootstrapConfig;
  /** When it came into force; milliseconds since the epoch. */
  bootstrapUpdated: number;
  readonly runtime: LayeredRuntime;
  readonly secrets: SecretManager;
  readonly secretSubscriptions: SecretSubscriptions;
  readonly subscriptions: Subscriptions;
  #ads: AggregatedDiscovery | null = null;
  #admin: ActiveListener | null = null;
  #flushTimer: NodeJS.Timeout | null = null;

  constructor(
    options: ServerOptions,
    bootstrap: BootstrapConfig,
    entries: readonly ExtensionEntry[],
    lifecycle: Lifecycle,
    time: TimeSource = { clock: systemClock, timers: systemTimers },
  ) {
    this.options = options;
    this.knownExtensions = typeNamesOf(entries);
    this.bootstrap = bootstrap;
    this.bootstrapUpdated = systemClock.wall();
    this.lifecycle = lifecycle;
    this.stats = new StatsStore({ filter: bootstrap.stats.filter });
    this.serverStats = new ServerStats(this.stats, systemClock);
    this.serverStats.start(options.reportedVersion, options.concurrency, options.restartEpoch);
    this.runtime = new LayeredRuntime(bootstrap.runtimeLayers, this.stats);
    const { clock, timers } = time;
    const random = systemRandom;
    const extensions = new ExtensionRegistry(entries);
    this.accessLogs = new AccessLogManager({
      timers,
      stats: this.stats,
      flushIntervalMs: options.fileFlushIntervalMs,
      minFlushBytes: (options.fileFlushMinSizeKb === 0 ? 64 : options.fileFlushMinSizeKb) * 1024,
      discard: options.mode === 'validate',
    });
    const resolvers = new DnsResolvers(this.stats, bootstrap.dnsResolver ?? undefined);
    this.clusters = new UpstreamClusterManager({
      clock,
      timers,
      random,
      runtime: this.runtime,
      stats: this.stats,
      connect,
      createHttp1Codec: createClientCodec,
      createHttp2Codec: createHttp2ClientCodec,
      dnsResolver: (config) => resolvers.get(config),
    });
    this.drain = new DrainManager(clock, random, options.drainTimeMs, options.drainStrategy);
    const dynamicOptions: ConfigOptions = {
      knownExtensions: this.knownExtensions,
      unknownFields: options.rejectUnknownDynamicFields
        ? 'refuse'
        : options.ignoreUnknownDynamicFields
          ? 'ignore'
          : 'warn',
      skipDeprecated: options.skipDeprecatedLogs,
    };
    this.subscriptions = new Subscriptions(clock, timers, dynamicOptions);
    this.secretSubscriptions = new SecretSubscriptions({ stats: this.stats, clock }, this.subscriptions);
    this.secrets = new SecretManager(this.secretSubscriptions);
    this.secrets.setStatic(bootstrap.secrets);
    this.services = {
      clock,
      timers,
      timeouts: new TimeoutPool(clock, timers),
      random,
      runtime: this.runtime,
      stats: this.stats,
      clusters: this.clusters,
      extensions,
      secrets: this.secrets,
      accessLog: {
        manager: this.accessLogs,
        extensions,
        random,
        headerName: pinnedName,
        ...logMatchers,
        runtime: this.runtime,
      },
      dnsResolver: (config) => resolvers.get(config),
      node: bootstrap.node,
      localAddress: firstAddress(options.localAddressIpVersion),
      drain: this.drain,
    };
    const limits = new ConnectionLimits(bootstrap.connectionLimits, this.runtime, this.stats);
    this.listeners = new ListenerManager(this.services, limits, options.drainTimeMs);
    const build: RouteTableBuilder = (message, config) => buildRouteTable(message, { services: this.services, config });
    this.routeSubscriptions = new RouteSubscriptions(this.services, build, this.subscriptions);
    this.routes = new ServerRouteProviders(
      build,
      (message, statPrefix, config) => this.routeSubscriptions.subscribe(message, statPrefix, config),
      () => clock.wall(),
    );
    this.endpoints = new EndpointSubscriptions(this.clusters, this.services, this.subscriptions);
    this.managers = {
      services: this.services,
      clusters: this.clusters,
      listeners: this.listeners,
      routes: this.routes,
      endpoints: this.endpoints,
      defaultBindConfig: bootstrap.defaultBindConfig,
    };
    this.dynamic = new DynamicResources(bootstrap, this.managers, this.subscriptions);
  }

  /** What /ready and /server_info say. */
  get state(): ServerStateName {
    return this.drain.healthCheckFailed && this.lifecycle.state === 'LIVE' ? 'DRAINING' : this.lifecycle.state;
  }

  /** /healthcheck/fail and /healthcheck/ok. */
  setHealthCheckFailed(failed: boolean): void {
    this.drain.healthCheckFailed = failed;
    if (this.lifecycle.state === 'LIVE') this.serverStats.setDraining(failed);
  }

  get statsSettings(): StatsSettings {
    return this.bootstrap.stats;
  }

  /** Brings what is measured, not counted, up to date: before a scrape. */
  refreshStats(): void {
    this.serverStats.refresh();
    this.serverStats.totalConnections.set(this.listeners.connectionCount);
    const now = this.services.clock.wall();
    this.serverStats.setDaysUntilFirstExpiry(this.secrets.inUse.daysUntilFirstExpiry(now));
    this.serverStats.secondsUntilFirstOcspResponseExpiring.set(
      this.secrets.inUse.secondsUntilFirstStapleExpiry(now) ?? 0,
    );
  }

  async startAdmin(): Promise<void> {
    const { adminAddress } = this.bootstrap;
    if (adminAddress === null) return;
    const { startAdmin } = await import('./admin/admin-server.ts');
    this.#admin = await startAdmin(this, adminAddress);
  }

  /** Before anything is subscribed to; nothing is sent before `startControlPlane`. Loaded where the bootstrap names one. */
  async prepareControlPlane(): Promise<void> {
    const { ads } = this.bootstrap;
    if (ads === null || this.#ads !== null) return;
    const [{ aggregatedDiscovery }, { nodeJson }] = await Promise.all([
      import('../xds/ads-config.ts'),
      import('./admin/node.ts'),
    ]);
    this.#ads = aggregatedDiscovery(ads, nodeJson(this), this.services, this.subscriptions.config);
    this.subscriptions.aggregated = this.#ads.mux;
  }

  /** The cluster that leads to it is there. */
  startControlPlane(): void {
    this.#ads?.start();
  }

  onInitialized(): void {
    this.lifecycle.state = 'LIVE';
    this.serverStats.onInitialized();
    this.listeners.stats.workersStarted.set(1);
    const flush = (): void => {
      this.stats.flushHistograms();
      this.secrets.inUse.warnOfExpiry(this.services.clock.wall());
    };
    this.#flushTimer = setInterval(flush, this.bootstrap.statsFlushIntervalMs);
    this.#flushTimer.unref();
  }

  /** What changes for the rest of the process when a reload brought another bootstrap. */
  adopt(bootstrap: BootstrapConfig): void {
    void this.runtime.replace(bootstrap.runtimeLayers);
    this.bootstrap = bootstrap;
    this.bootstrapUpdated = this.services.clock.wall();
  }

  async shutdown(): Promise<void> {
    this.runtime.stop();
    this.#ads?.stop();
    this.dynamic.stop();
    this.endpoints.stop();
    this.secretSubscriptions.stop();
    if (this.#flushTimer !== null) clearInterval(this.#flushTimer);
    await this.#admin?.stopAccepting();
    this.#admin?.closeConnections();
    await this.listeners.shutdown();
    this.clusters.shutdown();
    this.accessLogs.flushSync();
  }
}

/** Full names of the messages that the extensions take. */
export function typeNamesOf(entries: readonly ExtensionEntry[]): ReadonlySet<string> {
  return new Set(entries.flatMap((entry) => entry.typeNames));
}

/** As Envoy finds it: the first address of an interface that is up and not loopback, else loopback. */
function firstAddress(version: 'v4' | 'v6'): string {
  const family = version === 'v4' ? 'IPv4' : 'IPv6';
  for (const addresses of Object.values(networkInterfaces())) {
    for (const address of addresses ?? []) if (!address.internal && address.family === family) return address.address;
  }
  return version === 'v4' ? '127.0.0.1' : '::1';
}
