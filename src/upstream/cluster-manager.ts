// Owns the clusters of the process: adds, changes and removes them at run time, keeps new ones out of sight until their
// discovery has answered once (warming), and hands out handles that never go stale. The bootstrap, files and control
// planes are callers like any other (DESIGN 2).
import { isDeepStrictEqual } from 'node:util';
import { logger } from '../base/logger.ts';
import type { Counter, Gauge, StatsScope } from '../observability/stats/api.ts';
import type { Cluster, ClusterHandle, ClusterManager } from './api.ts';
import { type ClusterEnvironment, type ClusterOwner, UpstreamCluster } from './cluster.ts';
import type { ClusterConfig, EndpointsConfig } from './cluster-config.ts';

const log = logger('upstream');

class Handle implements ClusterHandle {
  readonly name: string;
  cluster: UpstreamCluster | null = null;

  constructor(name: string) {
    this.name = name;
  }
}

/** What is known of one cluster name; for admin views as well. */
export interface ClusterEntry {
  readonly active: ClusterState | null;
  /** A first or changed version whose discovery has not answered yet. */
  readonly warming: ClusterState | null;
}

export interface ClusterState {
  readonly cluster: UpstreamCluster;
  config: ClusterConfig;
  /** `version_info` of the control plane; empty for the bootstrap. */
  version: string;
  /** Came from a control plane or a file source, not from the bootstrap. */
  readonly addedViaApi: boolean;
  /** Milliseconds since the epoch. */
  lastUpdated: number;
  /** The ClusterLoadAssignment in use, for the dump: EDS with its version, else the cluster's own. */
  endpoints: EndpointsConfig;
  endpointsVersion: string;
  endpointsUpdated: number;
}

interface MutableEntry {
  active: ClusterState | null;
  warming: ClusterState | null;
}

/** Follows what becomes of clusters; for subscriptions (EDS) and for whoever waits for warm ones. */
export interface ClusterListener {
  /** Active for the first time, or replaced by a changed one. */
  onClusterActive?(name: string): void;
  onClusterRemoved?(name: string): void;
}

export class UpstreamClusterManager implements ClusterManager, ClusterOwner {
  readonly #environment: ClusterEnvironment;
  readonly #entries = new Map<string, MutableEntry>();
  readonly #handles = new Map<string, Handle>();
  readonly #listeners = new Set<ClusterListener>();
  readonly #scope: StatsScope;
  readonly #added: Counter;
  readonly #updated: Counter;
  readonly #modified: Counter;
  readonly #removed: Counter;
  readonly #activeClusters: Gauge;
  readonly #warmingClusters: Gauge;
  #warmWaiters: (() => void)[] = [];
  /** Counted as they change: a walk over all for each of 5,000 cost 0.6 s of a start. */
  #active = 0;
  #inWarming = 0;

  constructor(environment: ClusterEnvironment) {
    this.#environment = environment;
    this.#scope = environment.stats.scope('cluster_manager.');
    this.#added = this.#scope.counter('cluster_added');
    this.#updated = this.#scope.counter('cluster_updated');
    this.#modified = this.#scope.counter('cluster_modified');
    this.#removed = this.#scope.counter('cluster_removed');
    this.#activeClusters = this.#scope.gauge('active_clusters');
    this.#warmingClusters = this.#scope.gauge('warming_clusters');
    for (const name of ['cluster_updated_via_merge', 'update_merge_cancelled', 'update_out_of_merge_window']) {
      this.#scope.counter(name);
    }
  }

  // --- reading -------------------------------------------------------------------------------------------------------

  handle(name: string): ClusterHandle {
    return this.#handle(name);
  }

  #handle(name: string): Handle {
    let handle = this.#handles.get(name);
    if (handle === undefined) {
      handle = new Handle(name);
      this.#handles.set(name, handle);
    }
    return handle;
  }

  has(name: string): boolean {
    const entry = this.#entries.get(name);
    return entry !== undefined && entry.active !== null;
  }

  *clusters(): IterableIterator<Cluster> {
    for (const entry of this.#entries.values()) if (entry.active !== null) yield entry.active.cluster;
  }

  /** By name, in order of arrival. */
  entries(): ReadonlyMap<string, ClusterEntry> {
    return this.#entries;
  }

  /** Names of clusters whose first or changed version waits for its discovery. */
  get warming(): string[] {
    const names: string[] = [];
    for (const [name, entry] of this.#entries) if (entry.warming !== null) names.push(name);
    return names;
  }

  /** Resolves when no cluster with `wait_for_warm_on_init` is warming: the server may take traffic. */
  async whenWarm(): Promise<void> {
    while (this.#blocksStart()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#warmWaiters.push(resolve);
      await promise;
    }
  }

  #blocksStart(): boolean {
    for (const { warming } of this.#entries.values()) if (warming?.config.waitForWarmOnInit) return true;
    return false;
  }

  addListener(listener: ClusterListener): void {
    this.#listeners.add(listener);
  }

  removeListener(listener: ClusterListener): void {
    this.#listeners.delete(listener);
  }

  // --- changing ------------------------------------------------------------------------------------------------------

  /**
   * Adds a cluster or applies a changed one. Equal to what is there: nothing happens. Only `load_assignment` differs:
   * hosts are diffed in place. Anything else: a new cluster warms and then takes the place of the old one, which drains.
   * Returns whether anything changed.
   */
  addOrUpdate(config: ClusterConfig, version: string, addedViaApi: boolean): boolean {
    const entry = this.#entry(config.name);
    const present = entry.warming ?? entry.active;
    if (present !== null && sameButEndpoints(present.config, config)) {
      return this.#updateInPlace(present, config, version);
    }
    if (present === null) this.#added.inc();
    else {
      this.#updated.inc();
      this.#modified.inc();
    }
    // A version that was still warming never served: its place is taken at once.
    entry.warming?.cluster.remove();
    const now = this.#environment.clock.wall();
    const state: ClusterState = {
      cluster: new UpstreamCluster(config, this.#environment, this),
      config,
      version,
      addedViaApi,
      lastUpdated: now,
      endpoints: config.endpoints,
      endpointsVersion: '',
      endpointsUpdated: now,
    };
    this.#setWarming(entry, state);
    // What the control plane said for the old version is good until it says more.
    const inherited = entry.active;
    state.cluster.start();
    if (config.discovery.kind === 'eds' && inherited?.config.discovery.kind === 'eds' && entry.warming === state) {
      if (
        inherited.config.discovery.serviceName === config.discovery.serviceName &&
        inherited.endpoints.source !== null
      ) {
        this.#applyEndpoints(state, inherited.endpoints, inherited.endpointsVersion);
      }
    }
    return true;
  }

  #entry(name: string): MutableEntry {
    let entry = this.#entries.get(name);
    if (entry === undefined) {
      entry = { active: null, warming: null };
      this.#entries.set(name, entry);
    }
    return entry;
  }

  #updateInPlace(state: ClusterState, config: ClusterConfig, version: string): boolean {
    const unchanged = sameEndpoints(state.config.endpoints, config.endpoints);
    state.config = config;
    if (unchanged) return false;
    this.#updated.inc();
    // Envoy makes the cluster anew; that its connections live on here changes nothing for who counts changes.
    this.#modified.inc();
    state.version = version;
    state.lastUpdated = this.#environment.clock.wall();
    if (config.discovery.kind !== 'eds') this.#applyEndpoints(state, config.endpoints, '');
    return true;
  }

  /**
   * Endpoints from a control plane (EDS) for every EDS cluster that subscribes to `serviceName` (by default the
   * cluster's name). The subscription counts its updates itself. Returns whether there is such a cluster.
   */
  setEndpoints(serviceName: string, endpoints: EndpointsConfig, version: string): boolean {
    let found = false;
    for (const entry of this.#entries.values()) {
      for (const state of [entry.warming, entry.active]) {
        if (state === null || state.config.discovery.kind !== 'eds') continue;
        if (state.config.discovery.serviceName !== serviceName) continue;
        found = true;
        if (sameEndpoints(state.endpoints, endpoints) && state.cluster.isReady) {
          state.cluster.stats.updateNoRebuild.inc();
          state.endpointsVersion = version;
        } else {
          this.#applyEndpoints(state, endpoints, version);
        }
      }
    }
    return found;
  }

  /** The first endpoints did not come in time, or were refused: the cluster goes on with what it has (maybe nothing). */
  endpointsUnavailable(serviceName: string): void {
    for (const { warming } of this.#entries.values()) {
      if (warming === null || warming.config.discovery.kind !== 'eds') continue;
      if (warming.config.discovery.serviceName === serviceName) warming.cluster.ready();
    }
  }

  #applyEndpoints(state: ClusterState, endpoints: EndpointsConfig, version: string): void {
    state.endpoints = endpoints;
    state.endpointsVersion = version;
    state.endpointsUpdated = this.#environment.clock.wall();
    state.cluster.setEndpoints(endpoints);
  }

  /** Returns whether there was such a cluster. Its connections drain. */
  remove(name: string): boolean {
    const entry = this.#entries.get(name);
    if (entry === undefined) return false;
    this.#entries.delete(name);
    this.#handle(name).cluster = null;
    entry.warming?.cluster.remove();
    entry.active?.cluster.remove();
    this.#setWarming(entry, null);
    this.#setActive(entry, null);
    this.#removed.inc();
    log.debug(`cluster ${name} removed`);
    for (const listener of this.#listeners) listener.onClusterRemoved?.(name);
    this.#wakeWarmWaiters();
    return true;
  }

  /** The process ends: discovery stops, connections close as their streams end. */
  shutdown(): void {
    for (const name of [...this.#entries.keys()]) this.remove(name);
  }

  onClusterReady(cluster: UpstreamCluster): void {
    const name = cluster.config.name;
    const entry = this.#entries.get(name);
    const state = entry?.warming;
    if (entry === undefined || state === null || state === undefined || state.cluster !== cluster) return;
    const replaced = entry.active;
    this.#setActive(entry, state);
    this.#setWarming(entry, null);
    this.#handle(name).cluster = cluster;
    replaced?.cluster.remove();
    log.debug(`cluster ${name} ${replaced === null ? 'is active' : 'was replaced by its new version'}`);
    for (const listener of this.#listeners) listener.onClusterActive?.(name);
    this.#wakeWarmWaiters();
  }

  #wakeWarmWaiters(): void {
    const waiters = this.#warmWaiters;
    this.#warmWaiters = [];
    for (const wake of waiters) wake();
  }

  #setActive(entry: MutableEntry, state: ClusterState | null): void {
    this.#active += (state === null ? 0 : 1) - (entry.active === null ? 0 : 1);
    entry.active = state;
    this.#activeClusters.set(this.#active);
  }

  #setWarming(entry: MutableEntry, state: ClusterState | null): void {
    this.#inWarming += (state === null ? 0 : 1) - (entry.warming === null ? 0 : 1);
    entry.warming = state;
    this.#warmingClusters.set(this.#inWarming);
  }
}

/** Everything that makes a cluster what it is, apart from its endpoints and the message it came from. */
function sameButEndpoints(a: ClusterConfig, b: ClusterConfig): boolean {
  const compared = (config: ClusterConfig) => ({
    ...config,
    endpoints: null,
    source: null,
    policies: config.policies.source,
  });
  return isDeepStrictEqual(compared(a), compared(b));
}

function sameEndpoints(a: EndpointsConfig, b: EndpointsConfig): boolean {
  return isDeepStrictEqual({ ...a, source: null }, { ...b, source: null });
}
