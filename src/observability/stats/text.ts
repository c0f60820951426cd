// Owns the text form of /stats.

import { shortestNumber, sixDigits } from '../../base/number-text.ts';
import { binLow, binWidth, quantiles, type SparseBins } from './bins.ts';
import { type BucketSetting, bucketsOf, cumulativeCounts, disjointCounts } from './buckets.ts';
import { concat, inOrder } from './collect.ts';
import type { HistogramBuckets, StatsQuery } from './query.ts';
import type { HistogramView, StatsView } from './view.ts';

/** The quantiles Envoy shows everywhere. */
export const SHOWN_QUANTILES: readonly number[] = [0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 1];
export const SHOWN_PERCENTILES: readonly number[] = [0, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 100];

/** Lines in batches, in Envoy's order: text readouts, then counters and gauges together, then histograms. */
export async function* statsText(
  view: StatsView,
  query: StatsQuery,
  bucketSettings: readonly BucketSetting[] = [],
): AsyncGenerator<string> {
  const { type } = query;
  if (type === 'All' || type === 'TextReadouts') {
    for await (const batch of inOrder(view.textReadouts(), query)) {
      let text = '';
      for (const { name, item } of batch) text += `${name}: "${item.value}"\n`;
      yield text;
    }
  }
  const counters = type === 'All' || type === 'Counters' ? view.counters() : [];
  const gauges = type === 'All' || type === 'Gauges' ? view.gauges() : [];
  for await (const batch of inOrder(concat(counters, gauges), query)) {
    let text = '';
    for (const { name, item } of batch) text += `${name}: ${item.value}\n`;
    yield text;
  }
  if (type !== 'All' && type !== 'Histograms') return;
  for await (const batch of inOrder(view.histograms(), query)) {
    let text = '';
    for (const { name, item } of batch) {
      text += `${name}:${histogramText(item, query.histogramBuckets, bucketsOf(name, bucketSettings))}\n`;
    }
    yield text;
  }
}

function histogramText(histogram: HistogramView, mode: HistogramBuckets, limits: readonly number[]): string {
  if (!histogram.used) return ' No recorded values';
  const interval = histogram.interval;
  const cumulative = histogram.cumulative();
  const { scale } = histogram;
  switch (mode) {
    case 'summary':
      return ` ${summary(interval, cumulative, scale)}`;
    case 'cumulative':
      return bucketText(limits, cumulativeCounts(interval, limits, scale), cumulativeCounts(cumulative, limits, scale));
    case 'disjoint':
      return bucketText(limits, disjointCounts(interval, limits, scale), disjointCounts(cumulative, limits, scale));
    case 'detailed': {
      const totals = binsText(cumulative, scale);
      const intervals = binsText(interval, scale);
      return `\n  totals=${totals}\n  intervals=${intervals}\n  summary=${summary(interval, cumulative, scale)}`;
    }
  }
}

function summary(interval: SparseBins, cumulative: SparseBins, scale: number): string {
  const ofInterval = quantiles(interval, SHOWN_QUANTILES);
  const ofAll = quantiles(cumulative, SHOWN_QUANTILES);
  return SHOWN_PERCENTILES.map((percentile, i) => {
    const left = shortestNumber((ofInterval[i] as number) / scale);
    return `P${percentile}(${left},${shortestNumber((ofAll[i] as number) / scale)})`;
  }).join(' ');
}

function bucketText(limits: readonly number[], interval: readonly number[], cumulative: readonly number[]): string {
  return limits.map((limit, i) => ` B${sixDigits(limit)}(${interval[i]},${cumulative[i]})`).join('');
}

function binsText(values: SparseBins, scale: number): string {
  return values.bins
    .map(
      (bin, i) => `${shortestNumber(binLow(bin) / scale)},${shortestNumber(binWidth(bin) / scale)}:${values.counts[i]}`,
    )
    .join(', ');
}
