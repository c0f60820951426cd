// Owns circuit breakers: the limits of one cluster and priority, shared by all its pools, and the gauges that show them.
// https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/circuit_breaking
import type { Runtime } from '../base/runtime.ts';
import type { Gauge, StatsScope } from '../observability/stats/api.ts';
import type { CircuitBreaker, ResourceLimit } from './api.ts';
import type { CircuitBreakerConfig, RetryBudgetConfig } from './cluster-config.ts';

/** What Envoy shows as left of no limit at all: 2^64 - 1, as near as a number comes. */
const unlimitedShown = 2 ** 64;

/** Where the limits of one cluster and priority stand in the runtime: `circuit_breakers.CLUSTER.PRIORITY.` and a name. */
interface RuntimeLimits {
  readonly runtime: Runtime;
  readonly prefix: string;
}

/** A number that its runtime key replaces. The key is put together when it is read: thousands of clusters have ten each. */
class Limit {
  readonly #limits: RuntimeLimits;
  readonly #name: string;
  readonly #configured: number;
  #version = Number.NaN;
  #value = 0;

  constructor(configured: number, name: string, limits: RuntimeLimits) {
    this.#configured = configured;
    this.#name = name;
    this.#limits = limits;
  }

  get value(): number {
    const { runtime, prefix } = this.#limits;
    if (this.#version !== runtime.version) {
      this.#version = runtime.version;
      this.#value = runtime.integer(prefix + this.#name, this.#configured);
    }
    return this.#value;
  }
}

class CountedLimit implements ResourceLimit {
  count = 0;
  readonly #limit: Limit;
  readonly #open: Gauge;
  readonly #remaining: Gauge | null;

  constructor(limit: Limit, open: Gauge, remaining: Gauge | null) {
    this.#limit = limit;
    this.#open = open;
    this.#remaining = remaining;
    remaining?.set(Math.min(unlimitedShown, limit.value));
  }

  get max(): number {
    return this.#limit.value;
  }

  canCreate(): boolean {
    return this.count < this.#limit.value;
  }

  inc(): void {
    this.count++;
    this.#show(this.#limit.value);
  }

  dec(): void {
    this.count--;
    this.#show(this.#limit.value);
  }

  #show(max: number): void {
    this.#open.set(this.count >= max ? 1 : 0);
    this.#remaining?.set(Math.min(unlimitedShown, Math.max(0, max - this.count)));
  }
}

/** Retries as a share of the requests in progress instead of a number (thresholds.retry_budget). */
class RetryBudget implements ResourceLimit {
  count = 0;
  readonly #config: RetryBudgetConfig;
  readonly #limits: RuntimeLimits;
  readonly #least: Limit;
  readonly #requests: ResourceLimit;
  readonly #pending: ResourceLimit;
  readonly #open: Gauge;

  constructor(
    config: RetryBudgetConfig,
    limits: RuntimeLimits,
    requests: ResourceLimit,
    pending: ResourceLimit,
    open: Gauge,
    remaining: Gauge | null,
  ) {
    this.#config = config;
    this.#limits = limits;
    this.#least = new Limit(config.minRetryConcurrency, 'retry_budget.min_retry_concurrency', limits);
    this.#requests = requests;
    this.#pending = pending;
    this.#open = open;
    // As Envoy: what is left of a budget moves with every request and is not shown.
    remaining?.set(0);
  }

  get max(): number {
    const inProgress = this.#requests.count + this.#pending.count;
    const { runtime, prefix } = this.#limits;
    const percent = runtime.number(`${prefix}retry_budget.budget_percent`, this.#config.budgetPercent);
    return Math.max(this.#least.value, Math.floor((inProgress * percent) / 100));
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

/** `scope` is the cluster's; names go under `circuit_breakers.default.` or `.high.`. `cluster` is its name, for the runtime. */
export function createCircuitBreaker(
  config: CircuitBreakerConfig,
  scope: StatsScope,
  priority: 'default' | 'high',
  cluster: string,
  runtime: Runtime,
): CircuitBreaker {
  const prefix = `circuit_breakers.${priority}.`;
  const limits: RuntimeLimits = { runtime, prefix: `circuit_breakers.${cluster}.${priority}.` };
  const remaining = (name: string): Gauge | null =>
    config.trackRemaining ? scope.gauge(`${prefix}remaining_${name}`) : null;
  const limit = (max: number, name: string, open: string, left: string): ResourceLimit =>
    new CountedLimit(new Limit(max, name, limits), scope.gauge(prefix + open), remaining(left));
  const requests = limit(config.maxRequests, 'max_requests', 'rq_open', 'rq');
  const pendingRequests = limit(config.maxPendingRequests, 'max_pending_requests', 'rq_pending_open', 'pending');
  const retryOpen = scope.gauge(`${prefix}rq_retry_open`);
  return {
    connections: limit(config.maxConnections, 'max_connections', 'cx_open', 'cx'),
    connectionPools: limit(config.maxConnectionPools, 'max_connection_pools', 'cx_pool_open', 'cx_pools'),
    pendingRequests,
    requests,
    retries:
      config.retryBudget === null
        ? new CountedLimit(new Limit(config.maxRetries, 'max_retries', limits), retryOpen, remaining('retries'))
        : new RetryBudget(config.retryBudget, limits, requests, pendingRequests, retryOpen, remaining('retries')),
  };
}
