// Owns the names that requests have asked for, with their addresses, up to a limit: what the filters put in is what the
// clusters of the same cache choose from. Nothing that a client sends makes it larger than `maxHosts`.
import { AddressFilter } from './address-filter.ts';
import { type Authority, readAuthority } from './authority.ts';
import { CachedHost, type CachedHostOwner } from './cached-host.ts';
import type { DnsCacheSettings } from './settings.ts';
import { DnsCacheStats } from './stats.ts';
import type { CacheWorld } from './world.ts';

/** A cluster, which has the names with addresses as its hosts. */
export interface CacheFollower {
  onHostAddresses(host: CachedHost): void;
  onHostRemoved(host: CachedHost): void;
}

export class DnsCache implements CachedHostOwner {
  readonly settings: DnsCacheSettings;
  readonly world: CacheWorld;
  readonly stats: DnsCacheStats;
  readonly filter: AddressFilter | null;
  readonly #hosts = new Map<string, CachedHost>();
  readonly #followers = new Set<CacheFollower>();
  #pending = 0;

  constructor(settings: DnsCacheSettings, world: CacheWorld) {
    this.settings = settings;
    this.world = world;
    this.filter = settings.denied === null ? null : new AddressFilter(settings.denied);
    this.stats = new DnsCacheStats(world.rootStats.scope(`dns_cache.${settings.name}.`));
    this.#showPending();
    for (const { host, port } of settings.preresolve) {
      const authority = readAuthority(host, port);
      if (!this.#hosts.has(authority.key)) this.#add(authority);
    }
  }

  /** Those that are known; also without addresses. */
  hosts(): IterableIterator<CachedHost> {
    return this.#hosts.values();
  }

  find(key: string): CachedHost | null {
    return this.#hosts.get(key) ?? null;
  }

  /** Known, or asked for from now on; null, and counted, where there is no room. */
  load(authority: Authority): CachedHost | null {
    const known = this.#hosts.get(authority.key);
    if (known !== undefined) {
      known.touch();
      return known;
    }
    if (this.#hosts.size >= this.settings.maxHosts) {
      this.stats.hostOverflow.inc();
      return null;
    }
    return this.#add(authority);
  }

  #add(authority: Authority): CachedHost {
    const host = new CachedHost(authority, this);
    this.#hosts.set(host.key, host);
    this.stats.hostAdded.inc();
    this.stats.numHosts.inc();
    host.resolve();
    return host;
  }

  remove(host: CachedHost): void {
    if (!this.#hosts.delete(host.key)) return;
    host.stop();
    this.stats.hostRemoved.inc();
    this.stats.numHosts.dec();
    for (const follower of this.#followers) follower.onHostRemoved(host);
  }

  onAddresses(host: CachedHost): void {
    for (const follower of this.#followers) follower.onHostAddresses(host);
  }

  follow(follower: CacheFollower): void {
    this.#followers.add(follower);
  }

  unfollow(follower: CacheFollower): void {
    this.#followers.delete(follower);
  }

  // --- circuit breaker -----------------------------------------------------------------------------------------------

  /** A request may wait for a name; else false, and counted. Each true needs its `releasePending`. */
  acquirePending(): boolean {
    if (this.#pending >= this.settings.maxPending) {
      this.stats.dnsRqPendingOverflow.inc();
      return false;
    }
    this.#pending++;
    this.#showPending();
    return true;
  }

  releasePending(): void {
    this.#pending--;
    this.#showPending();
  }

  #showPending(): void {
    const { maxPending } = this.settings;
    this.stats.rqPendingOpen.set(this.#pending >= maxPending ? 1 : 0);
    this.stats.rqPendingRemaining.set(Math.max(0, maxPending - this.#pending));
  }
}
