// Owns the JSON form of /stats. Field names, their order and the shapes for each histogram_buckets are Envoy's.

import { jsonNumber } from '../../base/number-text.ts';
import { binLow, binWidth, quantiles, type SparseBins } from './bins.ts';
import { type BucketSetting, bucketsOf, cumulativeCounts, disjointCounts } from './buckets.ts';
import { concat, inOrder } from './collect.ts';
import type { HistogramBuckets, StatsQuery } from './query.ts';
import { SHOWN_PERCENTILES, SHOWN_QUANTILES } from './text.ts';
import type { HistogramView, StatsView } from './view.ts';

/** `{"stats":[{"name":…,"value":…},…,{"histograms":…}]}` in pieces. */
export async function* statsJson(
  view: StatsView,
  query: StatsQuery,
  bucketSettings: readonly BucketSetting[] = [],
): AsyncGenerator<string> {
  const { type } = query;
  let separator = '';
  yield '{"stats":[';
  if (type === 'All' || type === 'TextReadouts') {
    for await (const batch of inOrder(view.textReadouts(), query)) {
      let text = '';
      for (const { name, item } of batch) {
        text += `${separator}{"name":${JSON.stringify(name)},"value":${JSON.stringify(item.value)}}`;
        separator = ',';
      }
      yield text;
    }
  }
  const counters = type === 'All' || type === 'Counters' ? view.counters() : [];
  const gauges = type === 'All' || type === 'Gauges' ? view.gauges() : [];
  for await (const batch of inOrder(concat(counters, gauges), query)) {
    let text = '';
    for (const { name, item } of batch) {
      text += `${separator}{"name":${JSON.stringify(name)},"value":${item.value}}`;
      separator = ',';
    }
    yield text;
  }
  if (type === 'All' || type === 'Histograms') {
    let first = true;
    for await (const batch of inOrder(view.histograms(), query)) {
      let text = '';
      for (const { name, item } of batch) {
        text += first ? `${separator}${opening(query.histogramBuckets)}` : ',';
        text += histogramJson(name, item, query.histogramBuckets, bucketsOf(name, bucketSettings));
        first = false;
      }
      yield text;
    }
    if (!first) yield isBucketed(query.histogramBuckets) ? ']}' : ']}}';
  }
  yield ']}';
}

function isBucketed(mode: HistogramBuckets): boolean {
  return mode === 'cumulative' || mode === 'disjoint';
}

function opening(mode: HistogramBuckets): string {
  if (isBucketed(mode)) return '{"histograms":[';
  const percentiles = `[${SHOWN_PERCENTILES.join(',')}]`;
  return mode === 'detailed'
    ? `{"histograms":{"supported_percentiles":${percentiles},"details":[`
    : `{"histograms":{"supported_quantiles":${percentiles},"computed_quantiles":[`;
}

function histogramJson(
  name: string,
  histogram: HistogramView,
  mode: HistogramBuckets,
  limits: readonly number[],
): string {
  const interval = histogram.interval;
  const cumulative = histogram.cumulative();
  const { scale } = histogram;
  const start = `{"name":${JSON.stringify(name)}`;
  if (mode === 'summary') return `${start},"values":${percentilesJson(interval, cumulative, scale)}}`;
  if (mode === 'detailed') {
    const totals = binsJson(cumulative, scale);
    const intervals = binsJson(interval, scale);
    const percentiles = percentilesJson(interval, cumulative, scale);
    return `${start},"totals":${totals},"intervals":${intervals},"percentiles":${percentiles}}`;
  }
  const counts = mode === 'cumulative' ? cumulativeCounts : disjointCounts;
  const ofInterval = counts(interval, limits, scale);
  const ofAll = counts(cumulative, limits, scale);
  const buckets = limits.map((limit, i) => {
    return `{"upper_bound":${jsonNumber(limit)},"interval":${ofInterval[i]},"cumulative":${ofAll[i]}}`;
  });
  return `${start},"buckets":[${buckets.join(',')}]}`;
}

function percentilesJson(interval: SparseBins, cumulative: SparseBins, scale: number): string {
  const ofInterval = quantiles(interval, SHOWN_QUANTILES);
  const ofAll = quantiles(cumulative, SHOWN_QUANTILES);
  const values = ofAll.map((value, i) => {
    const left = jsonNumber((ofInterval[i] as number) / scale);
    return `{"cumulative":${jsonNumber(value / scale)},"interval":${left}}`;
  });
  return `[${values.join(',')}]`;
}

function binsJson(values: SparseBins, scale: number): string {
  const entries = values.bins.map((bin, i) => {
    const low = jsonNumber(binLow(bin) / scale);
    return `{"lower_bound":${low},"width":${jsonNumber(binWidth(bin) / scale)},"count":${values.counts[i]}}`;
  });
  return `[${entries.join(',')}]`;
}
