// Owns the subset policy's factory: the extension's message, or a cluster's lb_subset_config, to plain configuration.
import type { ConfigContext } from '../../../config/api.ts';
import type {
  Cluster_LbSubsetConfig,
  Cluster_LbSubsetConfig_LbSubsetSelector,
} from '../../../generated/envoy/config/cluster/v3/cluster_pb.d.ts';
import type {
  Subset,
  Subset_LbSubsetMetadataFallbackPolicy,
  Subset_LbSubsetSelector,
} from '../../../generated/envoy/extensions/load_balancing_policies/subset/v3/subset_pb.d.ts';
import type { LoadBalancerConfig, LoadBalancerFactory } from '../../../upstream/load-balancing/api.ts';
import type { Fallback, SelectorConfig, SubsetConfig } from './subset-config.ts';
import { SubsetLoadBalancer } from './subset-load-balancer.ts';

const FALLBACK_LIST: Subset_LbSubsetMetadataFallbackPolicy = 1;

/** By LbSubsetFallbackPolicy. */
const fallbacks: readonly Fallback[] = ['none', 'any', 'default'];
/** By LbSubsetSelectorFallbackPolicy. */
const selectorFallbacks: readonly (Fallback | 'keys' | null)[] = [null, 'none', 'any', 'default', 'keys'];

export const factory: LoadBalancerFactory<SubsetConfig> = {
  parse(untyped, context, readChild) {
    const message = untyped as Subset | Cluster_LbSubsetConfig;
    const isExtension = 'subsetLbPolicy' in message || 'allowRedundantKeys' in message;
    let child: LoadBalancerConfig | undefined;
    if (isExtension && message.subsetLbPolicy === undefined) {
      context.error(message, 'subset_lb_policy', 'RMR0402', 'The subset policy needs subset_lb_policy');
    } else child = readChild(isExtension ? message.subsetLbPolicy : undefined);
    return {
      child,
      fallback: fallbacks[message.fallbackPolicy] ?? 'none',
      defaultSubset: message.defaultSubset ?? {},
      selectors: message.subsetSelectors.map((selector) => readSelector(selector, context)),
      redundantKeys: isExtension && message.allowRedundantKeys,
      localityWeights: !message.localityWeightAware ? 'none' : message.scaleLocalityWeight ? 'scaled' : 'whole',
      panicModeAny: message.panicModeAny,
      listAsAny: message.listAsAny,
      metadataFallbackList: message.metadataFallbackPolicy === FALLBACK_LIST,
    };
  },
  create(options) {
    return new SubsetLoadBalancer(options);
  },
};

function readSelector(
  message: Subset_LbSubsetSelector | Cluster_LbSubsetConfig_LbSubsetSelector,
  context: ConfigContext,
): SelectorConfig {
  const keys = sortedUnique(message.keys);
  const fallbackKeys = sortedUnique(message.fallbackKeysSubset);
  const fallback = selectorFallbacks[message.fallbackPolicy] ?? null;
  const wrong = (text: string, hint?: string): void =>
    context.error(message, 'fallback_keys_subset', 'RMR0402', text, hint);
  if (fallback !== 'keys') {
    if (fallbackKeys.length > 0) wrong('fallback_keys_subset needs fallback_policy KEYS_SUBSET');
  } else if (fallbackKeys.length === 0) wrong('fallback_policy KEYS_SUBSET needs fallback_keys_subset');
  else if (!fallbackKeys.every((key) => keys.includes(key))) wrong('fallback_keys_subset must be among the keys');
  else if (fallbackKeys.length === keys.length) {
    wrong('fallback_keys_subset must leave out one of the keys at least', 'it would ask for the same subset again');
  }
  return { keys, fallback, fallbackKeys, singleHost: message.singleHostPerSubset };
}

function sortedUnique(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
