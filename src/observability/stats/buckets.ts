// Owns the limits of histogram buckets, for Prometheus and for histogram_buckets=cumulative|disjoint.
import { binLow, countAtMost, type SparseBins } from './bins.ts';

/** Envoy's default limits: made for milliseconds, used for all. */
export const DEFAULT_BUCKETS: readonly number[] = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000,
  3_600_000,
];

/** The first entry whose test takes the name decides (StatsConfig.histogram_bucket_settings). */
export interface BucketSetting {
  matches(name: string): boolean;
  readonly buckets: readonly number[];
}

export function bucketsOf(name: string, settings: readonly BucketSetting[]): readonly number[] {
  for (const setting of settings) if (setting.matches(name)) return setting.buckets;
  return DEFAULT_BUCKETS;
}

/** Counts of values at or below each limit. */
export function cumulativeCounts(values: SparseBins, limits: readonly number[], scale: number): number[] {
  return limits.map((limit) => countAtMost(values, limit * scale));
}

/** Counts of values above the limit before and at or below this one. */
export function disjointCounts(values: SparseBins, limits: readonly number[], scale: number): number[] {
  const counts = new Array<number>(limits.length).fill(0);
  let at = 0;
  for (let i = 0; i < values.bins.length; i++) {
    const low = binLow(values.bins[i] as number);
    while (at < limits.length && low > (limits[at] as number) * scale) at++;
    if (at === limits.length) break;
    (counts[at] as number) += values.counts[i] as number;
  }
  return counts;
}
