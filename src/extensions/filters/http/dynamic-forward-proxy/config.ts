// Owns the way from envoy.extensions.filters.http.dynamic_forward_proxy.v3.FilterConfig, and PerRouteConfig, to the filter.
import type { Message } from '@bufbuild/protobuf';
import type {
  FilterConfig,
  PerRouteConfig,
} from '../../../../generated/envoy/extensions/filters/http/dynamic_forward_proxy/v3/dynamic_forward_proxy_pb.d.ts';
import type { FilterPair, HttpFilterConfigFactory } from '../../../../http/filter/api.ts';
import { headerName } from '../../../../http/headers/api.ts';
import { readDnsCache } from '../../../common/dynamic-forward-proxy/config.ts';
import { sharedDnsCache } from '../../../common/dynamic-forward-proxy/dns-caches.ts';
import { worldOf } from '../../../common/dynamic-forward-proxy/world.ts';
import { DynamicForwardProxyFilter, type DynamicForwardProxySettings, type HostRewrite } from './filter.ts';

export const factory: HttpFilterConfigFactory = {
  terminal: false,
  create(message: Message, context) {
    const { implementationSpecifier, saveUpstreamAddress, allowDynamicHostFromFilterState } = message as FilterConfig;
    if (implementationSpecifier.case === 'subClusterConfig') return undefined;
    const cache = readDnsCache(implementationSpecifier.value, message, context.config, 'RMR0700');
    if (cache === undefined) return undefined;
    const world = worldOf(context.services);
    let settings: DynamicForwardProxySettings | null = null;
    return {
      name: context.name,
      terminal: false,
      disabledByDefault: context.disabled,
      createFilters: (): FilterPair => {
        // A configuration that is only looked at resolves nothing.
        settings ??= {
          cache: sharedDnsCache(cache, world),
          saveAddress: saveUpstreamAddress,
          hostFromFilterState: allowDynamicHostFromFilterState,
        };
        return { decoder: new DynamicForwardProxyFilter(settings), encoder: null };
      },
    };
  },
  readRouteConfig(message: Message): HostRewrite {
    const { hostRewriteSpecifier: rewrite } = message as PerRouteConfig;
    return {
      literal: rewrite.case === 'hostRewriteLiteral' ? rewrite.value : '',
      header: rewrite.case === 'hostRewriteHeader' && rewrite.value !== '' ? headerName(rewrite.value) : null,
    };
  },
};
