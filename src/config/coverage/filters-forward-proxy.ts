/** Owns the coverage of the dynamic forward proxy: cluster, filters, DNS cache. */
import type { PackageCoverage } from './coverage.ts';

const common = 'envoy.extensions.common.dynamic_forward_proxy.v3';
const cluster = 'envoy.extensions.clusters.dynamic_forward_proxy.v3';
const http = 'envoy.extensions.filters.http.dynamic_forward_proxy.v3';
const sni = 'envoy.extensions.filters.network.sni_dynamic_forward_proxy.v3';

const subClusters = 'a cluster for each name is not implemented yet; a DNS cache serves the same requests';

export const filtersForwardProxy: PackageCoverage = {
  [`${common}.DnsCacheConfig`]: {
    implemented: [
      'name',
      'dns_lookup_family',
      'dns_refresh_rate',
      'dns_min_refresh_rate',
      'host_ttl',
      'max_hosts',
      'disable_dns_refresh_on_failure',
      'dns_failure_refresh_rate',
      'dns_cache_circuit_breaker',
      'dns_resolution_config',
      'typed_dns_resolver_config',
      'preresolve_hostnames',
      'dns_query_timeout',
      'resolved_address_filter',
    ],
    refused: {
      use_tcp_for_dns_lookups: 'name servers are asked over UDP, over TCP where an answer is too long for it',
      key_value_config: 'names are kept in memory only',
    },
  },
  [`${common}.DnsCacheCircuitBreakers`]: { implemented: ['max_pending_requests'] },
  [`${cluster}.ClusterConfig`]: {
    implemented: ['dns_cache_config', 'allow_insecure_cluster_options'],
    refused: {
      allow_coalesced_connections: 'each name has connections of its own',
      sub_clusters_config: subClusters,
    },
  },
  [`${http}.FilterConfig`]: {
    implemented: ['dns_cache_config', 'save_upstream_address', 'allow_dynamic_host_from_filter_state'],
    refused: { sub_cluster_config: subClusters },
  },
  [`${http}.PerRouteConfig`]: { implemented: ['host_rewrite_literal', 'host_rewrite_header'] },
  [`${sni}.FilterConfig`]: { implemented: ['dns_cache_config', 'port_value', 'save_upstream_address'] },
};
