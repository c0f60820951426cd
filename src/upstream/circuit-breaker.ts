// Owns circuit breakers: the limits of one cluster and priority, shared by all its pools, and the gauges that show them.
// https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/circuit_breaking
import type { Gauge, StatsScope } from '../observability/stats/api.ts';
import type { CircuitBreaker, ResourceLimit } from './api.ts';
import type { CircuitBreakerConfig, RetryBudgetConfig } from './cluster-config.ts';

/** What Envoy shows as left of no limit at all: 2^64 - 1, as near as a number comes. */
const unlimitedShown = 2 ** 64;

class CountedLimit implements ResourceLimit {
  readonly max: number;
  count = 0;
  readonly #open: Gauge;
  readonly #remaining: Gauge | null;

  constructor(max: number, open: Gauge, remaining: Gauge | null) {
    this.max = max;
    this.#open = open;
    this.#remaining = remaining;
    remaining?.set(Math.min(unlimitedShown, max));
  }

  canCreate(): boolean {
    return this.count < this.max;
  }

  inc(): void {
    this.count++;
    if (this.count === this.max) this.#open.set(1);
    this.#remaining?.set(Math.min(unlimitedShown, Math.max(0, this.max - this.count)));
  }

  dec(): void {
    this.count--;
    if (this.count === this.max - 1) this.#open.set(0);
    this.#remaining?.set(Math.min(unlimitedShown, Math.max(0, this.max - this.count)));
  }
}

/** Retries as a share of the requests in progress instead of a number (thresholds.retry_budget). */
class RetryBudget implements ResourceLimit {
  count = 0;
  readonly #config: RetryBudgetConfig;
  readonly #requests: ResourceLimit;
  readonly #pending: ResourceLimit;
  readonly #open: Gauge;

  constructor(
    config: RetryBudgetConfig,
    requests: ResourceLimit,
    pending: ResourceLimit,
    open: Gauge,
    remaining: Gauge | null,
  ) {
    this.#config = config;
    this.#requests = requests;
    this.#pending = pending;
    this.#open = open;
    // As Envoy: what is left of a budget moves with every request and is not shown.
    remaining?.set(0);
  }

  get max(): number {
    const inProgress = this.#requests.count + this.#pending.count;
    return Math.max(this.#config.minRetryConcurrency, Math.floor((inProgress * this.#config.budgetPercent) / 100));
  }

  canCreate(): boolean {
    return this.count < this.max;
  }

  inc(): void {
    this.count++;
    this.#show();
  }

  dec(): void {
    this.count--;
    this.#show();
  }

  #show(): void {
    this.#open.set(this.count >= this.max ? 1 : 0);
  }
}

/** `scope` is the cluster's; names go under `circuit_breakers.default.` or `.high.`. */
export function createCircuitBreaker(
  config: CircuitBreakerConfig,
  scope: StatsScope,
  priority: 'default' | 'high',
): CircuitBreaker {
  const prefix = `circuit_breakers.${priority}.`;
  const remaining = (name: string): Gauge | null =>
    config.trackRemaining ? scope.gauge(`${prefix}remaining_${name}`) : null;
  const limit = (max: number, open: string, left: string): ResourceLimit =>
    new CountedLimit(max, scope.gauge(prefix + open), remaining(left));
  const requests = limit(config.maxRequests, 'rq_open', 'rq');
  const pendingRequests = limit(config.maxPendingRequests, 'rq_pending_open', 'pending');
  const retryOpen = scope.gauge(`${prefix}rq_retry_open`);
  return {
    connections: limit(config.maxConnections, 'cx_open', 'cx'),
    connectionPools: limit(config.maxConnectionPools, 'cx_pool_open', 'cx_pools'),
    pendingRequests,
    requests,
    retries:
      config.retryBudget === null
        ? new CountedLimit(config.maxRetries, retryOpen, remaining('retries'))
        : new RetryBudget(config.retryBudget, requests, pendingRequests, retryOpen, remaining('retries')),
  };
}
