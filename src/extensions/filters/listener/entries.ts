// Owns the manifest's lines for listener filters.
import type { ExtensionEntry } from '../../../config/extension-registry.ts';

const common = {
  category: 'envoy.filters.listener',
  status: 'alpha',
  securityPosture: 'robust_to_untrusted_downstream',
} as const;
const types = 'envoy.extensions.filters.listener';

export const listenerFilters: readonly ExtensionEntry[] = [
  {
    ...common,
    name: 'envoy.filters.listener.http_inspector',
    typeNames: [`${types}.http_inspector.v3.HttpInspector`],
    load: () => import('./http-inspector/config.ts'),
  },
  {
    ...common,
    name: 'envoy.filters.listener.local_ratelimit',
    typeNames: [`${types}.local_ratelimit.v3.LocalRateLimit`],
    load: () => import('./local-ratelimit/config.ts'),
  },
  {
    ...common,
    name: 'envoy.filters.listener.original_dst',
    typeNames: [`${types}.original_dst.v3.OriginalDst`],
    load: () => import('./original-dst/config.ts'),
  },
  {
    ...common,
    name: 'envoy.filters.listener.original_src',
    typeNames: [`${types}.original_src.v3.OriginalSrc`],
    load: () => import('./original-src/config.ts'),
  },
  {
    ...common,
    name: 'envoy.filters.listener.proxy_protocol',
    typeNames: [`${types}.proxy_protocol.v3.ProxyProtocol`],
    load: () => import('./proxy-protocol/config.ts'),
  },
  {
    ...common,
    name: 'envoy.filters.listener.tls_inspector',
    typeNames: [`${types}.tls_inspector.v3.TlsInspector`],
    load: () => import('./tls-inspector/config.ts'),
  },
];
