// Owns the conversion of circuit breakers.
import type {
  CircuitBreakers,
  CircuitBreakers_Thresholds,
} from '../generated/envoy/config/cluster/v3/circuit_breaker_pb.d.ts';
import type { CircuitBreakerConfig } from './cluster-config.ts';

const unlimited = 0xffffffff;
const [DEFAULT, HIGH] = [0, 1];

/** The first thresholds of a priority count, as in Envoy. */
export function readCircuitBreakers(
  message: CircuitBreakers | undefined,
): readonly [CircuitBreakerConfig, CircuitBreakerConfig] {
  const find = (priority: number) => message?.thresholds.find((threshold) => threshold.priority === priority);
  return [readThresholds(find(DEFAULT)), readThresholds(find(HIGH))];
}

export function readMaxConnectionsPerHost(message: CircuitBreakers | undefined): number {
  return message?.perHostThresholds.find((threshold) => threshold.priority === DEFAULT)?.maxConnections ?? unlimited;
}

function readThresholds(message: CircuitBreakers_Thresholds | undefined): CircuitBreakerConfig {
  const budget = message?.retryBudget;
  return {
    maxConnections: message?.maxConnections ?? 1024,
    maxPendingRequests: message?.maxPendingRequests ?? 1024,
    maxRequests: message?.maxRequests ?? 1024,
    maxRetries: message?.maxRetries ?? 3,
    maxConnectionPools: message?.maxConnectionPools ?? Number.POSITIVE_INFINITY,
    retryBudget:
      budget === undefined
        ? null
        : {
            budgetPercent: budget.budgetPercent?.value ?? 20,
            minRetryConcurrency: budget.minRetryConcurrency ?? 3,
          },
    trackRemaining: message?.trackRemaining ?? false,
  };
}
