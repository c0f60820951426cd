// Owns the manifest's lines for network filters, by name.
import type { ExtensionEntry } from '../../../config/extension-registry.ts';

const category = 'envoy.filters.network';
const stable = { category, status: 'stable' } as const;
const facesBoth = { securityPosture: 'robust_to_untrusted_downstream_and_upstream' } as const;
const facesDownstream = { securityPosture: 'robust_to_untrusted_downstream' } as const;

export const networkFilters: readonly ExtensionEntry[] = [
  {
    name: 'envoy.filters.network.connection_limit',
    typeNames: ['envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit'],
    ...stable,
    ...facesDownstream,
    load: () => import('./connection-limit/config.ts'),
  },
  {
    name: 'envoy.filters.network.direct_response',
    typeNames: ['envoy.extensions.filters.network.direct_response.v3.Config'],
    ...stable,
    ...facesDownstream,
    load: () => import('./direct-response/config.ts'),
  },
  {
    name: 'envoy.filters.network.echo',
    typeNames: ['envoy.extensions.filters.network.echo.v3.Echo'],
    ...stable,
    ...facesDownstream,
    load: () => import('./echo/config.ts'),
  },
  {
    name: 'envoy.filters.network.http_connection_manager',
    typeNames: ['envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'],
    ...stable,
    ...facesDownstream,
    load: () => import('./http-connection-manager/config.ts'),
  },
  {
    name: 'envoy.filters.network.local_ratelimit',
    typeNames: ['envoy.extensions.filters.network.local_ratelimit.v3.LocalRateLimit'],
    ...stable,
    ...facesDownstream,
    load: () => import('./local-ratelimit/config.ts'),
  },
  {
    name: 'envoy.filters.network.rbac',
    typeNames: ['envoy.extensions.filters.network.rbac.v3.RBAC'],
    ...stable,
    ...facesDownstream,
    load: () => import('./rbac/config.ts'),
  },
  {
    name: 'envoy.filters.network.set_filter_state',
    typeNames: ['envoy.extensions.filters.network.set_filter_state.v3.Config'],
    ...stable,
    ...facesDownstream,
    load: () => import('./set-filter-state/config.ts'),
  },
  {
    name: 'envoy.filters.network.sni_cluster',
    typeNames: ['envoy.extensions.filters.network.sni_cluster.v3.SniCluster'],
    ...stable,
    ...facesDownstream,
    load: () => import('./sni-cluster/config.ts'),
  },
  {
    name: 'envoy.filters.network.sni_dynamic_forward_proxy',
    typeNames: ['envoy.extensions.filters.network.sni_dynamic_forward_proxy.v3.FilterConfig'],
    ...stable,
    ...facesDownstream,
    load: () => import('./sni-dynamic-forward-proxy/config.ts'),
  },
  {
    name: 'envoy.filters.network.tcp_proxy',
    typeNames: ['envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy'],
    ...stable,
    ...facesBoth,
    load: () => import('./tcp-proxy/config.ts'),
  },
];
