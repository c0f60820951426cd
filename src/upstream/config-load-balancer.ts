// Owns the choice of the load-balancing policy: `load_balancing_policy` (the first one that is known), or `lb_policy`
// with its `*_lb_config`, read as the same policies.
import type { ConfigContext } from '../config/context.ts';
import type { ExtensionRegistry } from '../config/extension-registry.ts';
import { typeNameOf } from '../config/unpacked.ts';
import type {
  Cluster,
  Cluster_LbPolicy,
  LoadBalancingPolicy,
} from '../generated/envoy/config/cluster/v3/cluster_pb.d.ts';
import {
  type CommonLbConfig,
  type LoadBalancerConfig,
  type LoadBalancerFactory,
  loadBalancerCategory,
  type ReadChildPolicy,
} from './load-balancing/api.ts';

const policies = 'envoy.extensions.load_balancing_policies';

/** By Cluster.LbPolicy. */
const policyTypes: Readonly<Record<number, string>> = {
  0: `${policies}.round_robin.v3.RoundRobin`,
  1: `${policies}.least_request.v3.LeastRequest`,
  2: `${policies}.ring_hash.v3.RingHash`,
  3: `${policies}.random.v3.Random`,
  5: `${policies}.maglev.v3.Maglev`,
  6: `${policies}.cluster_provided.v3.ClusterProvided`,
};
const policyNames: Readonly<Record<number, string>> = { 2: 'RING_HASH', 5: 'MAGLEV' };
const LOAD_BALANCING_POLICY_CONFIG: Cluster_LbPolicy = 7;

const subsetType = `${policies}.subset.v3.Subset`;

/** The message names of the policies that `lb_policy` and `lb_subset_config` stand for; none when `load_balancing_policy` decides. */
export function legacyPolicyTypes(cluster: Cluster): string[] {
  if (cluster.loadBalancingPolicy !== undefined) return [];
  const typeName = policyTypes[cluster.lbPolicy];
  const types = typeName === undefined ? [] : [typeName];
  return hasSubsets(cluster) ? [subsetType, ...types] : types;
}

/** Without selectors there are no subsets, whatever else the message says. */
function hasSubsets(cluster: Cluster): boolean {
  return (cluster.lbSubsetConfig?.subsetSelectors.length ?? 0) > 0;
}

export function readLoadBalancer(
  cluster: Cluster,
  extensions: ExtensionRegistry,
  context: ConfigContext,
): LoadBalancerConfig | undefined {
  if (cluster.loadBalancingPolicy !== undefined) return readPolicies(cluster.loadBalancingPolicy, extensions, context);
  if (cluster.lbPolicy === LOAD_BALANCING_POLICY_CONFIG) {
    context.error(
      cluster,
      'load_balancing_policy',
      'RMR0400',
      'lb_policy LOAD_BALANCING_POLICY_CONFIG needs load_balancing_policy',
    );
    return undefined;
  }
  const typeName = policyTypes[cluster.lbPolicy];
  const factory = typeName === undefined ? undefined : extensions.get(loadBalancerCategory, typeName);
  if (typeName === undefined || factory === undefined) {
    const name = policyNames[cluster.lbPolicy] ?? cluster.lbPolicy;
    context.error(cluster, 'lb_policy', 'RMR0304', `The load-balancing policy ${name} is not implemented yet`);
    return undefined;
  }
  const common = cluster.commonLbConfig;
  const locality = common === undefined ? undefined : { localityConfigSpecifier: common.localityConfigSpecifier };
  const policy = parsed(typeName, factory, { ...cluster.lbConfig.value, localityLbConfig: locality }, context, noChild);
  return readSubsets(cluster, policy, extensions, context);
}

/** `lb_subset_config` is the subset policy over the cluster's own. */
function readSubsets(
  cluster: Cluster,
  policy: LoadBalancerConfig,
  extensions: ExtensionRegistry,
  context: ConfigContext,
): LoadBalancerConfig {
  const subsets = cluster.lbSubsetConfig;
  if (subsets === undefined) return policy;
  const locality = cluster.commonLbConfig?.localityConfigSpecifier;
  if (subsets.localityWeightAware && locality?.case !== 'localityWeightedLbConfig') {
    const text = 'locality_weight_aware needs common_lb_config.locality_weighted_lb_config';
    context.error(subsets, 'locality_weight_aware', 'RMR0402', text);
  }
  const factory = hasSubsets(cluster) ? extensions.get(loadBalancerCategory, subsetType) : undefined;
  return factory === undefined ? policy : parsed(subsetType, factory, subsets, context, () => policy);
}

/** The policies of `lb_policy` have none under them. */
const noChild: ReadChildPolicy = () => undefined;

function readPolicies(
  message: LoadBalancingPolicy,
  extensions: ExtensionRegistry,
  context: ConfigContext,
): LoadBalancerConfig | undefined {
  const seen: string[] = [];
  for (const policy of message.policies) {
    const any = policy.typedExtensionConfig?.typedConfig;
    if (any === undefined) continue;
    const typeName = typeNameOf(any.typeUrl);
    const factory = extensions.get(loadBalancerCategory, typeName);
    if (factory === undefined) {
      seen.push(typeName);
      continue;
    }
    const config = context.unpack(any);
    if (config === undefined) return undefined;
    const readChild: ReadChildPolicy = (child) => readPolicies(child as LoadBalancingPolicy, extensions, context);
    return parsed(typeName, factory, config, context, readChild);
  }
  context.error(
    message,
    'policies',
    'RMR0304',
    `None of the load-balancing policies is implemented yet: ${seen.join(', ')}`,
  );
  return undefined;
}

function parsed(
  typeName: string,
  factory: LoadBalancerFactory,
  message: unknown,
  context: ConfigContext,
  readChild: ReadChildPolicy,
): LoadBalancerConfig {
  return { typeName, factory, config: factory.parse(message, context, readChild) };
}

export function readCommonLb(cluster: Cluster): CommonLbConfig {
  return { panicThreshold: cluster.commonLbConfig?.healthyPanicThreshold?.value ?? 50 };
}
