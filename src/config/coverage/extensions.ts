/** Owns the coverage of the other extensions: load balancing, DNS clusters, network filters, access logs. */
import { zoneAware } from './cluster.ts';
import type { PackageCoverage } from './coverage.ts';

const foundByType = 'extensions are found by the type of their configuration, as in Envoy';

export const extensions: PackageCoverage = {
  'envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig': { implemented: ['path_template'] },
  'envoy.extensions.path.rewrite.uri_template.v3.UriTemplateRewriteConfig': { implemented: ['path_template_rewrite'] },
  'envoy.extensions.clusters.dns.v3.DnsCluster': {
    implemented: [
      'dns_refresh_rate',
      'dns_failure_refresh_rate',
      'respect_dns_ttl',
      'dns_jitter',
      'typed_dns_resolver_config',
      'dns_lookup_family',
      'all_addresses_in_single_endpoint',
      'dns_min_refresh_rate',
    ],
  },
  'envoy.extensions.clusters.dns.v3.DnsCluster.RefreshRate': { implemented: ['base_interval', 'max_interval'] },
  'envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig': {
    implemented: [
      'resolvers',
      'use_resolvers_as_fallback',
      'query_timeout_seconds',
      'query_tries',
      'dns_resolver_options',
    ],
  },
  'envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest': {
    implemented: ['choice_count', 'active_request_bias', 'locality_lb_config', 'enable_full_scan', 'selection_method'],
    notYet: { slow_start_config: 'a later issue' },
  },
  'envoy.extensions.load_balancing_policies.random.v3.Random': { implemented: ['locality_lb_config'] },
  'envoy.extensions.load_balancing_policies.cluster_provided.v3.ClusterProvided': { implemented: [] },
  'envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin': {
    implemented: ['locality_lb_config'],
    notYet: { slow_start_config: 'a later issue' },
  },
  'envoy.extensions.load_balancing_policies.subset.v3.Subset': {
    implemented: [
      'fallback_policy',
      'default_subset',
      'subset_selectors',
      'allow_redundant_keys',
      'locality_weight_aware',
      'scale_locality_weight',
      'panic_mode_any',
      'list_as_any',
      'metadata_fallback_policy',
      'subset_lb_policy',
    ],
  },
  'envoy.extensions.load_balancing_policies.subset.v3.Subset.LbSubsetSelector': {
    implemented: ['keys', 'single_host_per_subset', 'fallback_policy', 'fallback_keys_subset'],
  },
  'envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig': {
    implemented: ['locality_weighted_lb_config', 'zone_aware_lb_config'],
  },
  'envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig.ZoneAwareLbConfig': zoneAware,
  'envoy.extensions.access_loggers.file.v3.FileAccessLog': {
    implemented: ['path', 'log_format', 'format', 'json_format', 'typed_json_format'],
  },
  'envoy.extensions.access_loggers.stream.v3.StdoutAccessLog': { implemented: ['log_format'] },
  'envoy.extensions.access_loggers.stream.v3.StderrAccessLog': { implemented: ['log_format'] },
  'envoy.config.accesslog.v3.AccessLog': {
    implemented: ['typed_config', 'filter'],
    harmless: { name: foundByType },
  },
  'envoy.config.accesslog.v3.AccessLogFilter': {
    implemented: [
      'status_code_filter',
      'duration_filter',
      'not_health_check_filter',
      'traceable_filter',
      'runtime_filter',
      'and_filter',
      'or_filter',
      'header_filter',
      'response_flag_filter',
      'grpc_status_filter',
      'log_type_filter',
      'metadata_filter',
      'extension_filter',
    ],
  },
  'envoy.config.accesslog.v3.ExtensionFilter': {
    implemented: ['typed_config'],
    harmless: { name: foundByType },
  },
  'envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter': {
    implemented: ['expression', 'cel_config'],
  },
  'envoy.extensions.formatter.cel.v3.Cel': { implemented: ['cel_config'] },
  'envoy.config.core.v3.CelExpressionConfig': {
    implemented: ['enable_string_conversion', 'enable_string_concat', 'enable_string_functions'],
  },
  'envoy.config.accesslog.v3.StatusCodeFilter': { implemented: ['comparison'] },
  'envoy.config.accesslog.v3.DurationFilter': { implemented: ['comparison'] },
  'envoy.config.accesslog.v3.ComparisonFilter': { implemented: ['op', 'value'] },
  'envoy.config.accesslog.v3.RuntimeFilter': {
    implemented: ['runtime_key', 'percent_sampled', 'use_independent_randomness'],
  },
  'envoy.config.accesslog.v3.AndFilter': { implemented: ['filters'] },
  'envoy.config.accesslog.v3.OrFilter': { implemented: ['filters'] },
  'envoy.config.accesslog.v3.HeaderFilter': { implemented: ['header'] },
  'envoy.config.accesslog.v3.ResponseFlagFilter': { implemented: ['flags'] },
  'envoy.config.accesslog.v3.GrpcStatusFilter': { implemented: ['statuses', 'exclude'] },
  'envoy.config.accesslog.v3.MetadataFilter': { implemented: ['matcher', 'match_if_key_not_found'] },
  'envoy.config.accesslog.v3.LogTypeFilter': { implemented: ['types', 'exclude'] },
  'envoy.type.matcher.v3.RegexMatcher': {
    implemented: ['regex'],
    harmless: { google_re2: 'there is one engine, and it is linear as RE2 is' },
  },
  'envoy.type.matcher.v3.RegexMatchAndSubstitute': { implemented: ['pattern', 'substitution'] },
  'envoy.type.matcher.v3.StringMatcher': {
    implemented: ['exact', 'prefix', 'suffix', 'safe_regex', 'contains', 'ignore_case'],
  },
  'envoy.type.matcher.v3.ListStringMatcher': { implemented: ['patterns'] },
  'envoy.type.v3.FractionalPercent': { implemented: ['numerator', 'denominator'] },
  'envoy.type.v3.Percent': { implemented: ['value'] },
  'envoy.type.v3.Int64Range': { implemented: ['start', 'end'] },
};
