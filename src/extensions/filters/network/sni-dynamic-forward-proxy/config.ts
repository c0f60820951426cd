// Owns the way from envoy.extensions.filters.network.sni_dynamic_forward_proxy.v3.FilterConfig to the filter.
import type { Message } from '@bufbuild/protobuf';
import type { FilterConfig } from '../../../../generated/envoy/extensions/filters/network/sni_dynamic_forward_proxy/v3/sni_dynamic_forward_proxy_pb.d.ts';
import type { NetworkFilterConfigFactory } from '../../../../listener/api.ts';
import { readDnsCache } from '../../../common/dynamic-forward-proxy/config.ts';
import { sharedDnsCache } from '../../../common/dynamic-forward-proxy/dns-caches.ts';
import { worldOf } from '../../../common/dynamic-forward-proxy/world.ts';
import { SniDynamicForwardProxyFilter, type SniDynamicForwardProxySettings } from './filter.ts';

export const factory: NetworkFilterConfigFactory = {
  terminal: false,
  create(message: Message, { config, services }) {
    const { dnsCacheConfig, portSpecifier, saveUpstreamAddress } = message as FilterConfig;
    const cache = readDnsCache(dnsCacheConfig, message, config, 'RMR0903');
    if (cache === undefined) return undefined;
    const world = worldOf(services);
    const port = portSpecifier.case === 'portValue' ? portSpecifier.value : null;
    let settings: SniDynamicForwardProxySettings | null = null;
    return {
      createFilter: () => {
        // A configuration that is only looked at resolves nothing.
        settings ??= {
          cache: sharedDnsCache(cache, world),
          port,
          saveAddress: saveUpstreamAddress,
        };
        return new SniDynamicForwardProxyFilter(settings);
      },
    };
  },
};
