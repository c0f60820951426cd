// Owns what a scrape may see of statistics, whoever holds them: one store, or the stores of all event loops added up.
import type { HistogramUnit } from './api.ts';
import { addBins, type SparseBins } from './bins.ts';

export interface NumberView {
  readonly name: string;
  readonly value: number;
  /** Was ever written: `usedonly` shows it. */
  readonly used: boolean;
}

export interface TextView {
  readonly name: string;
  readonly value: string;
  readonly used: boolean;
}

export interface HistogramView {
  readonly name: string;
  readonly unit: HistogramUnit;
  readonly used: boolean;
  /** What stored values are divided by to be shown: 1, or a million for `percent`. */
  readonly scale: number;
  /** Values of the last whole interval. */
  readonly interval: SparseBins;
  cumulative(): SparseBins;
}

/** In no particular order. Iterators stay valid while statistics come and go. */
export interface StatsView {
  counters(): Iterable<NumberView>;
  gauges(): Iterable<NumberView>;
  histograms(): Iterable<HistogramView>;
  textReadouts(): Iterable<TextView>;
}

/** The statistics of several event loops, added up by name. Text readouts are the first one's. */
export class SummedView implements StatsView {
  readonly #views: readonly StatsView[];

  constructor(views: readonly StatsView[]) {
    this.#views = views;
  }

  counters(): Iterable<NumberView> {
    return sumNumbers(this.#views.map((view) => view.counters()));
  }

  gauges(): Iterable<NumberView> {
    return sumNumbers(this.#views.map((view) => view.gauges()));
  }

  histograms(): Iterable<HistogramView> {
    const byName = new Map<string, HistogramView[]>();
    for (const view of this.#views) {
      for (const histogram of view.histograms()) {
        const list = byName.get(histogram.name);
        if (list === undefined) byName.set(histogram.name, [histogram]);
        else list.push(histogram);
      }
    }
    return Array.from(byName.values(), (list) => new SummedHistogram(list));
  }

  textReadouts(): Iterable<TextView> {
    return this.#views[0]?.textReadouts() ?? [];
  }
}

class SummedHistogram implements HistogramView {
  readonly #parts: readonly HistogramView[];
  readonly name: string;
  readonly unit: HistogramUnit;
  readonly scale: number;

  constructor(parts: readonly HistogramView[]) {
    this.#parts = parts;
    // Made from a list that has at least one element.
    const first = parts[0] as HistogramView;
    this.name = first.name;
    this.unit = first.unit;
    this.scale = first.scale;
  }

  get used(): boolean {
    return this.#parts.some((part) => part.used);
  }

  get interval(): SparseBins {
    return this.#parts.map((part) => part.interval).reduce(addBins);
  }

  cumulative(): SparseBins {
    return this.#parts.map((part) => part.cumulative()).reduce(addBins);
  }
}

function sumNumbers(lists: readonly Iterable<NumberView>[]): Iterable<NumberView> {
  const byName = new Map<string, { name: string; value: number; used: boolean }>();
  for (const list of lists) {
    for (const { name, value, used } of list) {
      const sum = byName.get(name);
      if (sum === undefined) {
        byName.set(name, { name, value, used });
      } else {
        sum.value += value;
        sum.used ||= used;
      }
    }
  }
  return byName.values();
}
