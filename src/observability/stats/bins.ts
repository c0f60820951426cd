// Owns the log-linear bins of histograms: two significant decimal digits, as circllhist's, which Envoy's quantiles and
// buckets are computed from. Bin 0 is the value 0; then 90 bins for each power of ten: [1.0, 1.1), [1.1, 1.2) … [9.9, 10),
// [10, 11) … Values are integers, so the decades below 1 are never used.

const BINS_PER_DECADE = 90;
/** 2^64 ends in the decade of 10^19. */
export const MAX_BINS = 1 + BINS_PER_DECADE * 20;

/** Powers of ten up to 10^19; exact as numbers. */
const powers: readonly number[] = Array.from({ length: 21 }, (_, exponent) => Number(`1e${exponent}`));

/** Decade of the smallest value with that many leading zero bits; at most one too small. */
const decadeByLeadingZeros = Uint8Array.from({ length: 33 }, (_, zeros) =>
  zeros === 32 ? 0 : Math.floor(Math.log10(2 ** (31 - zeros))),
);

/** Bin of a non-negative integer. Costs a count of leading zeros, a comparison and a division. */
export function binOf(value: number): number {
  if (value === 0) return 0;
  let decade: number;
  if (value <= 0xffffffff) {
    decade = decadeByLeadingZeros[Math.clz32(value)] as number;
    if (value >= (powers[decade + 1] as number)) decade += 1;
  } else {
    decade = 9;
    while (decade < 19 && value >= (powers[decade + 1] as number)) decade += 1;
  }
  const digits = decade === 0 ? value * 10 : Math.min(99, Math.floor(value / (powers[decade - 1] as number)));
  return 1 + BINS_PER_DECADE * decade + digits - 10;
}

export function binLow(bin: number): number {
  if (bin === 0) return 0;
  const decade = Math.floor((bin - 1) / BINS_PER_DECADE);
  const digits = ((bin - 1) % BINS_PER_DECADE) + 10;
  return decade === 0 ? digits / 10 : digits * (powers[decade - 1] as number);
}

export function binWidth(bin: number): number {
  if (bin === 0) return 0;
  const decade = Math.floor((bin - 1) / BINS_PER_DECADE);
  return decade === 0 ? 0.1 : (powers[decade - 1] as number);
}

/** Counts of the bins that are not empty, in order. */
export interface SparseBins {
  readonly bins: readonly number[];
  readonly counts: readonly number[];
}

export const NO_BINS: SparseBins = Object.freeze({ bins: Object.freeze([]), counts: Object.freeze([]) });

export function addBins(left: SparseBins, right: SparseBins): SparseBins {
  if (left.bins.length === 0) return right;
  if (right.bins.length === 0) return left;
  const bins: number[] = [];
  const counts: number[] = [];
  let i = 0;
  let j = 0;
  while (i < left.bins.length || j < right.bins.length) {
    const a = left.bins[i] ?? MAX_BINS;
    const b = right.bins[j] ?? MAX_BINS;
    bins.push(Math.min(a, b));
    let count = 0;
    if (a <= b) count += left.counts[i++] as number;
    if (b <= a) count += right.counts[j++] as number;
    counts.push(count);
  }
  return { bins, counts };
}

export function totalCount(values: SparseBins): number {
  let total = 0;
  for (const count of values.counts) total += count;
  return total;
}

/**
 * Approximate sum: every value of a bin counts as the harmonic mean of the bin's ends, as circllhist takes it (smaller
 * error than the middle when values fall off within a bin).
 */
export function approximateSum(values: SparseBins): number {
  let sum = 0;
  for (let i = 0; i < values.bins.length; i++) {
    const low = binLow(values.bins[i] as number);
    const high = low + binWidth(values.bins[i] as number);
    if (low > 0) sum += ((2 * low * high) / (low + high)) * (values.counts[i] as number);
  }
  return sum;
}

/** How many values lie in bins that start at `limit` or below: what Envoy prints as the count of a cumulative bucket. */
export function countAtMost(values: SparseBins, limit: number): number {
  let count = 0;
  for (let i = 0; i < values.bins.length; i++) {
    if (binLow(values.bins[i] as number) > limit) break;
    count += values.counts[i] as number;
  }
  return count;
}

/** Values at the quantiles (ascending, 0 to 1); NaN when there are no values. The n values of a bin are spread evenly inside it. */
export function quantiles(values: SparseBins, wanted: readonly number[]): number[] {
  const total = totalCount(values);
  if (total === 0) return wanted.map(() => Number.NaN);
  const result: number[] = [];
  let index = 0;
  let below = 0;
  for (const quantile of wanted) {
    const rank = Math.max(1, Math.ceil(quantile * total));
    while (below + (values.counts[index] as number) < rank) below += values.counts[index++] as number;
    const bin = values.bins[index] as number;
    const count = values.counts[index] as number;
    result.push(binLow(bin) + ((rank - below) / (count + 1)) * binWidth(bin));
  }
  return result;
}
