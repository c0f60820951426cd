// Owns the road from configuration messages to running clusters and listeners: reads, reports, diffs, applies. The
// bootstrap, a changed bootstrap file, files as xDS sources and control planes all take it.
import { logger } from '../base/logger.ts';
import { ConfigContext, type Diagnostic, loadCelWhereUsed } from '../config/api.ts';
import { discardListener, listenerName, readListener } from '../listener/config.ts';
import { impliedListenerFilters } from '../listener/config-listener-filters.ts';
import type { ListenerConfig } from '../listener/config-types.ts';
import type { ListenerManager } from '../listener/listener-manager.ts';
import type { RouteProviders } from '../router/api.ts';
import { clusterPolicyReader } from '../router/config/cluster-policies.ts';
import type { ClusterConfig } from '../upstream/cluster-config.ts';
import type { UpstreamClusterManager } from '../upstream/cluster-manager.ts';
import { impliedExtensions, readCluster } from '../upstream/config.ts';
import type { ProcessServices } from '../upstream/services.ts';
import type { EndpointSubscriptions } from '../xds/endpoint-subscriptions.ts';
import { typeNamesIn } from '../xds/type-names.ts';
import type { BootstrapConfig, ClusterMessage, ListenerMessage } from './bootstrap-config.ts';

const log = logger('config');

export interface ResourceManagers {
  readonly services: ProcessServices;
  readonly clusters: UpstreamClusterManager;
  readonly listeners: ListenerManager;
  readonly routes: RouteProviders;
  readonly endpoints: EndpointSubscriptions;
  readonly defaultBindConfig: BootstrapConfig['defaultBindConfig'];
}

/** What was read and may be applied; or the reasons why not. */
export interface PreparedResources {
  readonly clusters: readonly ClusterConfig[];
  readonly listeners: readonly ListenerConfig[];
  readonly diagnostics: readonly Diagnostic[];
  readonly failed: boolean;
}

/**
 * Reads clusters and listeners without touching what runs. Loads the extensions that they name. A failed result holds
 * nothing that would have to be undone.
 */
export async function prepareResources(
  clusters: readonly ClusterMessage[],
  listeners: readonly ListenerMessage[],
  managers: ResourceManagers,
  context: ConfigContext,
): Promise<PreparedResources> {
  const { services } = managers;
  const names = new Set<string>();
  for (const message of clusters) {
    typeNamesIn(message, context, names);
    for (const name of impliedExtensions(message)) names.add(name);
  }
  for (const message of listeners) {
    typeNamesIn(message, context, names);
    for (const name of impliedListenerFilters(message)) names.add(name);
  }
  await services.extensions.preload(names);
  await loadCelWhereUsed(context);
  const clusterConfigs: ClusterConfig[] = [];
  const { extensions, secrets, clock, timers, runtime, stats } = services;
  const { defaultBindConfig } = managers;
  const readPolicies = clusterPolicyReader(services);
  const logFiles = services.accessLog.manager;
  const options = {
    context,
    extensions,
    secrets,
    clock,
    timers,
    logFiles,
    runtime,
    stats,
    readPolicies,
    defaultBindConfig,
  };
  for (const message of clusters) {
    context.comingClusters.add(message.name);
    const config = readCluster(message, options);
    if (config !== undefined) clusterConfigs.push(config);
  }
  const listenerConfigs: ListenerConfig[] = [];
  const listenerContext = {
    services,
    config: context,
    routes: managers.routes,
  };
  for (const message of listeners) {
    const previous = managers.listeners.get(listenerName(message));
    const config = readListener(message, listenerContext, previous);
    if (config !== undefined) listenerConfigs.push(config);
  }
  const { failed } = context;
  if (failed) for (const config of listenerConfigs) discardListener(config);
  return { clusters: clusterConfigs, listeners: listenerConfigs, diagnostics: await context.takeDiagnostics(), failed };
}

/** Clusters come before listeners, since routes name them. Resolves when they may take traffic. */
export async function applyClusters(prepared: PreparedResources, managers: ResourceManagers): Promise<void> {
  for (const config of prepared.clusters) managers.clusters.addOrUpdate(config, '', false);
  const context = new ConfigContext();
  managers.endpoints.refresh(context);
  for (const { path, message } of await context.takeDiagnostics()) log.error(`${path}: ${message}`);
}

/**
 * Listeners, those that go and those that come. Never rejects: a listener that cannot be bound stands in `failures`, and
 * its old version, if any, lives on. Clusters that are gone go last (`removeClusters`).
 */
export async function applyListeners(
  prepared: PreparedResources,
  managers: ResourceManagers,
  previous: StaticNames,
): Promise<AppliedListeners> {
  const listeners = new Set(prepared.listeners.map((config) => config.name));
  const clusters = new Set(prepared.clusters.map((config) => config.name));
  // Those that go free their addresses for those that come.
  for (const name of previous.listeners) if (!listeners.has(name)) managers.listeners.remove(name);
  const results = await Promise.allSettled(
    prepared.listeners.map((config) => managers.listeners.addOrUpdate(config, '', false)),
  );
  const failures = results.flatMap((result) =>
    result.status === 'rejected' ? [String(result.reason?.message ?? result.reason)] : [],
  );
  // The old version of a listener that could not be changed may still route to them.
  if (failures.length > 0) for (const name of previous.clusters) clusters.add(name);
  return { names: { clusters, listeners }, failures };
}

/**
 * A cluster goes only when no listener can name it any more: old filter chains serve the connections they have, and
 * would answer 503. `isWanted` is asked when that time has come; at once when nothing drains.
 */
export function removeClusters(
  names: readonly string[],
  managers: ResourceManagers,
  isWanted: (name: string) => boolean,
): void {
  const draining = managers.listeners.drainingChains;
  const remove = (): void => {
    for (const name of names) if (!isWanted(name)) managers.clusters.remove(name);
  };
  if (draining.length === 0) remove();
  else void Promise.all(draining.map((chain) => chain.drained)).then(remove);
}

export interface AppliedListeners {
  /** What the bootstrap has put there: the next reload removes what it leaves out. */
  readonly names: StaticNames;
  /** In words, one for each listener. */
  readonly failures: readonly string[];
}

export interface StaticNames {
  readonly clusters: ReadonlySet<string>;
  readonly listeners: ReadonlySet<string>;
}

/** Something could not be put to use (an address is taken). Everything else was. */
export class ResourceError extends Error {
  readonly reasons: readonly string[];
  constructor(reasons: readonly string[]) {
    super(reasons.join('; '));
    this.reasons = reasons;
  }
}
