// The extension `envoy.filters.http.csrf`: reads CsrfPolicy, the message of the filter and of routes alike.
import type { Message } from '@bufbuild/protobuf';
import type { ConfigContext } from '../../../../config/api.ts';
import type { RuntimeFractionalPercent } from '../../../../generated/envoy/config/core/v3/base_pb.d.ts';
import type { CsrfPolicy as CsrfPolicyMessage } from '../../../../generated/envoy/extensions/filters/http/csrf/v3/csrf_pb.d.ts';
import type {
  FilterPair,
  HttpFilterConfigFactory,
  HttpFilterFactory,
  RouteFilterContext,
} from '../../../../http/filter/api.ts';
import { readRuntimeFraction, readStringMatcher, type StringMatcher } from '../../../../matchers/api.ts';
import { CsrfFilter, type CsrfPolicy } from './filter.ts';
import { csrfStats } from './stats.ts';

export const factory: HttpFilterConfigFactory = {
  terminal: false,
  create(message: Message, context): HttpFilterFactory {
    const policy = readPolicy(message as CsrfPolicyMessage, context.config, context.services);
    const stats = csrfStats(context.scope);
    return {
      name: context.name,
      terminal: false,
      disabledByDefault: context.disabled,
      createFilters: (): FilterPair => ({ decoder: new CsrfFilter(policy, stats), encoder: null }),
    };
  },
  readRouteConfig: (message: Message, config, context) => readPolicy(message as CsrfPolicyMessage, config, context),
};

function readPolicy(
  message: CsrfPolicyMessage,
  config: ConfigContext,
  { runtime }: Pick<RouteFilterContext, 'runtime'>,
): CsrfPolicy {
  const fraction = (share: RuntimeFractionalPercent | undefined) =>
    share === undefined ? null : readRuntimeFraction(share, runtime);
  return {
    enabled: fraction(message.filterEnabled),
    shadow: fraction(message.shadowEnabled),
    additionalOrigins: message.additionalOrigins
      .map((matcher) => readStringMatcher(matcher, config))
      .filter((matcher): matcher is StringMatcher => matcher !== undefined),
  };
}
