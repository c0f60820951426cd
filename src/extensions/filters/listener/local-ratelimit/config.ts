// Reads envoy.extensions.filters.listener.local_ratelimit.v3.LocalRateLimit.
import type { Message } from '@bufbuild/protobuf';
import { durationMs } from '../../../../base/duration.ts';
import { RuntimeFlag } from '../../../../base/runtime.ts';
import type { LocalRateLimit } from '../../../../generated/envoy/extensions/filters/listener/local_ratelimit/v3/local_ratelimit_pb.d.ts';
import type { ListenerFilterConfigFactory, ListenerFilterFactory } from '../../../../listener/api.ts';
import { TokenBucket } from '../../../common/rate-limiting/token-bucket.ts';
import { LocalRateLimitFilter } from './filter.ts';

const minFillIntervalMs = 50;

export const factory: ListenerFilterConfigFactory = {
  create(message: Message, { config, services }): ListenerFilterFactory | undefined {
    const { statPrefix, tokenBucket, runtimeEnabled } = message as LocalRateLimit;
    // The API's own rules require it.
    if (tokenBucket === undefined) return undefined;
    const intervalMs = durationMs(tokenBucket.fillInterval, 0);
    if (intervalMs < minFillIntervalMs) {
      const text = `fill_interval must be at least ${minFillIntervalMs} ms`;
      config.error(tokenBucket, 'fill_interval', 'RMR0700', text);
      return undefined;
    }
    const { clock, runtime, stats } = services;
    const perSecond = ((tokenBucket.tokensPerFill ?? 1) * 1000) / intervalMs;
    const filter = new LocalRateLimitFilter(
      new TokenBucket(tokenBucket.maxTokens, perSecond, clock.monotonic()),
      clock,
      new RuntimeFlag(runtimeEnabled?.defaultValue ?? true, runtimeEnabled?.runtimeKey ?? '', runtime),
      stats.scope(`listener_local_ratelimit.${statPrefix}.`).counter('rate_limited'),
    );
    return { createFilter: () => filter };
  },
};
