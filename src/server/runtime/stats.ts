// Owns the statistics of the runtime.
import type { Counter, Gauge, StatsScope } from '../../observability/stats/api.ts';

export interface RuntimeStats {
  readonly loadSuccess: Counter;
  readonly loadError: Counter;
  readonly overrideDirExists: Counter;
  readonly overrideDirNotExists: Counter;
  readonly deprecatedFeatureUse: Counter;
  readonly deprecatedFeatureSeen: Gauge;
  readonly adminOverridesActive: Gauge;
  readonly numKeys: Gauge;
  readonly numLayers: Gauge;
}

/** `stats`: the scope without prefix. */
export function runtimeStats(stats: StatsScope): RuntimeStats {
  const scope = stats.scope('runtime.');
  return {
    loadSuccess: scope.counter('load_success'),
    loadError: scope.counter('load_error'),
    overrideDirExists: scope.counter('override_dir_exists'),
    overrideDirNotExists: scope.counter('override_dir_not_exists'),
    deprecatedFeatureUse: scope.counter('deprecated_feature_use'),
    deprecatedFeatureSeen: scope.gauge('deprecated_feature_seen_since_process_start'),
    adminOverridesActive: scope.gauge('admin_overrides_active'),
    numKeys: scope.gauge('num_keys'),
    numLayers: scope.gauge('num_layers'),
  };
}
