// Owns the resolution of one name again and again: when the next query is due after an answer, after a failure.
import { contain } from '../../../base/assert.ts';
import type { Timer, TimerHandler } from '../../../base/timers.ts';
import type { DnsResolution, HostSourceContext } from '../../../upstream/cluster-type/api.ts';
import type { DnsClusterConfig } from './config.ts';

export interface RefreshOwner {
  /** `addresses` may be empty. Returns false when it is no use: counted and repeated as a failure. */
  onAddresses(refresh: DnsRefresh, resolution: Extract<DnsResolution, { status: 'completed' }>): boolean;
  onFailure(refresh: DnsRefresh, details: string): void;
}

export class DnsRefresh implements TimerHandler {
  readonly name: string;
  readonly #config: DnsClusterConfig;
  readonly #context: HostSourceContext;
  readonly #owner: RefreshOwner;
  #query: { cancel(): void } | null = null;
  #timer: Timer | null = null;
  #failures = 0;
  #stopped = false;

  constructor(name: string, config: DnsClusterConfig, context: HostSourceContext, owner: RefreshOwner) {
    this.name = name;
    this.#config = config;
    this.#context = context;
    this.#owner = owner;
  }

  start(): void {
    this.#context.stats.updateAttempt.inc();
    this.#query = this.#context.dnsResolver(this.#config.resolver).resolve(this.name, this.#config.family, this);
  }

  stop(): void {
    this.#stopped = true;
    this.#query?.cancel();
    this.#timer?.cancel();
  }

  onTimer(): void {
    this.#timer = null;
    this.start();
  }

  onResolved(resolution: DnsResolution): void {
    this.#query = null;
    const useful = this.#isUseful(resolution);
    if (useful) {
      this.#failures = 0;
      this.#context.stats.updateSuccess.inc();
    } else {
      this.#context.stats.updateFailure.inc();
      this.#tellFailure(resolution.details);
    }
    // The owner may have been stopped by what it did with the answer.
    if (this.#stopped) return;
    const delay = useful ? this.#afterSuccess(resolution) : this.#afterFailure();
    this.#timer = this.#context.timers.schedule(delay, this);
  }

  /** A resolver calls from an event of its own: what is thrown here would end the refreshes of this name for good. */
  #isUseful(resolution: DnsResolution): resolution is Extract<DnsResolution, { status: 'completed' }> {
    try {
      if (resolution.status === 'completed') return this.#owner.onAddresses(this, resolution);
    } catch (error) {
      contain(`the DNS answer for ${this.name}`, error);
    }
    return false;
  }

  #tellFailure(details: string): void {
    try {
      this.#owner.onFailure(this, details);
    } catch (error) {
      contain(`the DNS answer for ${this.name}`, error);
    }
  }

  #afterSuccess(resolution: Extract<DnsResolution, { status: 'completed' }>): number {
    const config = this.#config;
    let delay = config.refreshMs;
    if (config.respectTtl && resolution.addresses.length > 0) {
      const ttl = Math.min(...resolution.addresses.map((address) => address.ttl)) * 1000;
      if (ttl > 0) delay = Math.max(ttl, config.minRefreshMs);
    }
    return config.jitterMs > 0 ? delay + this.#context.random.fraction() * config.jitterMs : delay;
  }

  /** Fully jittered exponential back-off, as Envoy's. */
  #afterFailure(): number {
    const back = this.#config.failureRefresh;
    if (back === null) return this.#config.refreshMs;
    const ceiling = Math.min(back.maxMs, back.baseMs * 2 ** Math.min(this.#failures++, 30));
    return Math.max(1, this.#context.random.fraction() * ceiling);
  }
}
