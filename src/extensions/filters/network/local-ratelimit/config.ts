// Owns the way from envoy.extensions.filters.network.local_ratelimit.v3.LocalRateLimit to the filter, and the buckets that
// several filter chains share (share_key).
import type { Message } from '@bufbuild/protobuf';
import { durationMs } from '../../../../base/duration.ts';
import { RuntimeFlag } from '../../../../base/runtime.ts';
import type { LocalRateLimit } from '../../../../generated/envoy/extensions/filters/network/local_ratelimit/v3/local_rate_limit_pb.d.ts';
import type { NetworkFilterConfigFactory, NetworkFilterContext } from '../../../../listener/api.ts';
import { TokenBucket } from '../../../common/rate-limiting/token-bucket.ts';
import { LocalRateLimitFilter } from './filter.ts';

const minFillIntervalMs = 50;

export const factory: NetworkFilterConfigFactory = {
  terminal: false,
  create(message: Message, context) {
    const limit = message as LocalRateLimit;
    const bucket = readBucket(limit, context);
    if (bucket === undefined) return undefined;
    const { services } = context;
    const { runtimeEnabled } = limit;
    const scope = services.stats.scope(`local_rate_limit.${limit.statPrefix}.`);
    const settings = {
      bucket,
      enabled: new RuntimeFlag(
        runtimeEnabled?.defaultValue ?? true,
        runtimeEnabled?.runtimeKey ?? '',
        services.runtime,
      ),
      clock: services.clock,
      rateLimited: scope.counter('rate_limited'),
    };
    return { createFilter: () => new LocalRateLimitFilter(settings), destroy: () => scope.close() };
  },
};

function readBucket(message: LocalRateLimit, { config, services }: NetworkFilterContext): TokenBucket | undefined {
  const { tokenBucket, shareKey } = message;
  // Required by the API's own rules.
  if (tokenBucket === undefined) return undefined;
  const intervalMs = durationMs(tokenBucket.fillInterval, 0);
  if (intervalMs < minFillIntervalMs) {
    const text = `fill_interval of token_bucket must be at least ${minFillIntervalMs} ms`;
    config.error(tokenBucket, 'fill_interval', 'RMR0903', text);
    return undefined;
  }
  const perSecond = ((tokenBucket.tokensPerFill ?? 1) * 1000) / intervalMs;
  const make = (): TokenBucket => new TokenBucket(tokenBucket.maxTokens, perSecond, services.clock.monotonic());
  return shareKey === '' ? make() : sharedBucket(services, `${tokenBucket.maxTokens} ${perSecond} ${shareKey}`, make);
}

/** By process, then by key and numbers. A bucket that no chain needs any more goes with the last of them. */
const shared = new WeakMap<object, Map<string, WeakRef<TokenBucket>>>();

function sharedBucket(process: object, key: string, make: () => TokenBucket): TokenBucket {
  let buckets = shared.get(process);
  if (buckets === undefined) {
    buckets = new Map();
    shared.set(process, buckets);
  }
  const known = buckets.get(key)?.deref();
  if (known !== undefined) return known;
  for (const [old, bucket] of buckets) if (bucket.deref() === undefined) buckets.delete(old);
  const made = make();
  buckets.set(key, new WeakRef(made));
  return made;
}
