// What one configuration of the filter, in the chain or of a route, has the filter do.
import type { Clock } from '../../../../base/clock.ts';
import type { RuntimeFraction } from '../../../../matchers/api.ts';
import type { Connection } from '../../../../network/api.ts';
import type { Counter, StatsScope } from '../../../../observability/stats/api.ts';
import type { HeaderRules, RateLimits } from '../../../../router/api.ts';
import { type LimiterSettings, LocalRateLimiter } from './limiter.ts';

/** envoy.extensions.common.ratelimit.v3.VhRateLimitsOptions. */
export const VirtualHostLimits = { Override: 0, Include: 1, Ignore: 2 } as const;
export type VirtualHostLimits = (typeof VirtualHostLimits)[keyof typeof VirtualHostLimits];

export interface LocalRateLimitStats {
  readonly enabled: Counter;
  readonly enforced: Counter;
  readonly ok: Counter;
  readonly rateLimited: Counter;
}

export function localRateLimitStats(root: StatsScope, prefix: string): LocalRateLimitStats {
  const scope = root.scope(`${prefix}.http_local_rate_limit.`);
  return {
    enabled: scope.counter('enabled'),
    enforced: scope.counter('enforced'),
    ok: scope.counter('ok'),
    rateLimited: scope.counter('rate_limited'),
  };
}

export interface LocalRateLimitSettings {
  readonly stats: LocalRateLimitStats;
  readonly enabled: RuntimeFraction;
  readonly enforced: RuntimeFraction;
  readonly status: number;
  /** Null: the one that goes with the status. */
  readonly grpcStatus: number | null;
  readonly requestRules: HeaderRules | null;
  readonly responseRules: HeaderRules | null;
  readonly stage: number;
  /** The filter's own, in the place of the route's; null: those of the route. */
  readonly rateLimits: RateLimits | null;
  readonly virtualHostLimits: VirtualHostLimits;
  readonly xRateLimitHeaders: boolean;
  readonly retryAfterHeader: boolean;
  readonly limiters: Limiters;
}

/** The buckets: one set for all, or one for each connection. */
export class Limiters {
  readonly #settings: LimiterSettings;
  readonly #clock: Clock;
  readonly #shared: LocalRateLimiter | null;
  readonly #byConnection = new WeakMap<Connection, LocalRateLimiter>();

  constructor(settings: LimiterSettings, perConnection: boolean, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
    this.#shared = perConnection ? null : new LocalRateLimiter(settings, clock);
  }

  of(connection: Connection): LocalRateLimiter {
    if (this.#shared !== null) return this.#shared;
    let own = this.#byConnection.get(connection);
    if (own === undefined) {
      own = new LocalRateLimiter(this.#settings, this.#clock);
      this.#byConnection.set(connection, own);
    }
    return own;
  }
}
