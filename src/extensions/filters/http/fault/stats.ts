// Owns the filter's statistics: `http.PREFIX.fault.*`, and `http.PREFIX.fault.SERVICE.*` for calling services.
import type { Counter, Gauge, StatsScope } from '../../../../observability/stats/api.ts';

/** The names come from a request header: no more of them than this are counted on their own. */
const maxServices = 1000;

export class FaultStats {
  readonly abortsInjected: Counter;
  readonly delaysInjected: Counter;
  readonly faultsOverflow: Counter;
  readonly responseRateLimitsInjected: Counter;
  readonly activeFaults: Gauge;
  readonly #scope: StatsScope;
  readonly #services = new Set<string>();

  /** `scope` is `http.PREFIX.`. */
  constructor(scope: StatsScope) {
    this.#scope = scope.scope('fault.');
    this.abortsInjected = this.#scope.counter('aborts_injected');
    this.delaysInjected = this.#scope.counter('delays_injected');
    this.faultsOverflow = this.#scope.counter('faults_overflow');
    this.responseRateLimitsInjected = this.#scope.counter('response_rl_injected');
    this.activeFaults = this.#scope.gauge('active_faults');
  }

  countForService(service: string, name: 'aborts_injected' | 'delays_injected'): void {
    if (!this.#services.has(service)) {
      if (this.#services.size >= maxServices) return;
      this.#services.add(service);
    }
    this.#scope.counter(`${service}.${name}`).inc();
  }
}
