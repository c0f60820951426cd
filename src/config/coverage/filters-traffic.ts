/** Owns the coverage of the HTTP filters that shape traffic: fault, local_ratelimit. */
import type { PackageCoverage } from './coverage.ts';

export const filtersTraffic: PackageCoverage = {
  'envoy.extensions.filters.http.fault.v3.HTTPFault': {
    implemented: [
      'delay',
      'abort',
      'upstream_cluster',
      'headers',
      'downstream_nodes',
      'max_active_faults',
      'response_rate_limit',
      'delay_percent_runtime',
      'abort_percent_runtime',
      'delay_duration_runtime',
      'abort_http_status_runtime',
      'max_active_faults_runtime',
      'response_rate_limit_percent_runtime',
      'abort_grpc_status_runtime',
      'disable_downstream_cluster_stats',
      'filter_metadata',
    ],
  },
  'envoy.extensions.filters.http.fault.v3.FaultAbort': {
    implemented: ['http_status', 'grpc_status', 'header_abort', 'percentage', 'response_body'],
  },
  'envoy.extensions.filters.common.fault.v3.FaultDelay': {
    implemented: ['fixed_delay', 'header_delay', 'percentage'],
  },
  'envoy.extensions.filters.common.fault.v3.FaultRateLimit': {
    implemented: ['fixed_limit', 'header_limit', 'percentage'],
  },
  'envoy.extensions.filters.common.fault.v3.FaultRateLimit.FixedLimit': { implemented: ['limit_kbps'] },
  'envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit': {
    implemented: [
      'stat_prefix',
      'status',
      'token_bucket',
      'filter_enabled',
      'filter_enforced',
      'request_headers_to_add_when_not_enforced',
      'response_headers_to_add',
      'descriptors',
      'stage',
      'local_rate_limit_per_downstream_connection',
      'enable_x_ratelimit_headers',
      'vh_rate_limits',
      'always_consume_default_token_bucket',
      'rate_limited_as_resource_exhausted',
      'rate_limits',
      'max_dynamic_descriptors',
      'enable_retry_after_header',
      'local_cluster_rate_limit',
    ],
  },
  'envoy.extensions.common.ratelimit.v3.LocalRateLimitDescriptor': {
    implemented: ['entries', 'token_bucket', 'shadow_mode'],
  },
  'envoy.extensions.common.ratelimit.v3.RateLimitDescriptor.Entry': { implemented: ['key', 'value'] },
  'envoy.type.v3.TokenBucket': { implemented: ['max_tokens', 'tokens_per_fill', 'fill_interval'] },
  'envoy.type.v3.HttpStatus': { implemented: ['code'] },
};
