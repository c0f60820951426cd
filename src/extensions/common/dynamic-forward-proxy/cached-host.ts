// Owns one name of a DNS cache: its query, its addresses, and when it is asked for again or goes.

import { type Address, ipAddress } from '../../../base/address.ts';
import { contain } from '../../../base/assert.ts';
import type { Timer, TimerHandler } from '../../../base/timers.ts';
import type { DnsAddress, DnsResolution } from '../../../upstream/cluster-type/api.ts';
import type { AddressFilter } from './address-filter.ts';
import type { Authority } from './authority.ts';
import type { DnsCacheSettings } from './settings.ts';
import type { DnsCacheStats } from './stats.ts';
import type { CacheWorld } from './world.ts';

/** Waits for the first answer. */
export interface HostWaiter {
  /** Once; `host` has addresses, or says in `failure` why it has none. */
  onHostResolved(host: CachedHost): void;
}

/** What a name asks of its cache. */
export interface CachedHostOwner {
  readonly settings: DnsCacheSettings;
  readonly world: CacheWorld;
  readonly stats: DnsCacheStats;
  /** Null: all addresses are good. */
  readonly filter: AddressFilter | null;
  /** Its addresses are others than before. */
  onAddresses(host: CachedHost): void;
  /** Its time is over. */
  remove(host: CachedHost): void;
}

/** As response-code details. */
export function failureDetails({ failure }: CachedHost): string {
  return failure === '' ? 'dns_resolution_failure' : `dns_resolution_failure{${failure.replaceAll(' ', '_')}}`;
}

export class CachedHost implements TimerHandler {
  readonly key: string;
  readonly name: string;
  readonly port: number;
  /** In order of preference; empty: none known. */
  addresses: readonly Address[] = [];
  /** The first query has ended, with addresses or without. */
  resolved = false;
  /** As Envoy's response-code details have it; empty where there are addresses. */
  failure = '';
  readonly #owner: CachedHostOwner;
  /** Monotonic milliseconds. */
  #lastUsed: number;
  #query: { cancel(): void } | null = null;
  #timeout: Timer | null = null;
  #refresh: Timer | null = null;
  #failures = 0;
  #removed = false;
  readonly #waiters = new Set<HostWaiter>();

  constructor({ key, name, port }: Authority, owner: CachedHostOwner) {
    this.key = key;
    this.name = name;
    this.port = port;
    this.#owner = owner;
    this.#lastUsed = owner.world.clock.monotonic();
  }

  /** It is in use. */
  touch(): void {
    this.#lastUsed = this.#owner.world.clock.monotonic();
  }

  wait(waiter: HostWaiter): void {
    this.#waiters.add(waiter);
  }

  stopWaiting(waiter: HostWaiter): void {
    this.#waiters.delete(waiter);
  }

  /** Never calls back before it returns. */
  resolve(): void {
    const { settings, world, stats } = this.#owner;
    stats.dnsQueryAttempt.inc();
    if (settings.queryTimeoutMs > 0) this.#timeout = world.timers.schedule(settings.queryTimeoutMs, this);
    this.#query = world.dnsResolver(settings.resolver).resolve(this.name, settings.family, this);
  }

  stop(): void {
    this.#removed = true;
    this.#query?.cancel();
    this.#timeout?.cancel();
    this.#refresh?.cancel();
  }

  onTimer(timer: Timer): void {
    if (timer === this.#timeout) {
      this.#owner.stats.dnsQueryTimeout.inc();
      this.#query?.cancel();
      this.#finish({ status: 'failure', details: 'no answer in time', code: 'resolve_timeout' });
      return;
    }
    const { settings, world } = this.#owner;
    if (world.clock.monotonic() - this.#lastUsed > settings.hostTtlMs) this.#owner.remove(this);
    else this.resolve();
  }

  onResolved(resolution: DnsResolution): void {
    this.#timeout?.cancel();
    this.#finish(resolution);
  }

  #finish(resolution: DnsResolution): void {
    this.#query = null;
    const { stats, settings } = this.#owner;
    const completed = resolution.status === 'completed';
    (completed ? stats.dnsQuerySuccess : stats.dnsQueryFailure).inc();
    // No addresses and no answer alike: what was known stays good.
    const found = completed ? resolution.addresses : [];
    const allowed = found.length === 0 ? found : this.#allowed(found);
    if (allowed.length > 0) this.#take(allowed);
    else if (this.addresses.length === 0)
      this.failure = found.length > 0 ? 'address_denied' : (resolution.code ?? resolution.details);
    this.resolved = true;
    this.#tellWaiters();
    if (this.#removed) return;
    if (!completed && !settings.refreshOnFailure) this.#owner.remove(this);
    else this.#refresh = this.#owner.world.timers.schedule(this.#delay(resolution), this);
  }

  #allowed(answer: readonly DnsAddress[]): readonly DnsAddress[] {
    const { filter, stats } = this.#owner;
    if (filter === null) return answer;
    const allowed = answer.filter(({ address }) => !filter.denies(address));
    stats.dnsAddressFilterOut.add(answer.length - allowed.length);
    return allowed;
  }

  #take(answer: readonly DnsAddress[]): void {
    const { stats, settings } = this.#owner;
    const known = settings.family === 'all' ? answer : answer.slice(0, 1);
    const addresses = known.map(({ address }) => ipAddress(address, this.port));
    if (addresses[0]?.text === this.addresses[0]?.text && addresses.length === this.addresses.length) return;
    if (addresses[0]?.text !== this.addresses[0]?.text) stats.hostAddressChanged.inc();
    this.addresses = addresses;
    this.failure = '';
    this.#owner.onAddresses(this);
  }

  #tellWaiters(): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) {
      try {
        waiter.onHostResolved(this);
      } catch (error) {
        contain(`what waited for the name ${this.name}`, error);
      }
    }
  }

  #delay(resolution: DnsResolution): number {
    const { settings, world } = this.#owner;
    if (resolution.status === 'completed') {
      this.#failures = 0;
      const [first] = resolution.addresses;
      return first === undefined ? settings.refreshMs : Math.max(first.ttl * 1000, settings.minRefreshMs);
    }
    const back = settings.failureRefresh;
    if (back === null) return settings.refreshMs;
    const ceiling = Math.min(back.maxMs, back.baseMs * 2 ** Math.min(this.#failures++, 30));
    return Math.max(1, world.random.fraction() * ceiling);
  }
}
