/** Owns the coverage of envoy.config.core.v3: what many messages share. */
import type { PackageCoverage } from './coverage.ts';

const foundByType = 'extensions are found by the type of their configuration, as in Envoy';
const onlyVersion3 = 'there is only version 3';

export const core: PackageCoverage = {
  'envoy.config.core.v3.ProxyProtocolConfig': {
    // Not behind a CONNECT, where Envoy sends no values either.
    implemented: ['version', 'pass_through_tlvs', 'added_tlvs'],
  },
  'envoy.config.core.v3.Address': { implemented: ['socket_address', 'pipe'] },
  'envoy.config.core.v3.SocketAddress': {
    implemented: ['protocol', 'address', 'port_value', 'ipv4_compat'],
    harmless: { named_port: 'only a resolver of its own could use it' },
    refused: { network_namespace_filepath: 'the socket would be opened in another network than asked for' },
  },
  'envoy.config.core.v3.Pipe': { implemented: ['path', 'mode'] },
  'envoy.config.core.v3.CidrRange': { implemented: ['address_prefix', 'prefix_len'] },
  'envoy.config.core.v3.BindConfig': { implemented: ['source_address'] },
  'envoy.config.core.v3.TcpKeepalive': { implemented: ['keepalive_probes', 'keepalive_time', 'keepalive_interval'] },
  'envoy.config.core.v3.DnsResolutionConfig': { implemented: ['resolvers', 'dns_resolver_options'] },
  'envoy.config.core.v3.DnsResolverOptions': {
    implemented: ['no_default_search_domain'],
    notYet: {
      use_tcp_for_dns_lookups: 'names are asked for over UDP, and over TCP only when an answer was cut off',
    },
  },
  'envoy.config.core.v3.Node': {
    implemented: ['id', 'cluster', 'metadata', 'locality'],
    harmless: {
      user_agent_name: 'set by the process itself',
      user_agent_version: 'set by the process itself',
      user_agent_build_version: 'set by the process itself',
      extensions: 'set by the process itself',
      client_features: 'told to the control plane',
    },
  },
  'envoy.config.core.v3.Locality': { implemented: ['region', 'zone', 'sub_zone'] },
  'envoy.config.core.v3.Metadata': {
    implemented: ['filter_metadata'],
    harmless: { typed_filter_metadata: 'only those filters read it that know its types' },
  },
  'envoy.config.core.v3.HeaderValue': {
    implemented: ['key', 'value'],
    harmless: { raw_value: 'header rules do not read it in Envoy either' },
  },
  'envoy.config.core.v3.HeaderValueOption': {
    implemented: ['header', 'append', 'append_action', 'keep_empty_value'],
  },
  'envoy.config.core.v3.DataSource': {
    implemented: ['filename', 'inline_bytes', 'inline_string', 'environment_variable', 'watched_directory'],
  },
  'envoy.config.core.v3.TypedExtensionConfig': { implemented: ['typed_config'], harmless: { name: foundByType } },
  'envoy.config.core.v3.RuntimeFractionalPercent': {
    implemented: ['default_value', 'runtime_key'],
  },
  'envoy.config.core.v3.RuntimeFeatureFlag': {
    implemented: ['default_value', 'runtime_key'],
  },
  'envoy.config.core.v3.RuntimeDouble': {
    implemented: ['default_value', 'runtime_key'],
  },
  'envoy.config.core.v3.RuntimeUInt32': {
    implemented: ['default_value', 'runtime_key'],
  },
  'envoy.config.core.v3.SubstitutionFormatString': {
    implemented: [
      'text_format',
      'json_format',
      'text_format_source',
      'omit_empty_values',
      'content_type',
      'formatters',
    ],
    harmless: { json_format_options: 'keys of JSON lines are in order anyway, as in Envoy' },
  },
  'envoy.config.core.v3.HttpProtocolOptions': {
    implemented: [
      'idle_timeout',
      'max_connection_duration',
      'max_connection_duration_jitter',
      'max_headers_count',
      'max_response_headers_kb',
      'max_stream_duration',
      'headers_with_underscores_action',
      'max_requests_per_connection',
    ],
  },
  'envoy.config.core.v3.Http1ProtocolOptions': {
    implemented: [
      'allow_absolute_url',
      'accept_http_10',
      'default_host_for_http_10',
      'header_key_format',
      'enable_trailers',
      'allow_chunked_length',
      'send_fully_qualified_url',
      'allow_custom_methods',
      'override_stream_error_on_invalid_http_message',
      'ignore_http_11_upgrade',
    ],
    harmless: { use_balsa_parser: 'there is one parser here' },
  },
  'envoy.config.core.v3.Http1ProtocolOptions.HeaderKeyFormat': {
    implemented: ['proper_case_words', 'stateful_formatter'],
  },
  'envoy.config.core.v3.SchemeHeaderTransformation': { implemented: ['scheme_to_overwrite', 'match_upstream'] },
  'envoy.config.core.v3.ConfigSource': {
    implemented: ['path_config_source', 'path', 'ads', 'initial_fetch_timeout'],
    harmless: { resource_api_version: onlyVersion3 },
    notYet: { api_config_source: 'streams of one type, and REST: issue 7' },
  },
  'envoy.config.core.v3.PathConfigSource': { implemented: ['path', 'watched_directory'] },
  'envoy.config.core.v3.WatchedDirectory': { implemented: ['path'] },
  'envoy.config.core.v3.ApiConfigSource': {
    implemented: ['api_type', 'grpc_services', 'set_node_on_first_message_only'],
    harmless: { transport_api_version: onlyVersion3 },
    notYet: { rate_limit_settings: 'requests go out as fast as the server reads: issue 7' },
  },
  'envoy.config.core.v3.GrpcService': {
    implemented: ['envoy_grpc', 'initial_metadata', 'timeout', 'retry_policy'],
    notYet: { google_grpc: 'name a cluster and use envoy_grpc' },
  },
  'envoy.config.core.v3.GrpcService.EnvoyGrpc': {
    implemented: ['cluster_name', 'authority', 'retry_policy', 'max_receive_message_length', 'skip_envoy_headers'],
  },
  'envoy.config.core.v3.RetryPolicy.RetryPriority': { implemented: ['typed_config'], harmless: { name: foundByType } },
  'envoy.config.core.v3.RetryPolicy.RetryHostPredicate': {
    implemented: ['typed_config'],
    harmless: { name: foundByType },
  },
  'envoy.config.core.v3.RetryPolicy': {
    implemented: [
      'retry_back_off',
      'num_retries',
      'retry_on',
      'retry_priority',
      'retry_host_predicate',
      'host_selection_retry_max_attempts',
    ],
  },
  'envoy.config.core.v3.TransportSocket': { implemented: ['typed_config'], harmless: { name: foundByType } },
};
