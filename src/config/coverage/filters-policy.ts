/** Owns the coverage of filters that set and judge what is known of a request: metadata, filter state, rbac, gRPC statistics. */
import type { PackageCoverage } from './coverage.ts';

export const filtersPolicy: PackageCoverage = {
  'envoy.extensions.filters.http.grpc_stats.v3.FilterConfig': {
    implemented: [
      'emit_filter_state',
      'individual_method_stats_allowlist',
      'stats_for_all_methods',
      'enable_upstream_stats',
      'replace_dots_in_grpc_service_name',
    ],
  },
  'envoy.extensions.filters.http.grpc_http1_bridge.v3.Config': {
    implemented: ['upgrade_protobuf_to_grpc', 'ignore_query_parameters'],
  },
  'envoy.extensions.filters.http.grpc_http1_reverse_bridge.v3.FilterConfig': {
    implemented: ['content_type', 'withhold_grpc_frames', 'response_size_header'],
  },
  'envoy.extensions.filters.http.grpc_http1_reverse_bridge.v3.FilterConfigPerRoute': { implemented: ['disabled'] },
  'envoy.config.core.v3.GrpcMethodList': { implemented: ['services'] },
  'envoy.config.core.v3.GrpcMethodList.Service': { implemented: ['name', 'method_names'] },
  'envoy.extensions.filters.http.header_to_metadata.v3.Config': {
    implemented: ['request_rules', 'response_rules', 'stat_prefix'],
  },
  'envoy.extensions.filters.http.header_to_metadata.v3.Config.Rule': {
    implemented: ['header', 'cookie', 'on_header_present', 'on_header_missing', 'remove'],
  },
  'envoy.extensions.filters.http.header_to_metadata.v3.Config.KeyValuePair': {
    implemented: ['metadata_namespace', 'key', 'value', 'regex_value_rewrite', 'type', 'encode'],
  },
  'envoy.type.matcher.v3.MetadataMatcher': { implemented: ['filter', 'path', 'value', 'invert'] },
  'envoy.type.matcher.v3.MetadataMatcher.PathSegment': { implemented: ['key'] },
  'envoy.type.matcher.v3.ValueMatcher': {
    implemented: [
      'null_match',
      'double_match',
      'string_match',
      'bool_match',
      'present_match',
      'list_match',
      'or_match',
    ],
  },
  'envoy.type.matcher.v3.ListMatcher': { implemented: ['one_of'] },
  'envoy.type.matcher.v3.OrMatcher': { implemented: ['value_matchers'] },
  'envoy.type.matcher.v3.DoubleMatcher': { implemented: ['range', 'exact'] },
  'envoy.type.v3.DoubleRange': { implemented: ['start', 'end'] },
  'envoy.type.v3.Int32Range': { implemented: ['start', 'end'] },
  'envoy.type.matcher.v3.FilterStateMatcher': { implemented: ['key', 'string_match', 'address_match'] },
  'envoy.type.matcher.v3.AddressMatcher': { implemented: ['ranges', 'invert_match'] },
  'envoy.type.matcher.v3.PathMatcher': { implemented: ['path'] },
  'envoy.extensions.filters.http.rbac.v3.RBAC': {
    implemented: [
      'rules',
      'rules_stat_prefix',
      'matcher',
      'shadow_rules',
      'shadow_matcher',
      'shadow_rules_stat_prefix',
      'track_per_rule_stats',
    ],
  },
  'envoy.extensions.filters.http.rbac.v3.RBACPerRoute': { implemented: ['rbac'] },
  'envoy.extensions.filters.network.rbac.v3.RBAC': {
    implemented: [
      'rules',
      'matcher',
      'shadow_rules',
      'shadow_matcher',
      'shadow_rules_stat_prefix',
      'stat_prefix',
      'enforcement_type',
      'delay_deny',
    ],
  },
  'envoy.config.rbac.v3.RBAC': {
    implemented: ['action', 'policies'],
    harmless: { audit_logging_options: 'for gRPC clients; Envoy does not read it either' },
  },
  'envoy.config.rbac.v3.Action': { implemented: ['name', 'action'] },
  'envoy.extensions.rbac.matchers.upstream_ip_port.v3.UpstreamIpPortMatcher': {
    implemented: ['upstream_ip', 'upstream_port_range'],
  },
  'envoy.extensions.rbac.principals.mtls_authenticated.v3.Config': {
    implemented: ['san_matcher', 'any_validated_client_certificate'],
  },
  'envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher': { implemented: ['san_type', 'matcher', 'oid'] },
  'envoy.config.rbac.v3.Policy': {
    implemented: ['permissions', 'principals', 'condition', 'cel_config'],
    harmless: { checked_condition: 'Envoy does not look at it either; set condition' },
  },
  'envoy.config.rbac.v3.SourcedMetadata': { implemented: ['metadata_matcher', 'metadata_source'] },
  'envoy.config.rbac.v3.Permission': {
    implemented: [
      'and_rules',
      'or_rules',
      'any',
      'header',
      'url_path',
      'destination_ip',
      'destination_port',
      'destination_port_range',
      'metadata',
      'not_rule',
      'requested_server_name',
      'sourced_metadata',
      'uri_template',
      'matcher',
    ],
  },
  'envoy.config.rbac.v3.Permission.Set': { implemented: ['rules'] },
  'envoy.config.rbac.v3.Principal': {
    implemented: [
      'and_ids',
      'or_ids',
      'any',
      'authenticated',
      'source_ip',
      'direct_remote_ip',
      'remote_ip',
      'header',
      'url_path',
      'metadata',
      'filter_state',
      'not_id',
      'sourced_metadata',
      'custom',
    ],
  },
  'envoy.config.rbac.v3.Principal.Set': { implemented: ['ids'] },
  'envoy.config.rbac.v3.Principal.Authenticated': { implemented: ['principal_name'] },
  'envoy.extensions.filters.http.set_filter_state.v3.Config': {
    implemented: ['on_request_headers', 'clear_route_cache'],
  },
  'envoy.extensions.filters.common.set_filter_state.v3.FilterStateValue': {
    implemented: ['object_key', 'factory_key', 'format_string', 'skip_if_empty', 'shared_with_upstream'],
    harmless: { read_only: 'deprecated; Envoy lets it be replaced as well' },
  },
  'envoy.extensions.filters.http.set_metadata.v3.Config': { implemented: ['metadata_namespace', 'value', 'metadata'] },
  'envoy.extensions.filters.http.set_metadata.v3.Metadata': {
    implemented: ['metadata_namespace', 'allow_overwrite', 'value', 'typed_value'],
  },
};
