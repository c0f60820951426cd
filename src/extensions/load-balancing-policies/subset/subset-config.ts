// Owns the shape of the subset policy's configuration.
import type { LoadBalancerConfig } from '../../../upstream/load-balancing/api.ts';

/** Where a request goes that no subset fits: nowhere, to any host, to the hosts of the default subset. */
export type Fallback = 'none' | 'any' | 'default';

export interface SelectorConfig {
  /** In order of names. */
  readonly keys: readonly string[];
  /** `keys`: asks once more, with fewer keys. Null: the policy's own. */
  readonly fallback: Fallback | 'keys' | null;
  readonly fallbackKeys: readonly string[];
  readonly singleHost: boolean;
}

export interface SubsetConfig {
  /** The policy inside of each subset; undefined after an error was reported. */
  readonly child: LoadBalancerConfig | undefined;
  readonly fallback: Fallback;
  readonly defaultSubset: Readonly<Record<string, unknown>>;
  readonly selectors: readonly SelectorConfig[];
  /** Requests may say more than a selector asks for. */
  readonly redundantKeys: boolean;
  /** What a locality weighs in a subset; `scaled`: by the share of its hosts that are in it. */
  readonly localityWeights: 'none' | 'whole' | 'scaled';
  readonly panicModeAny: boolean;
  /** A host whose value is a list is in the subset of each. */
  readonly listAsAny: boolean;
  /** The request's `fallback_list` is tried in order. */
  readonly metadataFallbackList: boolean;
}
