// The extension `envoy.filters.http.cors`: reads policies, both the filter's own message and the deprecated one that
// virtual hosts and routes carry in their field `cors`.
import type { Message } from '@bufbuild/protobuf';
import type { ConfigContext } from '../../../../config/api.ts';
import type { RuntimeFractionalPercent } from '../../../../generated/envoy/config/core/v3/base_pb.d.ts';
import type { CorsPolicy as DeprecatedPolicy } from '../../../../generated/envoy/config/route/v3/route_components_pb.d.ts';
import type { CorsPolicy as PolicyMessage } from '../../../../generated/envoy/extensions/filters/http/cors/v3/cors_pb.d.ts';
import type {
  FilterPair,
  HttpFilterConfigFactory,
  HttpFilterFactory,
  RouteFilterContext,
} from '../../../../http/filter/api.ts';
import { readRuntimeFraction, readStringMatcher, type StringMatcher } from '../../../../matchers/api.ts';
import { CorsFilter } from './filter.ts';
import type { CorsPolicy } from './policy.ts';
import { corsStats } from './stats.ts';

export const factory: HttpFilterConfigFactory = {
  terminal: false,
  create(_message: Message, context): HttpFilterFactory {
    const stats = corsStats(context.scope);
    return {
      name: context.name,
      terminal: false,
      disabledByDefault: context.disabled,
      createFilters: (): FilterPair => {
        const filter = new CorsFilter(stats);
        return { decoder: filter, encoder: filter };
      },
    };
  },
  readRouteConfig(message: Message, config, context): CorsPolicy {
    const policy = message as PolicyMessage | DeprecatedPolicy;
    const enabled = 'enabledSpecifier' in policy ? policy.enabledSpecifier.value : policy.filterEnabled;
    return readPolicy(policy, enabled, config, context);
  },
};

function readPolicy(
  message: PolicyMessage | DeprecatedPolicy,
  enabled: RuntimeFractionalPercent | undefined,
  config: ConfigContext,
  context: RouteFilterContext,
): CorsPolicy {
  const origins = message.allowOriginStringMatch
    .map((matcher) => readStringMatcher(matcher, config))
    .filter((matcher): matcher is StringMatcher => matcher !== undefined);
  const fraction = (share: RuntimeFractionalPercent | undefined) =>
    share === undefined ? null : readRuntimeFraction(share, context.runtime);
  return {
    allowOrigins: message.allowOriginStringMatch.length === 0 ? null : origins,
    allowMethods: message.allowMethods,
    allowHeaders: message.allowHeaders,
    exposeHeaders: message.exposeHeaders,
    maxAge: message.maxAge,
    allowCredentials: message.allowCredentials,
    allowPrivateNetworkAccess: message.allowPrivateNetworkAccess,
    forwardNotMatchingPreflights: message.forwardNotMatchingPreflights,
    enabled: fraction(enabled),
    shadow: fraction(message.shadowEnabled),
  };
}
