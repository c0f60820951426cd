// Owns the manifest's lines for cluster types, and for what clusters take that has no factory of its own: core reads
// these messages itself, and the registry must know that they are no strangers.
import type { ExtensionEntry } from '../../config/extension-registry.ts';

const resolvers = 'envoy.extensions.network.dns_resolver';

function readByCore(name: string, category: string, typeName: string): ExtensionEntry {
  return {
    name,
    category,
    typeNames: [typeName],
    status: 'stable',
    securityPosture: 'unknown',
    load: () => Promise.resolve({ factory: null }),
  };
}

export const clusterTypes: readonly ExtensionEntry[] = [
  {
    name: 'envoy.cluster.dns',
    category: 'envoy.clusters',
    typeNames: ['envoy.extensions.clusters.dns.v3.DnsCluster'],
    status: 'stable',
    securityPosture: 'unknown',
    load: () => import('./dns/config.ts'),
  },
  {
    name: 'envoy.clusters.dynamic_forward_proxy',
    category: 'envoy.clusters',
    typeNames: ['envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig'],
    status: 'stable',
    securityPosture: 'unknown',
    load: () => import('./dynamic-forward-proxy/config.ts'),
  },
  readByCore(
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
    'envoy.upstream_options',
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
  ),
  readByCore(
    'envoy.network.dns_resolver.cares',
    'envoy.network.dns_resolver',
    `${resolvers}.cares.v3.CaresDnsResolverConfig`,
  ),
  readByCore(
    'envoy.network.dns_resolver.getaddrinfo',
    'envoy.network.dns_resolver',
    `${resolvers}.getaddrinfo.v3.GetAddrInfoDnsResolverConfig`,
  ),
];
