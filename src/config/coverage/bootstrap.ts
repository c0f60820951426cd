/** Owns the coverage of envoy.config.bootstrap.v3 and what only the bootstrap uses. */
import type { PackageCoverage } from './coverage.ts';

/** Node's c-ares asks over TCP only when an answer was cut off. */
const overUdp = 'names are asked for over UDP, and over TCP only when an answer was cut off';
const noUse = 'there is nothing like it in this process to configure';

export const bootstrap: PackageCoverage = {
  'envoy.config.bootstrap.v3.Bootstrap': {
    implemented: [
      'node',
      'static_resources',
      'dynamic_resources',
      'admin',
      'cluster_manager',
      'stats_flush_interval',
      'stats_config',
      'overload_manager',
      'typed_dns_resolver_config',
      'dns_resolution_config',
      'layered_runtime',
    ],
    harmless: {
      enable_dispatcher_stats: 'statistics of libevent, which is not used here',
      deferred_stat_options: 'statistics are always made when first used',
      perf_tracing_file_path: noUse,
      watchdog: 'one event loop cannot watch itself; the kubelet does',
      watchdogs: 'one event loop cannot watch itself; the kubelet does',
      default_socket_interface: noUse,
      stats_eviction_interval: 'statistics go with what they count',
      enable_worker_cpu_affinity: 'one event loop serves; its place is the scheduler’s',
      memory_allocator_manager: 'memory is V8 and malloc here, not tcmalloc',
    },
    notYet: {
      stats_sinks: 'a later issue',
      tracing: 'a later issue',
      hds_config: 'a later issue',
      bootstrap_extensions: 'a later issue',
      use_tcp_for_dns_lookups: overUdp,
      stats_flush_on_admin: 'histograms are flushed every stats_flush_interval',
      node_context_params: 'xDS over gRPC: issue 7',
      config_sources: 'xDS over gRPC: issue 7',
      default_config_source: 'xDS over gRPC: issue 7',
      grpc_async_client_manager_config: 'xDS over gRPC: issue 7',
      application_log_config: 'use --log-format',
    },
    refused: {
      certificate_provider_instances: 'certificate providers are those of gRPC clients: nothing here asks one',
      header_prefix: 'headers of another prefix would be taken for a client’s own, and pass',
    },
  },
  'envoy.config.overload.v3.OverloadManager': {
    implemented: ['resource_monitors'],
    harmless: { refresh_interval: 'the one monitor there is counts as connections come and go' },
    notYet: { actions: 'a later issue', loadshed_points: 'a later issue', buffer_factory_config: 'a later issue' },
  },
  'envoy.config.overload.v3.ResourceMonitor': { implemented: ['name', 'typed_config'] },
  'envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig': {
    implemented: ['max_active_downstream_connections'],
  },
  'envoy.config.bootstrap.v3.Bootstrap.StaticResources': {
    implemented: ['listeners', 'clusters', 'secrets'],
  },
  'envoy.config.bootstrap.v3.Bootstrap.DynamicResources': {
    implemented: ['lds_config', 'cds_config', 'ads_config'],
  },
  'envoy.config.bootstrap.v3.Admin': {
    implemented: ['address', 'access_log', 'access_log_path', 'allow_paths', 'profile_path'],
    harmless: { ignore_global_conn_limit: 'connections to the admin never count against the limit' },
  },
  'envoy.config.bootstrap.v3.LayeredRuntime': { implemented: ['layers'] },
  'envoy.config.bootstrap.v3.RuntimeLayer': {
    implemented: ['name', 'static_layer', 'disk_layer', 'admin_layer'],
    notYet: { rtds_layer: 'issue 7' },
  },
  'envoy.config.bootstrap.v3.RuntimeLayer.DiskLayer': {
    implemented: ['symlink_root', 'subdirectory', 'append_service_cluster'],
  },
  'envoy.config.bootstrap.v3.RuntimeLayer.AdminLayer': { implemented: [] },
  'envoy.config.metrics.v3.StatsConfig': {
    implemented: [
      'stats_tags',
      'use_all_default_tags',
      'stats_matcher',
      'histogram_bucket_settings',
      'allow_default_tag_overrides',
    ],
  },
  'envoy.config.metrics.v3.HistogramBucketSettings': { implemented: ['match', 'buckets'] },
  'envoy.config.metrics.v3.TagSpecifier': { implemented: ['tag_name', 'regex', 'fixed_value'] },
  'envoy.config.metrics.v3.StatsMatcher': { implemented: ['reject_all', 'exclusion_list', 'inclusion_list'] },
  'envoy.config.bootstrap.v3.ClusterManager': {
    implemented: ['upstream_bind_config', 'local_cluster_name'],
    harmless: { enable_deferred_cluster_creation: 'a cluster costs little before its first request' },
    notYet: {
      outlier_detection: 'a later issue',
      load_stats_config: 'issue 7',
    },
  },
  'envoy.service.discovery.v3.DiscoveryResponse': {
    implemented: ['resources', 'version_info', 'type_url'],
    harmless: {
      canary: 'Envoy does not use it either',
      nonce: 'only a stream has use for it',
      control_plane: 'only a stream has use for it',
    },
  },
};
