/** Owns the coverage of envoy.config.cluster.v3 and envoy.config.endpoint.v3. */
import type { MessageCoverage, PackageCoverage } from './coverage.ts';

const foundByType = 'extensions are found by the type of their configuration, as in Envoy';

/** Without the local cluster there are no zones to prefer: what is left is the rule for panic. */
export const zoneAware: MessageCoverage = {
  implemented: ['fail_traffic_on_panic'],
  notYet: {
    routing_enabled: 'a later issue: all localities are used alike',
    min_cluster_size: 'a later issue: all localities are used alike',
  },
};

export const cluster: PackageCoverage = {
  'envoy.config.cluster.v3.Cluster': {
    implemented: [
      'name',
      'alt_stat_name',
      'type',
      'cluster_type',
      'eds_cluster_config',
      'connect_timeout',
      'per_connection_buffer_limit_bytes',
      'lb_policy',
      'load_assignment',
      'max_requests_per_connection',
      'circuit_breakers',
      'common_http_protocol_options',
      'http_protocol_options',
      'typed_extension_protocol_options',
      'dns_refresh_rate',
      'dns_failure_refresh_rate',
      'dns_jitter',
      'respect_dns_ttl',
      'dns_lookup_family',
      'typed_dns_resolver_config',
      'dns_resolvers',
      'upstream_bind_config',
      'upstream_connection_options',
      'load_balancing_policy',
      'common_lb_config',
      'metadata',
      'transport_socket',
      'transport_socket_matches',
      'transport_socket_matcher',
      'wait_for_warm_on_init',
      'dns_resolution_config',
      'least_request_lb_config',
      'round_robin_lb_config',
      'lb_subset_config',
      'original_dst_lb_config',
      'cleanup_interval',
      'connection_pool_per_downstream_connection',
      'upstream_http_protocol_options',
      'http2_protocol_options',
      'protocol_selection',
      'preconnect_policy',
    ],
    notYet: {
      health_checks: 'a later issue',
      outlier_detection: 'a later issue',
      ring_hash_lb_config: 'a later issue',
      maglev_lb_config: 'a later issue',
      use_tcp_for_dns_lookups: 'names are asked for over UDP, and over TCP only when an answer was cut off',
      close_connections_on_host_health_failure: 'a later issue',
      lrs_server: 'issue 7',
      track_timeout_budgets: 'a later issue',
      track_cluster_stats: 'a later issue',
    },
    harmless: {
      ignore_health_on_host_removal: 'no host stays behind for its health: there are no health checks yet',
    },
  },
  'envoy.config.cluster.v3.Cluster.CustomClusterType': {
    implemented: ['typed_config'],
    harmless: { name: foundByType },
  },
  'envoy.config.cluster.v3.Cluster.EdsClusterConfig': { implemented: ['eds_config', 'service_name'] },
  'envoy.config.cluster.v3.Cluster.RefreshRate': { implemented: ['base_interval', 'max_interval'] },
  'envoy.config.cluster.v3.Cluster.OriginalDstLbConfig': {
    implemented: ['use_http_header', 'http_header_name', 'upstream_port_override', 'metadata_key'],
  },
  'envoy.config.cluster.v3.Cluster.LbSubsetConfig': {
    implemented: [
      'fallback_policy',
      'default_subset',
      'subset_selectors',
      'locality_weight_aware',
      'scale_locality_weight',
      'panic_mode_any',
      'list_as_any',
      'metadata_fallback_policy',
    ],
  },
  'envoy.config.cluster.v3.Cluster.LbSubsetConfig.LbSubsetSelector': {
    implemented: ['keys', 'single_host_per_subset', 'fallback_policy', 'fallback_keys_subset'],
  },
  'envoy.config.cluster.v3.Cluster.CommonLbConfig': {
    implemented: ['healthy_panic_threshold', 'locality_weighted_lb_config', 'zone_aware_lb_config'],
    harmless: { update_merge_window: 'every update is applied at once' },
    notYet: {
      ignore_new_hosts_until_first_hc: 'a later issue',
      consistent_hashing_lb_config: 'a later issue',
      override_host_status: 'a later issue',
    },
  },
  'envoy.config.cluster.v3.Cluster.CommonLbConfig.ZoneAwareLbConfig': zoneAware,
  'envoy.config.cluster.v3.Cluster.LeastRequestLbConfig': {
    implemented: ['choice_count', 'active_request_bias'],
    notYet: { slow_start_config: 'a later issue' },
  },
  'envoy.config.cluster.v3.Cluster.PreconnectPolicy': {
    implemented: ['per_upstream_preconnect_ratio', 'predictive_preconnect_ratio'],
  },
  'envoy.config.cluster.v3.Cluster.RoundRobinLbConfig': { notYet: { slow_start_config: 'a later issue' } },
  'envoy.config.cluster.v3.CircuitBreakers': { implemented: ['thresholds', 'per_host_thresholds'] },
  'envoy.config.cluster.v3.CircuitBreakers.Thresholds': {
    implemented: [
      'priority',
      'max_connections',
      'max_pending_requests',
      'max_requests',
      'max_retries',
      'max_connection_pools',
      'retry_budget',
      'track_remaining',
    ],
  },
  'envoy.config.cluster.v3.CircuitBreakers.Thresholds.RetryBudget': {
    implemented: ['budget_percent', 'min_retry_concurrency'],
  },
  'envoy.config.cluster.v3.UpstreamConnectionOptions': { implemented: ['tcp_keepalive', 'happy_eyeballs_config'] },
  'envoy.config.cluster.v3.UpstreamConnectionOptions.HappyEyeballsConfig': {
    implemented: ['first_address_family_version', 'first_address_family_count'],
  },
  'envoy.config.cluster.v3.LoadBalancingPolicy': { implemented: ['policies'] },
  'envoy.config.cluster.v3.LoadBalancingPolicy.Policy': { implemented: ['typed_extension_config'] },
  'envoy.config.endpoint.v3.ClusterLoadAssignment': {
    implemented: ['cluster_name', 'endpoints', 'policy'],
    harmless: { named_endpoints: 'Envoy does not use it either' },
  },
  'envoy.config.endpoint.v3.ClusterLoadAssignment.Policy': {
    implemented: ['overprovisioning_factor', 'weighted_priority_health'],
    notYet: { drop_overloads: 'a later issue', endpoint_stale_after: 'issue 7' },
  },
  'envoy.config.cluster.v3.Cluster.TransportSocketMatch': { implemented: ['name', 'match', 'transport_socket'] },
  'envoy.config.endpoint.v3.LocalityLbEndpoints': {
    implemented: [
      'locality',
      'lb_endpoints',
      'load_balancing_weight',
      'priority',
      'load_balancer_endpoints',
      'metadata',
    ],
    refused: { leds_cluster_locality_config: 'LEDS is not implemented: the endpoints would be missing' },
  },
  'envoy.config.endpoint.v3.LocalityLbEndpoints.LbEndpointList': { implemented: ['lb_endpoints'] },
  'envoy.config.endpoint.v3.LbEndpoint': {
    implemented: ['endpoint', 'health_status', 'load_balancing_weight', 'metadata'],
  },
  'envoy.config.endpoint.v3.Endpoint': { implemented: ['address', 'hostname', 'additional_addresses'] },
  'envoy.config.endpoint.v3.Endpoint.AdditionalAddress': { implemented: ['address'] },
};
