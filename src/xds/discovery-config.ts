// Owns what each kind of resource does when it arrives: clusters (CDS), listeners (LDS), endpoints (EDS), routes (RDS).
// As in Envoy an update names everything there is: what it leaves out is removed, and a resource that is refused does
// not keep its neighbours from being applied.

import { errorText } from '../base/error-text.ts';
import { logger } from '../base/logger.ts';
import { type ConfigContext, loadCelWhereUsed } from '../config/api.ts';
import type { Cluster } from '../generated/envoy/config/cluster/v3/cluster_pb.d.ts';
import type { ClusterLoadAssignment } from '../generated/envoy/config/endpoint/v3/endpoint_pb.d.ts';
import type { Listener } from '../generated/envoy/config/listener/v3/listener_pb.d.ts';
import type { RouteConfiguration } from '../generated/envoy/config/route/v3/route_pb.d.ts';
import { listenerName, readListener } from '../listener/config.ts';
import { impliedListenerFilters } from '../listener/config-listener-filters.ts';
import type { ListenerManager } from '../listener/listener-manager.ts';
import type { RouteProviders } from '../router/api.ts';
import { clusterPolicyReader } from '../router/config/cluster-policies.ts';
import type { UpstreamClusterManager } from '../upstream/cluster-manager.ts';
import { type ClusterConfigOptions, impliedExtensions, readCluster, readEndpoints } from '../upstream/config.ts';
import type { ProcessServices } from '../upstream/services.ts';
import type { ResourceHandler, Resources } from './file-subscription.ts';
import type { ReloadStats } from './subscription-stats.ts';
import { typeNamesIn } from './type-names.ts';

const log = logger('config');

/** The resources of a type, those among them that must not be applied too; what is of another type is reported. */
function unpackAll<T extends Cluster | Listener | ClusterLoadAssignment | RouteConfiguration>(
  resources: Resources,
  refused: ReadonlySet<Resources[number]>,
  typeName: T['$typeName'],
  context: ConfigContext,
): { messages: T[]; unusable: ReadonlySet<T> } {
  const messages: T[] = [];
  const unusable = new Set<T>();
  for (const any of resources) {
    const message = context.unpackAs<T>(any, typeName);
    if (message === undefined) continue;
    messages.push(message);
    if (refused.has(any)) unusable.add(message);
  }
  return { messages, unusable };
}

export class ClusterDiscovery implements ResourceHandler {
  readonly #manager: UpstreamClusterManager;
  readonly #services: ProcessServices;
  readonly #defaultBindConfig: ClusterConfigOptions['defaultBindConfig'];
  readonly #readPolicies: ClusterConfigOptions['readPolicies'];
  readonly #reloads: ReloadStats;

  constructor(
    manager: UpstreamClusterManager,
    services: ProcessServices,
    defaultBindConfig: ClusterConfigOptions['defaultBindConfig'],
    reloads: ReloadStats,
  ) {
    this.#reloads = reloads;
    this.#manager = manager;
    this.#services = services;
    this.#defaultBindConfig = defaultBindConfig;
    this.#readPolicies = clusterPolicyReader(services);
  }

  async onResources(
    resources: Resources,
    version: string,
    context: ConfigContext,
    refused: ReadonlySet<Resources[number]>,
  ): Promise<void> {
    const { extensions } = this.#services;
    const { messages, unusable } = unpackAll<Cluster>(resources, refused, 'envoy.config.cluster.v3.Cluster', context);
    const names = new Set<string>();
    for (const message of messages) {
      if (unusable.has(message)) continue;
      typeNamesIn(message, context, names);
      for (const name of impliedExtensions(message)) names.add(name);
    }
    await extensions.preload(names);
    await loadCelWhereUsed(context);
    const named = new Set<string>();
    let changed = false;
    for (const message of messages) {
      if (named.has(message.name)) {
        context.error(message, 'name', 'RMR0401', `cluster '${message.name}' stands twice in the update`);
        continue;
      }
      named.add(message.name);
      if (unusable.has(message)) continue;
      const { secrets, clock, timers, runtime, stats, accessLog } = this.#services;
      const defaultBindConfig = this.#defaultBindConfig;
      const config = readCluster(message, {
        context,
        extensions,
        secrets,
        clock,
        timers,
        logFiles: accessLog.manager,
        runtime,
        stats,
        readPolicies: this.#readPolicies,
        defaultBindConfig,
      });
      if (config !== undefined && this.#manager.addOrUpdate(config, version, true)) changed = true;
    }
    for (const [name, entry] of this.#manager.entries()) {
      const state = entry.active ?? entry.warming;
      if (state?.addedViaApi === true && !named.has(name) && this.#manager.remove(name)) changed = true;
    }
    if (changed) this.#reloads.reloaded(this.#services.clock.wall());
  }
}

export class ListenerDiscovery implements ResourceHandler {
  readonly #manager: ListenerManager;
  readonly #services: ProcessServices;
  readonly #routes: RouteProviders;

  constructor(manager: ListenerManager, services: ProcessServices, routes: RouteProviders) {
    this.#manager = manager;
    this.#services = services;
    this.#routes = routes;
  }

  async onResources(
    resources: Resources,
    version: string,
    context: ConfigContext,
    refused: ReadonlySet<Resources[number]>,
  ): Promise<void> {
    const { messages, unusable } = unpackAll<Listener>(
      resources,
      refused,
      'envoy.config.listener.v3.Listener',
      context,
    );
    const names = new Set<string>();
    for (const message of messages) {
      if (unusable.has(message)) continue;
      typeNamesIn(message, context, names);
      for (const name of impliedListenerFilters(message)) names.add(name);
    }
    await this.#services.extensions.preload(names);
    await loadCelWhereUsed(context);
    const named = new Set(messages.map(listenerName));
    // Those that go free their addresses for those that come.
    for (const [name, entry] of this.#manager.entries()) {
      if (entry.addedViaApi && !named.has(name)) this.#manager.remove(name);
    }
    for (const [name, entry] of this.#manager.warming) {
      if (entry.addedViaApi && !named.has(name)) this.#manager.remove(name);
    }
    const environment = {
      services: this.#services,
      config: context,
      routes: this.#routes,
    };
    const seen = new Set<string>();
    for (const message of messages) {
      const name = listenerName(message);
      if (seen.has(name)) {
        context.error(message, 'name', 'RMR0501', `listener '${name}' stands twice in the update`);
        continue;
      }
      seen.add(name);
      if (unusable.has(message)) continue;
      const config = readListener(message, environment, this.#manager.get(name));
      if (config === undefined) continue;
      try {
        await this.#manager.addOrUpdate(config, version, true);
      } catch (error) {
        context.error(message, 'address', 'RMR0500', errorText(error));
      }
    }
  }
}

/** One resource name; other assignments in the file are other subscriptions' concern. */
export class EndpointDiscovery implements ResourceHandler {
  readonly #manager: UpstreamClusterManager;
  readonly #serviceName: string;

  constructor(manager: UpstreamClusterManager, serviceName: string) {
    this.#manager = manager;
    this.#serviceName = serviceName;
  }

  onResources(
    resources: Resources,
    version: string,
    context: ConfigContext,
    refused: ReadonlySet<Resources[number]>,
  ): void {
    const { messages, unusable } = unpackAll<ClusterLoadAssignment>(
      resources,
      refused,
      'envoy.config.endpoint.v3.ClusterLoadAssignment',
      context,
    );
    const message = messages.find(({ clusterName }) => clusterName === this.#serviceName);
    if (message !== undefined && unusable.has(message)) return;
    if (message === undefined) {
      const other = messages.map(({ clusterName }) => clusterName).join(', ');
      if (messages[0] === undefined)
        log.warning(`no ClusterLoadAssignment '${this.#serviceName}': the update is empty`);
      else {
        const text = `expected a ClusterLoadAssignment '${this.#serviceName}', found ${other}`;
        context.error(messages[0], 'cluster_name', 'RMR0403', text);
      }
      this.#manager.endpointsUnavailable(this.#serviceName);
      return;
    }
    const errorsBefore = context.errorCount;
    const endpoints = readEndpoints(message, false, context);
    if (context.errorCount === errorsBefore) this.#manager.setEndpoints(this.#serviceName, endpoints, version);
  }
}

/** Makes a table and puts it in force; what is wrong with it goes to the context. */
export type RouteSink = (message: RouteConfiguration, version: string, context: ConfigContext) => void;

export class RouteDiscovery implements ResourceHandler {
  readonly #name: string;
  readonly #services: ProcessServices;
  readonly #sink: RouteSink;

  constructor(name: string, services: ProcessServices, sink: RouteSink) {
    this.#name = name;
    this.#services = services;
    this.#sink = sink;
  }

  async onResources(
    resources: Resources,
    version: string,
    context: ConfigContext,
    refused: ReadonlySet<Resources[number]>,
  ): Promise<void> {
    const { messages, unusable } = unpackAll<RouteConfiguration>(
      resources,
      refused,
      'envoy.config.route.v3.RouteConfiguration',
      context,
    );
    const message = messages.find(({ name }) => name === this.#name);
    if (message !== undefined && unusable.has(message)) return;
    if (message === undefined) {
      const other = messages.map(({ name }) => name).join(', ');
      if (messages[0] === undefined) log.warning(`no RouteConfiguration '${this.#name}': the update is empty`);
      else
        context.error(messages[0], 'name', 'RMR0600', `expected a RouteConfiguration '${this.#name}', found ${other}`);
      return;
    }
    await this.#services.extensions.preload(typeNamesIn(message, context));
    await loadCelWhereUsed(context);
    this.#sink(message, version, context);
  }
}
