// Owns the manifest's lines for network filters, by name.
import type { ExtensionEntry } from '../../../config/extension-registry.ts';

const category = 'envoy.filters.network';
const stable = { category, status: 'stable' } as const;
const facesDownstream = { securityPosture: 'robust_to_untrusted_downstream' } as const;

export const networkFilters: readonly ExtensionEntry[] = [
  {
    name: 'envoy.filters.network.http_connection_manager',
    typeNames: ['envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'],
    ...stable,
    ...facesDownstream,
    load: () => import('./http-connection-manager/config.ts'),
  },
  {
    name: 'envoy.filters.network.rbac',
    typeNames: ['envoy.extensions.filters.network.rbac.v3.RBAC'],
    ...stable,
    ...facesDownstream,
    load: () => import('./rbac/config.ts'),
  },
];
