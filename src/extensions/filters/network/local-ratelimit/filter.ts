// Owns the filter that closes connections which come faster than its bucket fills.
import type { Clock } from '../../../../base/clock.ts';
import type { RuntimeFlag } from '../../../../base/runtime.ts';
import { CloseType, FilterStatus, type ReadFilter, type ReadFilterCallbacks } from '../../../../network/api.ts';
import { ResponseFlag } from '../../../../observability/api.ts';
import type { Counter } from '../../../../observability/stats/api.ts';
import type { TokenBucket } from '../../../common/rate-limiting/token-bucket.ts';

export interface LocalRateLimitSettings {
  readonly bucket: TokenBucket;
  readonly enabled: RuntimeFlag;
  readonly clock: Clock;
  readonly rateLimited: Counter;
}

export class LocalRateLimitFilter implements ReadFilter {
  readonly #settings: LocalRateLimitSettings;
  #callbacks!: ReadFilterCallbacks;

  constructor(settings: LocalRateLimitSettings) {
    this.#settings = settings;
  }

  initialize(callbacks: ReadFilterCallbacks): void {
    this.#callbacks = callbacks;
  }

  onNewConnection(): FilterStatus {
    const { bucket, enabled, clock, rateLimited } = this.#settings;
    if (!enabled.value || bucket.take(1, clock.monotonic())) return FilterStatus.Continue;
    rateLimited.inc();
    this.#callbacks.streamInfo.setFlag(ResponseFlag.UpstreamRetryLimitExceeded);
    this.#callbacks.connection.close(CloseType.NoFlush, 'local_ratelimit_close_over_limit');
    return FilterStatus.StopIteration;
  }

  onData(): FilterStatus {
    return FilterStatus.Continue;
  }
}
