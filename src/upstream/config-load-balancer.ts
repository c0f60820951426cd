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
import type { LoadBalancerConfig } from './cluster-config.ts';
import { type CommonLbConfig, type LoadBalancerFactory, loadBalancerCategory } from './load-balancing/api.ts';

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
const policyNames: Readonly<Record<number, string>> = { 2: 'RING_HASH', 5: 'MAGLEV', 6: 'CLUSTER_PROVIDED' };
const LOAD_BALANCING_POLICY_CONFIG: Cluster_LbPolicy = 7;

/** The message name of the policy that `lb_policy` stands for; undefined when `load_balancing_policy` decides. */
export function legacyPolicyType(cluster: Cluster): string | undefined {
  return cluster.loadBalancingPolicy === undefined ? policyTypes[cluster.lbPolicy] : undefined;
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
  return parsed(typeName, factory, { ...cluster.lbConfig.value, localityLbConfig: locality }, context);
}

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
    return config === undefined ? undefined : parsed(typeName, factory, config, context);
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
): LoadBalancerConfig {
  return { typeName, factory, config: factory.parse(message, context) };
}

export function readCommonLb(cluster: Cluster): CommonLbConfig {
  return { panicThreshold: cluster.commonLbConfig?.healthyPanicThreshold?.value ?? 50 };
}
