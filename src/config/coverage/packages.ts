/** Owns the list of package files. A new file must be named here. */
import type { PackageCoverage } from './coverage.ts';

export const packages: PackageCoverage = {
  'envoy.config.listener.v3.Listener': {
    refused: { api_listener: 'there is no API listener here, and Envoy refuses it outside of Envoy Mobile too' },
  },
};
