// Owns the subscriptions to route configurations by name (RDS): one for each source and name, however many connection
// managers use it; the last user's release ends it.
import type { ConfigContext } from '../config/api.ts';
import type { StatsScope } from '../observability/stats/api.ts';
import type { RouteProviders, RouteSubscription, RouteTable } from '../router/api.ts';
import type { ProcessServices } from '../upstream/services.ts';
import { RouteDiscovery, type RouteSink } from './discovery-config.ts';
import type { ResourceHandler } from './file-subscription.ts';
import { type ResourceSource, readConfigSource } from './source-config.ts';
import { ReloadStats, subscriptionStats } from './subscription-stats.ts';
import { type Subscription, type Subscriptions, sourceKey } from './subscriptions.ts';

type RdsMessage = Parameters<RouteProviders['subscribe']>[0];
type RouteMessage = Parameters<RouteSink>[0];
type TableBuilder = (message: RouteMessage, context: ConfigContext) => RouteTable | undefined;

class SharedRoutes implements RouteSubscription {
  current: RouteTable | null = null;
  /** As received, for /config_dump; null before the first. */
  message: RouteMessage | null = null;
  version = '';
  lastUpdated = 0;
  users = 0;
  readonly ready: Promise<void>;
  readonly name: string;
  readonly #subscription: Subscription;
  readonly #scope: StatsScope;
  readonly #onUnused: (routes: SharedRoutes) => void;

  constructor(
    name: string,
    statPrefix: string,
    source: ResourceSource,
    services: ProcessServices,
    build: TableBuilder,
    subscriptions: Subscriptions,
    onUnused: (routes: SharedRoutes) => void,
  ) {
    this.name = name;
    this.#onUnused = onUnused;
    const scope = services.stats.scope(`http.${statPrefix}.rds.${name}.`);
    this.#scope = scope;
    const stats = subscriptionStats(scope);
    const reloads = new ReloadStats(scope);
    const updateEmpty = scope.counter('update_empty');
    const sink: RouteSink = (message, version, context) => {
      const table = build(message, context);
      if (table === undefined) return;
      const before = this.current;
      this.current = table;
      // After the new one took its statistics: what both have stays.
      before?.release();
      this.message = message;
      this.version = version;
      this.lastUpdated = services.clock.wall();
      reloads.reloaded(this.lastUpdated);
    };
    const discovery = new RouteDiscovery(name, services, sink);
    const handler: ResourceHandler = {
      onResources: (resources, version, context, refused) => {
        if (resources.length === 0) updateEmpty.inc();
        return discovery.onResources(resources, version, context, refused);
      },
    };
    const wanted = { typeName: 'envoy.config.route.v3.RouteConfiguration', name };
    this.#subscription = subscriptions.open(source, wanted, handler, stats);
    this.ready = this.#subscription.start();
  }

  release(): void {
    if (--this.users > 0) return;
    this.#subscription.stop();
    this.#scope.close();
    this.current?.release();
    this.#onUnused(this);
  }
}

export class RouteSubscriptions {
  readonly #services: ProcessServices;
  readonly #build: TableBuilder;
  readonly #subscriptions: Subscriptions;
  readonly #shared = new Map<string, SharedRoutes>();

  constructor(services: ProcessServices, build: TableBuilder, subscriptions: Subscriptions) {
    this.#services = services;
    this.#build = build;
    this.#subscriptions = subscriptions;
  }

  /** Undefined after an error was reported. `statPrefix`: of the connection manager; the first user's names the statistics. */
  subscribe(message: RdsMessage, statPrefix: string, context: ConfigContext): RouteSubscription | undefined {
    const source = readConfigSource(message.configSource, message, context);
    if (source === undefined) return undefined;
    const key = `${message.routeConfigName}\0${sourceKey(source)}`;
    let shared = this.#shared.get(key);
    if (shared === undefined) {
      const forget = (): void => {
        this.#shared.delete(key);
      };
      shared = new SharedRoutes(
        message.routeConfigName,
        statPrefix,
        source,
        this.#services,
        this.#build,
        this.#subscriptions,
        forget,
      );
      this.#shared.set(key, shared);
    }
    shared.users++;
    return shared;
  }

  /** For /config_dump. */
  all(): Iterable<{
    readonly name: string;
    readonly message: RouteMessage | null;
    readonly version: string;
    readonly lastUpdated: number;
  }> {
    return this.#shared.values();
  }
}
