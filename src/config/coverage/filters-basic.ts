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
  'envoy.config.route.v3.CorsPolicy': { implemented: [...corsPolicy] },
};
