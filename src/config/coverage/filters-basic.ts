/** Owns the coverage of the HTTP filters buffer, cors, csrf, health_check and header_mutation. */
import type { PackageCoverage } from './coverage.ts';

const filters = 'envoy.extensions.filters.http';

/** Of both messages. */
const corsPolicy = [
  'allow_origin_string_match',
  'allow_methods',
  'allow_headers',
  'expose_headers',
  'max_age',
  'allow_credentials',
  'filter_enabled',
  'shadow_enabled',
  'allow_private_network_access',
  'forward_not_matching_preflights',
];

export const filtersBasic: PackageCoverage = {
  [`${filters}.buffer.v3.Buffer`]: { implemented: ['max_request_bytes'] },
  [`${filters}.buffer.v3.BufferPerRoute`]: { implemented: ['disabled', 'buffer'] },
  [`${filters}.cors.v3.CorsPolicy`]: { implemented: [...corsPolicy] },
  [`${filters}.csrf.v3.CsrfPolicy`]: { implemented: ['filter_enabled', 'shadow_enabled', 'additional_origins'] },
  [`${filters}.header_mutation.v3.HeaderMutation`]: {
    implemented: ['mutations', 'most_specific_header_mutations_wins'],
  },
  [`${filters}.header_mutation.v3.HeaderMutationPerRoute`]: { implemented: ['mutations'] },
  [`${filters}.header_mutation.v3.Mutations`]: {
    implemented: [
      'request_mutations',
      'query_parameter_mutations',
      'response_mutations',
      'response_trailers_mutations',
      'request_trailers_mutations',
      'formatters',
    ],
  },
  [`${filters}.health_check.v3.HealthCheck`]: {
    implemented: ['pass_through_mode', 'cache_time', 'cluster_min_healthy_percentages', 'headers'],
  },
  'envoy.config.core.v3.KeyValueMutation': { implemented: ['append', 'remove'] },
  'envoy.config.core.v3.KeyValueAppend': {
    implemented: ['record', 'action'],
    harmless: { entry: 'Envoy does not read it here either: record is needed' },
  },
  'envoy.config.core.v3.KeyValuePair': { implemented: ['key', 'value'] },
  'envoy.config.route.v3.CorsPolicy': { implemented: [...corsPolicy] },
};
