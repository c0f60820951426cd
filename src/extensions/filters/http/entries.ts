// Owns the manifest's lines for HTTP filters, by name.
import type { ExtensionEntry } from '../../../config/extension-registry.ts';

const category = 'envoy.filters.http';
const stable = { category, status: 'stable' } as const;
const facesDownstream = { securityPosture: 'robust_to_untrusted_downstream' } as const;
const facesBoth = { securityPosture: 'robust_to_untrusted_downstream_and_upstream' } as const;

export const httpFilters: readonly ExtensionEntry[] = [
  {
    name: 'envoy.filters.http.buffer',
    typeNames: [
      'envoy.extensions.filters.http.buffer.v3.Buffer',
      'envoy.extensions.filters.http.buffer.v3.BufferPerRoute',
    ],
    ...stable,
    ...facesDownstream,
    load: () => import('./buffer/config.ts'),
  },
  {
    name: 'envoy.filters.http.compressor',
    typeNames: [
      'envoy.extensions.filters.http.compressor.v3.Compressor',
      'envoy.extensions.filters.http.compressor.v3.CompressorPerRoute',
    ],
    ...stable,
    ...facesBoth,
    load: () => import('./compressor/config.ts'),
  },
  {
    name: 'envoy.filters.http.cors',
    typeNames: ['envoy.extensions.filters.http.cors.v3.Cors', 'envoy.extensions.filters.http.cors.v3.CorsPolicy'],
    ...stable,
    ...facesDownstream,
    load: () => import('./cors/config.ts'),
  },
  {
    name: 'envoy.filters.http.csrf',
    typeNames: ['envoy.extensions.filters.http.csrf.v3.CsrfPolicy'],
    ...stable,
    ...facesDownstream,
    load: () => import('./csrf/config.ts'),
  },
  {
    name: 'envoy.filters.http.decompressor',
    typeNames: ['envoy.extensions.filters.http.decompressor.v3.Decompressor'],
    ...stable,
    ...facesBoth,
    load: () => import('./decompressor/config.ts'),
  },
  {
    name: 'envoy.filters.http.dynamic_forward_proxy',
    typeNames: [
      'envoy.extensions.filters.http.dynamic_forward_proxy.v3.FilterConfig',
      'envoy.extensions.filters.http.dynamic_forward_proxy.v3.PerRouteConfig',
    ],
    ...stable,
    ...facesDownstream,
    load: () => import('./dynamic-forward-proxy/config.ts'),
  },
  {
    name: 'envoy.filters.http.fault',
    typeNames: ['envoy.extensions.filters.http.fault.v3.HTTPFault'],
    ...stable,
    ...facesDownstream,
    load: () => import('./fault/config.ts'),
  },
  {
    name: 'envoy.filters.http.grpc_http1_bridge',
    typeNames: ['envoy.extensions.filters.http.grpc_http1_bridge.v3.Config'],
    ...stable,
    ...facesBoth,
    load: () => import('./grpc-http1-bridge/config.ts'),
  },
  {
    name: 'envoy.filters.http.grpc_http1_reverse_bridge',
    typeNames: [
      'envoy.extensions.filters.http.grpc_http1_reverse_bridge.v3.FilterConfig',
      'envoy.extensions.filters.http.grpc_http1_reverse_bridge.v3.FilterConfigPerRoute',
    ],
    ...stable,
    ...facesBoth,
    load: () => import('./grpc-http1-reverse-bridge/config.ts'),
  },
  {
    name: 'envoy.filters.http.grpc_stats',
    typeNames: ['envoy.extensions.filters.http.grpc_stats.v3.FilterConfig'],
    ...stable,
    ...facesDownstream,
    load: () => import('./grpc-stats/config.ts'),
  },
  {
    name: 'envoy.filters.http.grpc_web',
    typeNames: ['envoy.extensions.filters.http.grpc_web.v3.GrpcWeb'],
    ...stable,
    ...facesDownstream,
    load: () => import('./grpc-web/config.ts'),
  },
  {
    name: 'envoy.filters.http.header_mutation',
    typeNames: [
      'envoy.extensions.filters.http.header_mutation.v3.HeaderMutation',
      'envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute',
    ],
    ...stable,
    ...facesDownstream,
    load: () => import('./header-mutation/config.ts'),
  },
  {
    name: 'envoy.filters.http.header_to_metadata',
    typeNames: ['envoy.extensions.filters.http.header_to_metadata.v3.Config'],
    ...stable,
    ...facesBoth,
    load: () => import('./header-to-metadata/config.ts'),
  },
  {
    name: 'envoy.filters.http.health_check',
    typeNames: ['envoy.extensions.filters.http.health_check.v3.HealthCheck'],
    ...stable,
    ...facesDownstream,
    load: () => import('./health-check/config.ts'),
  },
  {
    name: 'envoy.filters.http.local_ratelimit',
    typeNames: ['envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit'],
    ...stable,
    ...facesDownstream,
    load: () => import('./local-ratelimit/config.ts'),
  },
  {
    name: 'envoy.filters.http.original_src',
    typeNames: ['envoy.extensions.filters.http.original_src.v3.OriginalSrc'],
    ...stable,
    ...facesDownstream,
    load: () => import('./original-src/config.ts'),
  },
  {
    name: 'envoy.filters.http.rbac',
    typeNames: ['envoy.extensions.filters.http.rbac.v3.RBAC', 'envoy.extensions.filters.http.rbac.v3.RBACPerRoute'],
    ...stable,
    ...facesDownstream,
    load: () => import('./rbac/config.ts'),
  },
  {
    name: 'envoy.filters.http.router',
    typeNames: ['envoy.extensions.filters.http.router.v3.Router'],
    ...stable,
    ...facesDownstream,
    load: () => import('./router/config.ts'),
  },
  {
    name: 'envoy.filters.http.set_filter_state',
    typeNames: ['envoy.extensions.filters.http.set_filter_state.v3.Config'],
    ...stable,
    ...facesBoth,
    load: () => import('./set-filter-state/config.ts'),
  },
  {
    name: 'envoy.filters.http.set_metadata',
    typeNames: ['envoy.extensions.filters.http.set_metadata.v3.Config'],
    ...stable,
    ...facesBoth,
    load: () => import('./set-metadata/config.ts'),
  },
];
