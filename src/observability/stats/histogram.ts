// Owns one histogram: recording must cost next to nothing, everything else happens when the interval ends or a scrape asks.
//
// Values of the running interval are counted in a dense array that exists only while there are some; `flush` turns it into
// a sparse list. So an idle histogram holds a few numbers, and one that is used a kilobyte or two.
import type { Histogram, HistogramUnit } from './api.ts';
import { addBins, binOf, NO_BINS, type SparseBins } from './bins.ts';

/** Fractions of `percent` histograms are counted in millionths, as Envoy's. */
const PERCENT_SCALE = 1_000_000;
/** Grown by whole decades, so that a histogram of milliseconds does not pay for one of gigabytes. */
const GROWTH = 90;
const NO_COUNTS = new Uint32Array(0);

/** Told when a histogram gets its first value of an interval. */
export interface DirtyList {
  onDirty(histogram: LogLinearHistogram): void;
}

export class LogLinearHistogram implements Histogram {
  readonly name: string;
  readonly unit: HistogramUnit;
  readonly #owner: DirtyList;
  readonly #scale: number;
  #counts = NO_COUNTS;
  #interval: SparseBins = NO_BINS;
  #earlier: SparseBins = NO_BINS;

  constructor(name: string, unit: HistogramUnit, owner: DirtyList) {
    this.name = name;
    this.unit = unit;
    this.#owner = owner;
    this.#scale = unit === 'percent' ? PERCENT_SCALE : 1;
  }

  /** Fractions are cut off; negative values and NaN count as 0. */
  record(value: number): void {
    const scaled = value * this.#scale;
    const bin = scaled >= 1 ? binOf(Math.floor(scaled)) : 0;
    if (bin >= this.#counts.length) this.#grow(bin);
    (this.#counts[bin] as number)++;
  }

  #grow(bin: number): void {
    if (this.#counts.length === 0) this.#owner.onDirty(this);
    const grown = new Uint32Array(1 + GROWTH * Math.ceil((bin + 1) / GROWTH));
    grown.set(this.#counts);
    this.#counts = grown;
  }

  /** Was ever a value recorded. */
  get used(): boolean {
    return this.#earlier !== NO_BINS || this.#counts.length > 0;
  }

  /** What stored values are divided by to be shown. */
  get scale(): number {
    return this.#scale;
  }

  /** Values of the last whole interval (stats_flush_interval). */
  get interval(): SparseBins {
    return this.#interval;
  }

  /** All values, up to this moment. */
  cumulative(): SparseBins {
    return addBins(this.#earlier, sparse(this.#counts));
  }

  /** Ends the interval. False: it was empty, so nothing is left to do for the next one. */
  flush(): boolean {
    this.#interval = sparse(this.#counts);
    this.#earlier = addBins(this.#earlier, this.#interval);
    this.#counts = NO_COUNTS;
    return this.#interval !== NO_BINS;
  }
}

function sparse(counts: Uint32Array): SparseBins {
  if (counts.length === 0) return NO_BINS;
  const result: { bins: number[]; counts: number[] } = { bins: [], counts: [] };
  for (let bin = 0; bin < counts.length; bin++) {
    if (counts[bin] === 0) continue;
    result.bins.push(bin);
    result.counts.push(counts[bin] as number);
  }
  return result;
}
