// Owns the filter that closes connections at once when they come faster than the bucket fills.
import type { Clock } from '../../../../base/clock.ts';
import type { RuntimeFlag } from '../../../../base/runtime.ts';
import { FilterStatus, type ListenerFilter, type ListenerFilterCallbacks } from '../../../../listener/api.ts';
import type { Counter } from '../../../../observability/stats/api.ts';
import type { TokenBucket } from '../../../common/rate-limiting/token-bucket.ts';

/** Without state of its own: one serves all connections. */
export class LocalRateLimitFilter implements ListenerFilter {
  readonly maxReadBytes = 0;
  readonly #bucket: TokenBucket;
  readonly #clock: Clock;
  readonly #enabled: RuntimeFlag;
  readonly #rateLimited: Counter;

  constructor(bucket: TokenBucket, clock: Clock, enabled: RuntimeFlag, rateLimited: Counter) {
    this.#bucket = bucket;
    this.#clock = clock;
    this.#enabled = enabled;
    this.#rateLimited = rateLimited;
  }

  onAccept(callbacks: ListenerFilterCallbacks): FilterStatus {
    if (!this.#enabled.value || this.#bucket.take(1, this.#clock.monotonic())) return FilterStatus.Continue;
    this.#rateLimited.inc();
    callbacks.close('');
    return FilterStatus.StopIteration;
  }

  onData(): FilterStatus {
    return FilterStatus.Continue;
  }
}
