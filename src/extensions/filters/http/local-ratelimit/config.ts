// Reads envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit, of the chain and of routes.
import type { Message } from '@bufbuild/protobuf';
import { toByteString } from '../../../../base/byte-string.ts';
import { durationMs } from '../../../../base/duration.ts';
import type { ConfigContext } from '../../../../config/api.ts';
import type { RuntimeFractionalPercent } from '../../../../generated/envoy/config/core/v3/base_pb.d.ts';
import type { LocalRateLimitDescriptor } from '../../../../generated/envoy/extensions/common/ratelimit/v3/ratelimit_pb.d.ts';
import type { LocalRateLimit } from '../../../../generated/envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit_pb.d.ts';
import type { TokenBucket } from '../../../../generated/envoy/type/v3/token_bucket_pb.d.ts';
import type {
  FilterPair,
  HttpFilterConfigFactory,
  HttpFilterFactory,
  RouteFilterContext,
} from '../../../../http/filter/api.ts';
import { Fraction, RuntimeFraction, readRuntimeFraction } from '../../../../matchers/api.ts';
import {
  type RateLimits,
  readRateLimits,
  readRequestHeaderRules,
  readResponseHeaderRules,
} from '../../../../router/api.ts';
import type { ClusterHandle } from '../../../../upstream/api.ts';
import { LocalRateLimitFilter } from './filter.ts';
import type { BucketSettings, DescriptorSettings } from './limiter.ts';
import { Limiters, type LocalRateLimitSettings, localRateLimitStats, type VirtualHostLimits } from './settings.ts';

const defaultStatus = 429;
const resourceExhausted = 8;
const defaultMaxDynamicDescriptors = 20;
const minFillIntervalMs = 50;

export const factory: HttpFilterConfigFactory = {
  terminal: false,
  create(message: Message, { name, disabled, config, services }): HttpFilterFactory {
    const limit = message as LocalRateLimit;
    const settings =
      limit.tokenBucket === undefined
        ? null
        : readSettings(limit, config, {
            clusters: services.clusters,
            runtime: services.runtime,
            clock: services.clock,
            stats: services.stats,
            extensions: services.extensions,
            sourceCluster: services.node.cluster,
            localCluster: services.node.localCluster,
          });
    return {
      name,
      terminal: false,
      disabledByDefault: disabled,
      createFilters: (): FilterPair => {
        const filter = new LocalRateLimitFilter(name, settings);
        return { decoder: filter, encoder: filter };
      },
    };
  },
  readRouteConfig(message: Message, config, context): LocalRateLimitSettings | undefined {
    const limit = message as LocalRateLimit;
    if (limit.tokenBucket !== undefined) return readSettings(limit, config, context);
    config.error(limit, 'token_bucket', 'RMR0700', 'Routes must set token_bucket');
    return undefined;
  },
};

function readSettings(
  message: LocalRateLimit,
  config: ConfigContext,
  context: RouteFilterContext,
): LocalRateLimitSettings {
  refuseTwins(message, config);
  const status = message.status?.code ?? defaultStatus;
  const settings = {
    bucket: message.tokenBucket === undefined ? null : readBucket(message.tokenBucket, config),
    descriptors: message.descriptors.map((descriptor) => readDescriptor(descriptor, config)),
    maxDynamicDescriptors: message.maxDynamicDescriptors ?? defaultMaxDynamicDescriptors,
    alwaysConsumeDefault: message.alwaysConsumeDefaultTokenBucket ?? true,
    sharedWith: readSharedWith(message, config, context),
  };
  return {
    stats: localRateLimitStats(context.stats, message.statPrefix),
    enabled: fractionOr(message.filterEnabled, context),
    enforced: fractionOr(message.filterEnforced, context),
    status: status >= 400 ? status : defaultStatus,
    grpcStatus: message.rateLimitedAsResourceExhausted ? resourceExhausted : null,
    requestRules: readRequestHeaderRules(message.requestHeadersToAddWhenNotEnforced, [], config),
    responseRules: readResponseHeaderRules(message.responseHeadersToAdd, config),
    stage: message.stage,
    rateLimits: readOwnRateLimits(message, config, context),
    virtualHostLimits: message.vhRateLimits as VirtualHostLimits,
    xRateLimitHeaders: Number(message.enableXRatelimitHeaders) === 1,
    retryAfterHeader: message.enableRetryAfterHeader,
    limiters: new Limiters(settings, message.localRateLimitPerDownstreamConnection, context.clock),
  };
}

/** The local cluster, where its members share the tokens. */
function readSharedWith(
  message: LocalRateLimit,
  config: ConfigContext,
  { clusters, localCluster }: RouteFilterContext,
): ClusterHandle | null {
  if (message.localClusterRateLimit === undefined) return null;
  const refuse = (words: string): null => {
    config.error(message, 'local_cluster_rate_limit', 'RMR0700', words);
    return null;
  };
  if (message.localRateLimitPerDownstreamConnection) {
    return refuse('tokens of one connection cannot be shared with other processes');
  }
  if (localCluster === '') {
    return refuse('cluster_manager.local_cluster_name must say whose members share the tokens');
  }
  return clusters.handle(localCluster);
}

/** As Envoy: of these, unlike those of routes, the ones meant for the end of the stream are never asked. */
function readOwnRateLimits(
  { rateLimits }: LocalRateLimit,
  config: ConfigContext,
  { runtime, sourceCluster }: RouteFilterContext,
): RateLimits | null {
  if (rateLimits.length === 0) return null;
  for (const limit of rateLimits) {
    const field = limit.stage !== undefined ? 'stage' : limit.disableKey !== '' ? 'disable_key' : 'limit';
    if (field === 'limit' && limit.limit === undefined) continue;
    config.error(limit, field, 'RMR0700', `${field} has no place in a rate limit of the filter itself`);
  }
  return readRateLimits(rateLimits, { runtime, sourceCluster }, config).filter((limit) => !limit.applyOnStreamDone);
}

/** Of two buckets for the same entries the second would never be asked. */
function refuseTwins({ descriptors }: LocalRateLimit, config: ConfigContext): void {
  const seen = new Set<string>();
  for (const descriptor of descriptors) {
    const entries = descriptor.entries.map(({ key, value }) => `${key}=${value}`).join(', ');
    if (seen.has(entries))
      config.error(descriptor, 'entries', 'RMR0700', `two descriptors have the entries ${entries}`);
    seen.add(entries);
  }
}

/** Without the field: no request. */
function fractionOr(message: RuntimeFractionalPercent | undefined, { runtime }: RouteFilterContext): RuntimeFraction {
  return message === undefined
    ? new RuntimeFraction(new Fraction(0, 0), '', runtime)
    : readRuntimeFraction(message, runtime);
}

function readBucket(message: TokenBucket, config: ConfigContext): BucketSettings {
  const intervalMs = durationMs(message.fillInterval, 0);
  if (intervalMs < minFillIntervalMs) {
    config.error(message, 'fill_interval', 'RMR0700', `fill_interval must be at least ${minFillIntervalMs} ms`);
    return { maxTokens: message.maxTokens, tokensPerSecond: 1 };
  }
  return { maxTokens: message.maxTokens, tokensPerSecond: ((message.tokensPerFill ?? 1) * 1000) / intervalMs };
}

function readDescriptor(message: LocalRateLimitDescriptor, config: ConfigContext): DescriptorSettings {
  return {
    entries: message.entries.map(({ key, value }) => ({ key, value: toByteString(value) })),
    // Required by the API's own rules.
    bucket:
      message.tokenBucket === undefined
        ? { maxTokens: 1, tokensPerSecond: 1 }
        : readBucket(message.tokenBucket, config),
    shadowMode: message.shadowMode,
  };
}
