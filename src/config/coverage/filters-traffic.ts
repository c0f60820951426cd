/** Owns the coverage of the HTTP filters that shape traffic: fault, local_ratelimit, compressor, decompressor. */
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
};
