/** Owns the coverage of the HTTP filters buffer, cors, csrf, health_check and header_mutation. */
import type { PackageCoverage } from './coverage.ts';

const filters = 'envoy.extensions.filters.http';

export const filtersBasic: PackageCoverage = {
  [`${filters}.buffer.v3.Buffer`]: { implemented: ['max_request_bytes'] },
  [`${filters}.buffer.v3.BufferPerRoute`]: { implemented: ['disabled', 'buffer'] },
};
