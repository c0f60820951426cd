// Owns the manifest's lines for load-balancing policies.
import type { ExtensionEntry } from '../../config/extension-registry.ts';

const policies = 'envoy.extensions.load_balancing_policies';
const common = { category: 'envoy.load_balancing_policies', status: 'stable', securityPosture: 'unknown' } as const;

export const loadBalancingPolicies: readonly ExtensionEntry[] = [
  {
    ...common,
    name: 'envoy.load_balancing_policies.round_robin',
    typeNames: [`${policies}.round_robin.v3.RoundRobin`],
    load: () => import('./round-robin/config.ts'),
  },
  {
    ...common,
    name: 'envoy.load_balancing_policies.least_request',
    typeNames: [`${policies}.least_request.v3.LeastRequest`],
    load: () => import('./least-request/config.ts'),
  },
  {
    ...common,
    name: 'envoy.load_balancing_policies.random',
    typeNames: [`${policies}.random.v3.Random`],
    load: () => import('./random/config.ts'),
  },
  {
    ...common,
    name: 'envoy.load_balancing_policies.cluster_provided',
    typeNames: [`${policies}.cluster_provided.v3.ClusterProvided`],
    load: () => import('./cluster-provided/config.ts'),
  },
  {
    ...common,
    name: 'envoy.load_balancing_policies.subset',
    typeNames: [`${policies}.subset.v3.Subset`],
    load: () => import('./subset/config.ts'),
  },
];
