// Owns the reading of LocalityLbConfig: whether localities are picked by weight, or zone-aware.
import type {
  LocalityLbConfig,
  SlowStartConfig,
} from '../../../generated/envoy/extensions/load_balancing_policies/common/v3/common_pb.d.ts';

export type LocalityChoice =
  | { readonly kind: 'none' }
  | { readonly kind: 'weighted' }
  /** Without the local cluster's hosts zone-aware routing sends everywhere alike; only its panic rule acts. */
  | { readonly kind: 'zone_aware'; readonly failTrafficOnPanic: boolean };

/** The message may be absent. */
export function parseLocalityConfig(config: LocalityLbConfig | undefined): LocalityChoice {
  const choice = config?.localityConfigSpecifier;
  if (choice?.case === 'localityWeightedLbConfig') return { kind: 'weighted' };
  if (choice?.case === 'zoneAwareLbConfig') {
    return { kind: 'zone_aware', failTrafficOnPanic: choice.value.failTrafficOnPanic };
  }
  return { kind: 'none' };
}

export type { LocalityLbConfig, SlowStartConfig };
