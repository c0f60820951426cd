// Owns the listeners of the process: adds, changes, drains and removes them at run time. The bootstrap, files and
// control planes are callers like any other (DESIGN 2).
import type { Address, IpAddress } from '../base/address.ts';
import { logger } from '../base/logger.ts';
import type { Timer, TimerHandler } from '../base/timers.ts';
import type { StatsScope } from '../observability/stats/api.ts';
import type { ProcessServices, TrafficDirection } from '../upstream/services.ts';
import { ActiveListener, type ListenerDirectory } from './active-listener.ts';
import { discardListener, discardUdp, sameMessage } from './config.ts';
import type { ListenAddress, ListenerConfig } from './config-types.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import type { FilterChain } from './filter-chain.ts';
import { sameAddress } from './listen-address.ts';
import type { RunningListener } from './running-listener.ts';
import { type ListenerManagerStats, listenerManagerStats } from './stats.ts';

const log = logger('config');

export interface ListenerEntry {
  readonly listener: RunningListener;
  version: string;
  readonly addedViaApi: boolean;
  /** Milliseconds since the epoch. */
  lastUpdated: number;
}

/** A first or changed version that waits for what its chains need (RDS). */
export interface WarmingListener {
  readonly config: ListenerConfig;
  readonly version: string;
  readonly addedViaApi: boolean;
  /** Milliseconds since the epoch. */
  readonly lastUpdated: number;
}

/** Abandoned when the listener is removed or a newer version comes, which nobody need wait for. */
class Warming implements WarmingListener {
  readonly config: ListenerConfig;
  readonly version: string;
  readonly addedViaApi: boolean;
  readonly lastUpdated: number;
  abandoned = false;
  readonly #whenAbandoned = Promise.withResolvers<void>();
  readonly #whenEnded = Promise.withResolvers<void>();

  constructor(config: ListenerConfig, version: string, addedViaApi: boolean, lastUpdated: number) {
    this.config = config;
    this.version = version;
    this.addedViaApi = addedViaApi;
    this.lastUpdated = lastUpdated;
  }

  /** Rejects when what a chain waits for cannot be had. */
  async ready(): Promise<void> {
    await Promise.race([Promise.all(this.config.chains.map((chain) => chain.ready())), this.#whenAbandoned.promise]);
  }

  abandon(): void {
    this.abandoned = true;
    this.#whenAbandoned.resolve();
  }

  /** It was put to use, failed, or was given up. */
  get ended(): Promise<void> {
    return this.#whenEnded.promise;
  }

  end(): void {
    this.#whenEnded.resolve();
  }
}

export class ListenerManager implements TimerHandler, ListenerDirectory {
  readonly stats: ListenerManagerStats;
  readonly #services: ProcessServices;
  readonly #limits: ConnectionLimits;
  readonly #drainTimeMs: number;
  readonly #entries = new Map<string, ListenerEntry>();
  readonly #warming = new Map<string, Warming>();
  /** The last change of each name that is not over, even when the listener was removed meanwhile: the next waits. */
  readonly #changing = new Map<string, Warming>();
  readonly #draining = new Map<Timer, readonly FilterChain[]>();
  #drainingListeners = 0;

  constructor(services: ProcessServices, limits: ConnectionLimits, drainTimeMs: number) {
    this.#services = services;
    this.#limits = limits;
    this.#drainTimeMs = drainTimeMs;
    this.stats = listenerManagerStats(services.stats.scope('listener_manager.'));
  }

  entries(): ReadonlyMap<string, ListenerEntry> {
    return this.#entries;
  }

  /** The listener of an address, else the one of all addresses on its port: for connections that were redirected. */
  find(address: Address): ActiveListener | null {
    if (address.kind !== 'ip') return null;
    let any: ActiveListener | null = null;
    for (const { listener } of this.#entries.values()) {
      if (!(listener instanceof ActiveListener)) continue;
      for (const entry of listener.config.addresses) {
        if (entry.address.text === address.text) return listener;
        if (takesAllOf(entry, address)) any ??= listener;
      }
    }
    return any;
  }

  /** By name. */
  get warming(): ReadonlyMap<string, WarmingListener> {
    return this.#warming;
  }

  get(name: string): ListenerConfig | null {
    return this.#entries.get(name)?.listener.config ?? null;
  }

  /**
   * Adds a listener or applies a changed one. Waits for what its chains wait for (RDS), then binds; a listener whose
   * addresses stay keeps its sockets. Returns whether anything changed. Rejects when an address cannot be bound: the
   * old version then goes on. A version that is removed, or followed by another, while it waits is never bound: false.
   */
  async addOrUpdate(config: ListenerConfig, version: string, addedViaApi: boolean): Promise<boolean> {
    const { name } = config;
    const before = this.#changing.get(name);
    before?.abandon();
    if (before === undefined && this.#isCurrent(config)) {
      discardListener(config);
      return false;
    }
    const warming = new Warming(config, version, addedViaApi, this.#services.clock.wall());
    this.#warming.set(name, warming);
    this.#changing.set(name, warming);
    this.#count();
    let used = false;
    try {
      // The one before may be binding the same address: it lets go of it first.
      await Promise.all([warming.ready(), before?.ended]);
      if (!warming.abandoned && !this.#isCurrent(config)) used = await this.#apply(warming);
      return used;
    } catch (error) {
      this.stats.listenerCreateFailure.inc();
      throw error;
    } finally {
      if (!used) discardListener(config);
      if (this.#warming.get(name) === warming) this.#warming.delete(name);
      if (this.#changing.get(name) === warming) this.#changing.delete(name);
      warming.end();
      this.#count();
    }
  }

  /** Nothing would change. */
  #isCurrent(config: ListenerConfig): boolean {
    const present = this.#entries.get(config.name);
    return present !== undefined && sameMessage(present.listener.config.message, config.message);
  }

  /** Returns whether the version is in force, or was: the caller discards it otherwise. */
  async #apply(warming: Warming): Promise<boolean> {
    const { config, version } = warming;
    const present = this.#entries.get(config.name);
    if (present === undefined) return this.#replace(undefined, warming);
    if (sameAddresses(present.listener.config, config)) {
      this.#updateInPlace(present, config, version);
      return true;
    }
    if (sameSocketOptions(present.listener.config, config)) return this.#rebind(present, config, version);
    return this.#replace(present, warming);
  }

  #updateInPlace(entry: ListenerEntry, config: ListenerConfig, version: string): void {
    const old = entry.listener.config;
    const gone = chainsGone(old, config);
    entry.listener.replaceConfig(config);
    this.#noteUpdate(entry, version);
    if (config.udp === null) this.stats.listenerInPlaceUpdated.inc();
    else this.#noteNew(config);
    this.#drainChains(gone, old.scope);
    log.info(`listener '${config.name}' updated: ${config.chains.length} filter chains, ${gone.length} drain`);
  }

  #noteUpdate(entry: ListenerEntry, version: string): void {
    entry.version = version;
    entry.lastUpdated = this.#services.clock.wall();
    this.stats.listenerModified.inc();
  }

  /** Where there are no chains that could stay, Envoy has a whole new listener. */
  #noteNew({ udp }: ListenerConfig): void {
    if (udp !== null) this.stats.listenerCreateSuccess.inc();
  }

  async #rebind(present: ListenerEntry, config: ListenerConfig, version: string): Promise<boolean> {
    const old = present.listener.config;
    await present.listener.rebind(config);
    if (this.#entries.get(config.name) !== present) {
      // Removed meanwhile: the new sockets go after the old ones.
      await present.listener.stopAccepting();
      return false;
    }
    this.#noteUpdate(present, version);
    this.#noteNew(config);
    this.#drainChains(chainsGone(old, config), old.scope);
    log.info(`listener '${config.name}' is now on ${present.listener.localAddresses.join(', ')}`);
    return true;
  }

  async #replace(present: ListenerEntry | undefined, warming: Warming): Promise<boolean> {
    const { config, version, addedViaApi } = warming;
    const listener = await this.#make(config);
    // A socket made with other options cannot go beside the old one on the same address.
    const overlap = present !== undefined && sharesAddress(present.listener.config, config);
    if (overlap) await present.listener.stopAccepting();
    try {
      await listener.bind();
    } catch (error) {
      if (overlap && this.#entries.get(config.name) === present) await present.listener.bind();
      throw error;
    }
    if (warming.abandoned) {
      await listener.stopAccepting();
      if (overlap && this.#entries.get(config.name) === present) await present.listener.bind();
      return false;
    }
    this.#entries.set(config.name, { listener, version, addedViaApi, lastUpdated: this.#services.clock.wall() });
    this.stats.listenerCreateSuccess.inc();
    if (present === undefined) this.stats.listenerAdded.inc();
    else {
      const old = present.listener.config;
      this.stats.listenerModified.inc();
      await present.listener.stopAccepting();
      this.#drainChains(chainsGone(old, config), old.scope);
      discardUdp(old.udp);
    }
    log.info(`listener '${config.name}' on ${listener.localAddresses.join(', ')}`);
    return true;
  }

  async #make(config: ListenerConfig): Promise<RunningListener> {
    if (config.udp === null) return new ActiveListener(config, this.#services, this.#limits, this);
    const { ActiveUdpListener } = await import('./active-udp-listener.ts');
    return new ActiveUdpListener(config);
  }

  /**
   * Stops accepting; connections have the drain time to end. A version that warms is given up. Returns whether there was
   * such a listener.
   */
  remove(name: string): boolean {
    const entry = this.#entries.get(name);
    const warming = this.#warming.get(name);
    if (entry === undefined && warming === undefined) return false;
    this.#warming.delete(name);
    warming?.abandon();
    this.stats.listenerRemoved.inc();
    if (entry !== undefined) {
      this.#entries.delete(name);
      void entry.listener.stopAccepting();
      const { chains, scope, udp } = entry.listener.config;
      this.#drainChains(chains, scope);
      discardUdp(udp);
    }
    this.#count();
    log.info(`listener '${name}' removed`);
    return true;
  }

  /** `scope`: of the version whose chains these are. Their connections count in it to their end. */
  #drainChains(chains: readonly FilterChain[], scope: StatsScope): void {
    void Promise.all(chains.map((chain) => chain.destroyed)).then(() => scope.close());
    if (chains.length === 0) return;
    const now = this.#services.clock.monotonic();
    for (const chain of chains) chain.drain(now);
    this.#drainingListeners++;
    this.#draining.set(this.#services.timers.schedule(this.#drainTimeMs, this), chains);
    this.#count();
  }

  /** Chains of old versions that still serve connections. */
  get drainingChains(): FilterChain[] {
    return [...this.#draining.values()].flat().filter((chain) => chain.connections.size > 0);
  }

  /** A drain time is over. */
  onTimer(timer: Timer): void {
    for (const chain of this.#draining.get(timer) ?? []) chain.remove();
    if (this.#draining.delete(timer)) this.#drainingListeners--;
    this.#count();
  }

  /** Stops accepting on every listener (of a direction); connections live on. */
  async stopListeners(direction: TrafficDirection | null): Promise<void> {
    for (const { listener } of this.#entries.values()) {
      if (direction !== null && listener.config.direction !== direction) continue;
      if (!listener.accepting) continue;
      this.stats.listenerStopped.inc();
      await listener.stopAccepting();
    }
  }

  get connectionCount(): number {
    let count = 0;
    for (const { listener } of this.#entries.values()) count += listener.connectionCount;
    for (const chains of this.#draining.values()) for (const chain of chains) count += chain.connections.size;
    return count;
  }

  /** The process ends: nothing is waited for. */
  async shutdown(): Promise<void> {
    for (const warming of this.#warming.values()) warming.abandon();
    for (const { listener } of this.#entries.values()) {
      await listener.stopAccepting();
      listener.closeConnections();
      for (const chain of listener.config.chains) chain.remove();
    }
    for (const [timer, chains] of this.#draining) {
      timer.cancel();
      for (const chain of chains) chain.remove();
    }
    this.#draining.clear();
  }

  #count(): void {
    this.stats.totalListenersActive.set(this.#entries.size);
    this.stats.totalListenersWarming.set(this.#warming.size);
    this.stats.totalListenersDraining.set(this.#drainingListeners);
    let chains = 0;
    for (const list of this.#draining.values()) chains += list.length;
    this.stats.totalFilterChainsDraining.set(chains);
  }
}

function chainsGone(old: ListenerConfig, next: ListenerConfig): FilterChain[] {
  return old.chains.filter((chain) => !next.chains.includes(chain));
}

function sameSocketOptions(a: ListenerConfig, b: ListenerConfig): boolean {
  const wanted = ({ addresses }: ListenerConfig): string =>
    JSON.stringify(addresses.map(({ socketOptions }) => socketOptions));
  return (
    wanted(a) === wanted(b) &&
    (a.udp === null) === (b.udp === null) &&
    a.reusePort === b.reusePort &&
    a.bindToPort === b.bindToPort &&
    a.transparent === b.transparent &&
    a.backlog === b.backlog
  );
}

function sameAddresses(a: ListenerConfig, b: ListenerConfig): boolean {
  return (
    sameSocketOptions(a, b) &&
    a.addresses.length === b.addresses.length &&
    a.addresses.every((entry, index) => {
      const other = b.addresses[index];
      return other !== undefined && sameAddress(entry, other);
    })
  );
}

function takesAllOf({ address, ipv4Compat }: ListenAddress, wanted: IpAddress): boolean {
  if (address.kind !== 'ip' || address.port !== wanted.port) return false;
  if (address.address === '0.0.0.0') return wanted.family === 4;
  return address.address === '::' && (wanted.family === 6 || ipv4Compat);
}

function sharesAddress(a: ListenerConfig, b: ListenerConfig): boolean {
  if ((a.udp === null) !== (b.udp === null)) return false;
  return a.addresses.some((entry) => b.addresses.some((other) => other.address.text === entry.address.text));
}
