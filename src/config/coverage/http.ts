/** Owns the coverage of the HTTP connection manager, its filters and the upstream's HTTP options. */
import type { PackageCoverage } from './coverage.ts';

const manager = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const upstream = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

export const http: PackageCoverage = {
  [manager]: {
    implemented: [
      'codec_type',
      'http2_protocol_options',
      'stat_prefix',
      'rds',
      'route_config',
      'http_filters',
      'common_http_protocol_options',
      'http_protocol_options',
      'server_name',
      'server_header_transformation',
      'max_request_headers_kb',
      'stream_idle_timeout',
      'request_timeout',
      'request_headers_timeout',
      'drain_timeout',
      'drain_timeout_jitter',
      'http1_safe_max_connection_duration',
      'delayed_close_timeout',
      'access_log',
      'access_log_options',
      'access_log_flush_interval',
      'flush_access_log_on_new_request',
      'use_remote_address',
      'xff_num_trusted_hops',
      'internal_address_config',
      'skip_xff_append',
      'via',
      'generate_request_id',
      'preserve_external_request_id',
      'always_set_request_id_in_response',
      'proxy_100_continue',
      'upgrade_configs',
      'stream_error_on_invalid_http_message',
      'append_x_forwarded_port',
      'add_user_agent',
      'scheme_header_transformation',
      'strip_matching_host_port',
      'strip_any_host_port',
      'strip_trailing_host_dot',
      'normalize_path',
      'merge_slashes',
      'path_with_escaped_slashes_action',
      'forward_client_cert_details',
      'set_current_client_cert_details',
      'forward_client_cert_matcher',
      'local_reply_config',
      'original_ip_detection_extensions',
      'early_header_mutation_extensions',
      'request_id_extension',
      'proxy_status_config',
      'forward_proto_config',
      'record_route_resolution_stats',
      'stream_flush_timeout',
    ],
    refused: {
      typed_header_validation_config: 'released builds of Envoy have no header validators and refuse it as well',
    },
    harmless: {
      represent_ipv4_remote_address_as_ipv4_mapped_ipv6:
        'asked of Envoy: neither x-forwarded-for nor x-envoy-external-address nor logs show an effect of it',
      append_local_overload: 'there are no overload actions yet',
      path_normalization_options: 'Envoy does not use it either',
    },
    notYet: {
      http3_protocol_options: 'HTTP/3: a later issue',
      tracing: 'a later issue',
      scoped_routes: 'issue 7',
    },
  },
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.SetCurrentClientCertDetails': {
    implemented: ['subject', 'cert', 'chain', 'dns', 'uri', 'issuer', 'format'],
  },
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.ForwardClientCertConfig': {
    implemented: ['forward_client_cert_details', 'set_current_client_cert_details'],
  },
  'envoy.extensions.filters.network.http_connection_manager.v3.LocalReplyConfig': {
    implemented: ['mappers', 'body_format'],
  },
  'envoy.extensions.filters.network.http_connection_manager.v3.ResponseMapper': {
    implemented: ['filter', 'status_code', 'body', 'body_format_override', 'headers_to_add'],
  },
  'envoy.extensions.filters.network.http_connection_manager.v3.RequestIDExtension': { implemented: ['typed_config'] },
  'envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig': {
    implemented: ['pack_trace_reason'],
    harmless: { use_request_id_for_trace_sampling: 'only tracing reads it, and there are no traces yet' },
  },
  'envoy.extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig': {
    implemented: ['forward_reason_phrase', 'formatter_type_on_envoy_headers'],
  },
  'envoy.extensions.http.original_ip_detection.xff.v3.XffConfig': {
    implemented: ['xff_num_trusted_hops', 'xff_trusted_cidrs', 'skip_xff_append'],
  },
  'envoy.extensions.http.original_ip_detection.xff.v3.XffTrustedCidrs': { implemented: ['cidrs'] },
  'envoy.extensions.http.original_ip_detection.custom_header.v3.CustomHeaderConfig': {
    implemented: ['header_name', 'allow_extension_to_set_address_as_trusted', 'reject_with_status'],
  },
  'envoy.config.route.v3.FilterConfig': { implemented: ['config', 'is_optional', 'disabled'] },
  'envoy.type.v3.HttpStatus': { implemented: ['code'] },
  'envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation': { implemented: ['mutations'] },
  'envoy.config.common.mutation_rules.v3.HeaderMutation': { implemented: ['append', 'remove', 'remove_on_match'] },
  'envoy.config.common.mutation_rules.v3.HeaderMutation.RemoveOnMatch': { implemented: ['key_matcher'] },
  [`${manager}.ProxyStatusConfig`]: {
    implemented: [
      'remove_details',
      'remove_connection_termination_details',
      'remove_response_flags',
      'set_recommended_response_code',
      'use_node_id',
      'literal_proxy_name',
    ],
  },
  'envoy.extensions.filters.network.http_connection_manager.v3.ForwardProtoConfig': {
    implemented: ['https_destination_ports', 'http_destination_ports'],
  },
  [`${manager}.HcmAccessLogOptions`]: {
    implemented: [
      'access_log_flush_interval',
      'flush_access_log_on_new_request',
      'flush_log_on_tunnel_successfully_established',
    ],
  },
  [`${manager}.InternalAddressConfig`]: { implemented: ['unix_sockets', 'cidr_ranges'] },
  [`${manager}.UpgradeConfig`]: { implemented: ['upgrade_type', 'enabled', 'filters'] },
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter': {
    implemented: ['name', 'typed_config', 'disabled', 'is_optional'],
    refused: { config_discovery: 'filters by discovery (ECDS) are not implemented yet: issue 7' },
  },
  'envoy.extensions.filters.network.http_connection_manager.v3.Rds': {
    implemented: ['config_source', 'route_config_name'],
  },
  'envoy.extensions.filters.http.router.v3.Router': {
    implemented: [
      'suppress_envoy_headers',
      'respect_expected_rq_timeout',
      'strict_check_headers',
      'suppress_grpc_request_failure_code_stats',
      'upstream_log',
      'upstream_log_options',
    ],
    harmless: { start_child_span: 'there are no spans yet', dynamic_stats: 'statistics are always kept' },
  },
  'envoy.extensions.filters.http.router.v3.Router.UpstreamAccessLogOptions': {
    implemented: ['flush_upstream_log_on_upstream_stream', 'upstream_log_flush_interval'],
  },
  [upstream]: {
    implemented: [
      'common_http_protocol_options',
      'explicit_http_config',
      'use_downstream_protocol_config',
      'auto_config',
      'retry_policy',
      'request_mirror_policies',
      'upstream_http_protocol_options',
    ],
    refused: {
      header_validation_config: 'released builds of Envoy have no header validators and refuse it as well',
      http_filters:
        'filters of upstream requests are not implemented yet: a request would pass without what they do to it',
    },
    notYet: {
      outlier_detection: 'with outlier detection: a later issue',
      hash_policy: 'the balancers that hash come in a later issue',
    },
  },
  'envoy.config.core.v3.Http2ProtocolOptions': {
    implemented: [
      'hpack_table_size',
      'max_concurrent_streams',
      'initial_stream_window_size',
      'initial_connection_window_size',
      'max_consecutive_inbound_frames_with_empty_payload',
      'max_inbound_priority_frames_per_stream',
      'max_inbound_window_update_frames_per_data_frame_sent',
      'stream_error_on_invalid_http_messaging',
      'override_stream_error_on_invalid_http_message',
      'max_outbound_frames',
      'max_outbound_control_frames',
      'connection_keepalive',
      'allow_connect',
      'custom_settings_parameters',
      'stream_reset_burst',
      'stream_reset_rate',
    ],
    refused: { allow_metadata: 'METADATA frames are skipped, as without it: nothing passes them on' },
    harmless: {
      max_metadata_size: 'only allow_metadata reads it',
      use_oghttp2_codec: 'there is one codec here, ours',
      enable_huffman_encoding: "fields go out without Huffman's code, which every peer can read",
      max_header_field_size_kb:
        'max_request_headers_kb and max_response_headers_kb are the limit for one field as for all',
      disallow_obs_text: 'asked of Envoy: octets above 127 pass in values with it too',
    },
  },
  'envoy.config.core.v3.Http2ProtocolOptions.SettingsParameter': { implemented: ['identifier', 'value'] },
  'envoy.config.core.v3.KeepaliveSettings': {
    implemented: ['interval', 'timeout', 'interval_jitter', 'connection_idle_interval'],
  },
  'envoy.config.core.v3.UpstreamHttpProtocolOptions': {
    implemented: ['auto_sni', 'auto_san_validation', 'override_auto_sni_header'],
  },
  [`${upstream}.ExplicitHttpConfig`]: {
    implemented: ['http_protocol_options', 'http2_protocol_options'],
    refused: {
      http3_protocol_options: 'HTTP/3 to upstreams is not implemented yet',
    },
  },
  [`${upstream}.UseDownstreamHttpConfig`]: {
    implemented: ['http_protocol_options', 'http2_protocol_options'],
    notYet: { http3_protocol_options: 'HTTP/3: a later issue' },
  },
  [`${upstream}.AutoHttpConfig`]: {
    implemented: ['http_protocol_options', 'http2_protocol_options'],
    refused: { http3_protocol_options: 'HTTP/3 to upstreams is not implemented yet' },
    harmless: { alternate_protocols_cache_options: 'it tells of hosts that speak HTTP/3, which is not spoken here' },
  },
};
