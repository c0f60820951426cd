// The discovery services of the API: every method, what it is about, and its messages.

export type DiscoveryMode = 'world' | 'delta';

export const answers: Readonly<Record<DiscoveryMode, { readonly request: string; readonly response: string }>> = {
  world: {
    request: 'envoy.service.discovery.v3.DiscoveryRequest',
    response: 'envoy.service.discovery.v3.DiscoveryResponse',
  },
  delta: {
    request: 'envoy.service.discovery.v3.DeltaDiscoveryRequest',
    response: 'envoy.service.discovery.v3.DeltaDiscoveryResponse',
  },
};

export const types = {
  listener: 'type.googleapis.com/envoy.config.listener.v3.Listener',
  routes: 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration',
  scopedRoutes: 'type.googleapis.com/envoy.config.route.v3.ScopedRouteConfiguration',
  virtualHost: 'type.googleapis.com/envoy.config.route.v3.VirtualHost',
  cluster: 'type.googleapis.com/envoy.config.cluster.v3.Cluster',
  endpoints: 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment',
  secret: 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret',
  runtime: 'type.googleapis.com/envoy.service.runtime.v3.Runtime',
  extension: 'type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig',
} as const;

interface DiscoveryMethod {
  readonly service: string;
  readonly method: string;
  readonly mode: DiscoveryMode;
  /** Of all its resources; empty: each request says it. */
  readonly type: string;
}

/** Service, the end of its methods' names, type. */
const services: readonly (readonly [service: string, resources: string, type: string])[] = [
  ['envoy.service.discovery.v3.AggregatedDiscoveryService', 'AggregatedResources', ''],
  ['envoy.service.listener.v3.ListenerDiscoveryService', 'Listeners', types.listener],
  ['envoy.service.route.v3.RouteDiscoveryService', 'Routes', types.routes],
  ['envoy.service.route.v3.ScopedRoutesDiscoveryService', 'ScopedRoutes', types.scopedRoutes],
  ['envoy.service.route.v3.VirtualHostDiscoveryService', 'VirtualHosts', types.virtualHost],
  ['envoy.service.cluster.v3.ClusterDiscoveryService', 'Clusters', types.cluster],
  ['envoy.service.endpoint.v3.EndpointDiscoveryService', 'Endpoints', types.endpoints],
  ['envoy.service.secret.v3.SecretDiscoveryService', 'Secrets', types.secret],
  ['envoy.service.runtime.v3.RuntimeDiscoveryService', 'Runtime', types.runtime],
  ['envoy.service.extension.v3.ExtensionConfigDiscoveryService', 'ExtensionConfigs', types.extension],
];

export const methods: readonly DiscoveryMethod[] = services.flatMap(([service, resources, type]) => [
  // There is no state of the world of virtual hosts.
  ...(resources === 'VirtualHosts' ? [] : [{ service, method: `Stream${resources}`, mode: 'world' as const, type }]),
  { service, method: `Delta${resources}`, mode: 'delta' as const, type },
]);
