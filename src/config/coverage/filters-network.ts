/** Owns the coverage of the network filters for bytes of any protocol. */
import type { PackageCoverage } from './coverage.ts';

const filters = 'envoy.extensions.filters.network';
const tcpProxy = `${filters}.tcp_proxy.v3.TcpProxy`;

const notReadByEnvoy = 'Envoy does not read it either';
const onDemand = 'clusters on demand (ODCDS) come by gRPC alone, in Envoy too, which aborts over a file: issue 7';

export const filtersNetwork: PackageCoverage = {
  [tcpProxy]: {
    implemented: [
      'stat_prefix',
      'cluster',
      'weighted_clusters',
      'metadata_match',
      'idle_timeout',
      'access_log',
      'max_connect_attempts',
      'backoff_options',
      'max_downstream_connection_duration',
      'max_downstream_connection_duration_jitter_percentage',
      'access_log_flush_interval',
      'flush_access_log_on_connected',
      'access_log_options',
      'upstream_connect_mode',
      'max_early_data_bytes',
      'tunneling_config',
      'proxy_protocol_tlvs',
      'proxy_protocol_tlv_merge_policy',
    ],
    harmless: {
      downstream_idle_timeout: notReadByEnvoy,
      upstream_idle_timeout: notReadByEnvoy,
      hash_policy: 'no load balancer here goes by a hash yet; those that do are refused',
    },
    refused: {
      on_demand: onDemand,
    },
    notYet: { check_drain_close: 'connections end when they end, or when the time to drain is over' },
  },
  [`${tcpProxy}.TunnelingConfig`]: {
    implemented: [
      'hostname',
      'use_post',
      'headers_to_add',
      'propagate_response_headers',
      'post_path',
      'propagate_response_trailers',
      'formatters',
    ],
    notYet: {
      request_id_extension: 'tunnels have no request id',
      request_id_header: 'tunnels have no request id',
      request_id_metadata_key: 'tunnels have no request id',
    },
  },
  [`${tcpProxy}.WeightedCluster`]: { implemented: ['clusters'] },
  [`${tcpProxy}.WeightedCluster.ClusterWeight`]: { implemented: ['name', 'weight', 'metadata_match'] },
  [`${tcpProxy}.TcpAccessLogOptions`]: {
    implemented: ['access_log_flush_interval', 'flush_access_log_on_connected', 'flush_access_log_on_start'],
  },
  'envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport': {
    implemented: ['config', 'transport_socket'],
    harmless: {
      allow_unspecified_address: 'addresses that cannot be told are never made up here',
      tlv_as_pool_key: 'no connection serves two clients',
    },
  },
  'envoy.config.core.v3.TlvEntry': {
    implemented: ['type', 'value', 'format_string'],
  },
  'envoy.config.core.v3.BackoffStrategy': { implemented: ['base_interval', 'max_interval'] },
  [`${filters}.connection_limit.v3.ConnectionLimit`]: {
    implemented: ['stat_prefix', 'max_connections', 'delay', 'runtime_enabled'],
  },
  [`${filters}.direct_response.v3.Config`]: { implemented: ['response'] },
  [`${filters}.local_ratelimit.v3.LocalRateLimit`]: {
    implemented: ['stat_prefix', 'token_bucket', 'runtime_enabled', 'share_key'],
  },
  [`${filters}.set_filter_state.v3.Config`]: {
    implemented: ['on_new_connection', 'on_downstream_tls_handshake', 'on_downstream_data'],
  },
};
