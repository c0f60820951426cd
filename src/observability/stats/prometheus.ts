// Owns the Prometheus form of the statistics: names and labels as Envoy's /stats/prometheus, so that dashboards work
// unchanged. Families are gathered a batch of names at a time and written one by one.

import { shortestNumber } from '../../base/number-text.ts';
import { approximateSum, quantiles, totalCount } from './bins.ts';
import { type BucketSetting, bucketsOf, cumulativeCounts } from './buckets.ts';
import { inOrder } from './collect.ts';
import { processMetrics } from './process-metrics.ts';
import { loadFamilyWriter, type MetricFamily, type MetricValue } from './prometheus-registry.ts';
import type { StatsQuery } from './query.ts';
import { type Tag, TagProducer } from './tags.ts';
import { SHOWN_QUANTILES } from './text.ts';
import type { HistogramView, NumberView, StatsView, TextView } from './view.ts';

export interface PrometheusOptions {
  readonly tags: TagProducer;
  readonly bucketSettings: readonly BucketSetting[];
  /** Node's own metrics behind Envoy's; left out where a filter asks for certain names. */
  readonly processMetrics: boolean;
}

export const DEFAULT_PROMETHEUS_OPTIONS: PrometheusOptions = {
  tags: new TagProducer(),
  bucketSettings: [],
  processMetrics: true,
};

interface Member<Item> {
  readonly item: Item;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Text in pieces: counters, gauges (and text readouts, where asked for), histograms, then the process. */
export async function* statsPrometheus(
  view: StatsView,
  query: StatsQuery,
  options: PrometheusOptions = DEFAULT_PROMETHEUS_OPTIONS,
): AsyncGenerator<string> {
  const write = await loadFamilyWriter();
  const { type } = query;
  if (type === 'All' || type === 'Counters') {
    for (const [name, members] of await families(view.counters(), query, options)) {
      yield await write(numbers(name, 'counter', members));
    }
  }
  if (type === 'All' || type === 'Gauges') {
    for (const [name, members] of await families(view.gauges(), query, options)) {
      yield await write(numbers(name, 'gauge', members));
    }
  }
  if (query.textReadouts && (type === 'All' || type === 'TextReadouts')) {
    for (const [name, members] of await families(view.textReadouts(), query, options))
      yield await write(texts(name, members));
  }
  if (type === 'All' || type === 'Histograms') {
    for (const [name, members] of await families(view.histograms(), query, options)) {
      yield await write(
        query.histogramBuckets === 'summary' ? summaries(name, members) : histograms(name, members, options),
      );
    }
  }
  if (options.processMetrics && query.filter === null && type === 'All') {
    for (const family of processMetrics()) yield await write(family);
  }
}

/** Members by the name of their family, families by name. */
async function families<Item extends { readonly name: string; readonly used: boolean }>(
  items: Iterable<Item>,
  query: StatsQuery,
  options: PrometheusOptions,
): Promise<[name: string, members: Member<Item>[]][]> {
  const byName = new Map<string, Member<Item>[]>();
  for await (const batch of inOrder(items, query)) {
    for (const { name, item } of batch) {
      const tagged = options.tags.produce(name);
      const member = { item, name, labels: labelsOf(tagged.tags) };
      const list = byName.get(tagged.name);
      if (list === undefined) byName.set(tagged.name, [member]);
      else list.push(member);
    }
  }
  return [...byName.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, list]) => [metricName(name), list]);
}

function numbers(name: string, type: 'counter' | 'gauge', members: readonly Member<NumberView>[]): MetricFamily {
  return { name, help: '', type, values: members.map(({ item, labels }) => ({ value: item.value, labels })) };
}

function texts(name: string, members: readonly Member<TextView>[]): MetricFamily {
  const values = members.map(({ item, labels }) => ({ value: 0, labels: { ...labels, text_value: item.value } }));
  return { name, help: '', type: 'gauge', values };
}

function histograms(name: string, members: readonly Member<HistogramView>[], options: PrometheusOptions): MetricFamily {
  const values: MetricValue[] = [];
  for (const { item, name: statName, labels } of members) {
    const limits = bucketsOf(statName, options.bucketSettings);
    const all = item.cumulative();
    const count = totalCount(all);
    cumulativeCounts(all, limits, item.scale).forEach((value, i) => {
      values.push({ metricName: `${name}_bucket`, value, labels: { ...labels, le: String(limits[i]) } });
    });
    values.push({ metricName: `${name}_bucket`, value: count, labels: { ...labels, le: '+Inf' } });
    values.push({ metricName: `${name}_sum`, value: approximateSum(all) / item.scale, labels });
    values.push({ metricName: `${name}_count`, value: count, labels });
  }
  return { name, help: '', type: 'histogram', values };
}

/** Quantiles of the last interval, as Envoy has them. */
function summaries(name: string, members: readonly Member<HistogramView>[]): MetricFamily {
  const values: MetricValue[] = [];
  for (const { item, labels } of members) {
    const { interval } = item;
    quantiles(interval, SHOWN_QUANTILES).forEach((value, i) => {
      const quantile = shortestNumber(SHOWN_QUANTILES[i] as number);
      values.push({ value: value / item.scale, labels: { ...labels, quantile } });
    });
    values.push({ metricName: `${name}_sum`, value: approximateSum(interval) / item.scale, labels });
    values.push({ metricName: `${name}_count`, value: totalCount(interval), labels });
  }
  return { name, help: '', type: 'summary', values };
}

const notInNames = /[^a-zA-Z0-9_]/g;

function metricName(name: string): string {
  return `envoy_${name.replace(notInNames, '_')}`;
}

function labelsOf(tags: readonly Tag[]): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const { name, value } of tags) labels[name.replace(notInNames, '_')] ??= value;
  return labels;
}
