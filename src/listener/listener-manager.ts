// Owns the listeners of the process: adds, changes, drains and removes them at run time. The bootstrap, files and
// control planes are callers like any other (DESIGN 2).
import { logger } from '../base/logger.ts';
import type { Timer, TimerHandler } from '../base/timers.ts';
import type { ProcessServices, TrafficDirection } from '../upstream/services.ts';
import { ActiveListener, sameAddress } from './active-listener.ts';
import { sameMessage } from './config.ts';
import type { ListenerConfig } from './config-types.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import type { FilterChain } from './filter-chain.ts';
import { type ListenerManagerStats, listenerManagerStats } from './stats.ts';

const log = logger('config');

export interface ListenerEntry {
  readonly listener: ActiveListener;
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

export class ListenerManager implements TimerHandler {
  readonly stats: ListenerManagerStats;
  readonly #services: ProcessServices;
  readonly #limits: ConnectionLimits;
  readonly #drainTimeMs: number;
  readonly #entries = new Map<string, ListenerEntry>();
  readonly #warming = new Map<string, WarmingListener>();
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
   * old version then goes on.
   */
  async addOrUpdate(config: ListenerConfig, version: string, addedViaApi: boolean): Promise<boolean> {
    const present = this.#entries.get(config.name);
    if (present !== undefined && sameMessage(present.listener.config.message, config.message)) return false;
    this.#warming.set(config.name, { config, version, addedViaApi, lastUpdated: this.#services.clock.wall() });
    this.#count();
    try {
      await Promise.all(config.chains.map((chain) => chain.ready()));
      if (present !== undefined && sameAddresses(present.listener.config, config)) {
        this.#updateInPlace(present, config, version);
      } else {
        await this.#replace(present, config, version, addedViaApi);
      }
      return true;
    } catch (error) {
      this.stats.listenerCreateFailure.inc();
      for (const chain of config.chains) if (!present?.listener.config.chains.includes(chain)) chain.remove();
      throw error;
    } finally {
      this.#warming.delete(config.name);
      this.#count();
    }
  }

  #updateInPlace(entry: ListenerEntry, config: ListenerConfig, version: string): void {
    const gone = entry.listener.config.chains.filter((chain) => !config.chains.includes(chain));
    entry.listener.replaceConfig(config);
    this.#noteUpdate(entry, version);
    this.stats.listenerInPlaceUpdated.inc();
    this.#drainChains(gone);
    log.info(`listener '${config.name}' updated: ${config.chains.length} filter chains, ${gone.length} drain`);
  }

  #noteUpdate(entry: ListenerEntry, version: string): void {
    entry.version = version;
    entry.lastUpdated = this.#services.clock.wall();
    this.stats.listenerModified.inc();
  }

  async #replace(
    present: ListenerEntry | undefined,
    config: ListenerConfig,
    version: string,
    addedViaApi: boolean,
  ): Promise<void> {
    if (present !== undefined && sameSocketOptions(present.listener.config, config)) {
      const gone = present.listener.config.chains.filter((chain) => !config.chains.includes(chain));
      await present.listener.rebind(config);
      this.#noteUpdate(present, version);
      this.#drainChains(gone);
      log.info(`listener '${config.name}' is now on ${present.listener.localAddresses.join(', ')}`);
      return;
    }
    const listener = new ActiveListener(config, this.#services, this.#limits);
    // A socket made with other options cannot go beside the old one on the same address.
    const overlap = present !== undefined && sharesAddress(present.listener.config, config);
    if (overlap) await present.listener.stopAccepting();
    try {
      await listener.bind();
    } catch (error) {
      if (overlap) await present.listener.bind();
      throw error;
    }
    this.#entries.set(config.name, { listener, version, addedViaApi, lastUpdated: this.#services.clock.wall() });
    this.stats.listenerCreateSuccess.inc();
    if (present === undefined) this.stats.listenerAdded.inc();
    else {
      this.stats.listenerModified.inc();
      await present.listener.stopAccepting();
      this.#drainChains(present.listener.config.chains.filter((chain) => !config.chains.includes(chain)));
    }
    log.info(`listener '${config.name}' on ${listener.localAddresses.join(', ')}`);
  }

  /** Stops accepting; connections have the drain time to end. Returns whether there was such a listener. */
  remove(name: string): boolean {
    const entry = this.#entries.get(name);
    if (entry === undefined) return false;
    this.#entries.delete(name);
    this.stats.listenerRemoved.inc();
    void entry.listener.stopAccepting();
    this.#drainChains(entry.listener.config.chains);
    this.#count();
    log.info(`listener '${name}' removed`);
    return true;
  }

  #drainChains(chains: readonly FilterChain[]): void {
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

function sameSocketOptions(a: ListenerConfig, b: ListenerConfig): boolean {
  return a.reusePort === b.reusePort && a.bindToPort === b.bindToPort && a.backlog === b.backlog;
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

function sharesAddress(a: ListenerConfig, b: ListenerConfig): boolean {
  return a.addresses.some((entry) => b.addresses.some((other) => other.address.text === entry.address.text));
}
