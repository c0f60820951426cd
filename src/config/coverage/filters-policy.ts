/** Owns the coverage of filters that set and judge what is known of a request: metadata, filter state, rbac, gRPC statistics. */
import type { PackageCoverage } from './coverage.ts';

export const filtersPolicy: PackageCoverage = {
  'envoy.extensions.filters.http.set_metadata.v3.Config': { implemented: ['metadata_namespace', 'value', 'metadata'] },
  'envoy.extensions.filters.http.set_metadata.v3.Metadata': {
    implemented: ['metadata_namespace', 'allow_overwrite', 'value', 'typed_value'],
  },
};
