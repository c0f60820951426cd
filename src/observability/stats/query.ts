// Owns the query parameters of /stats and /stats/prometheus: Envoy's names, values and complaints.
import { compileNameFilter, type NameFilter } from './filter.ts';

export const STATS_TYPES = ['All', 'Counters', 'Histograms', 'Gauges', 'TextReadouts'] as const;
export type StatsType = (typeof STATS_TYPES)[number];
export type HistogramBuckets = 'summary' | 'cumulative' | 'disjoint' | 'detailed';
export type StatsFormat = 'text' | 'json' | 'html' | 'prometheus';

export interface StatsQuery {
  readonly filter: NameFilter | null;
  readonly usedOnly: boolean;
  readonly type: StatsType;
  readonly histogramBuckets: HistogramBuckets;
  readonly format: StatsFormat;
  /** Prometheus: text readouts as gauges of value 0. */
  readonly textReadouts: boolean;
}

export const ALL_STATS: StatsQuery = {
  filter: null,
  usedOnly: false,
  type: 'All',
  histogramBuckets: 'summary',
  format: 'text',
  textReadouts: false,
};

export type ParsedStatsQuery = { readonly query: StatsQuery } | { readonly status: 400; readonly body: string };

const formats: Readonly<Record<string, StatsFormat>> = {
  '': 'text',
  text: 'text',
  json: 'json',
  html: 'html',
  'active-html': 'html',
  prometheus: 'prometheus',
};

const bucketModes: Readonly<Record<string, HistogramBuckets>> = {
  '': 'summary',
  none: 'summary',
  summary: 'summary',
  cumulative: 'cumulative',
  disjoint: 'disjoint',
  detailed: 'detailed',
};

/** `prometheus`: the request was for /stats/prometheus. */
export async function parseStatsQuery(parameters: URLSearchParams, prometheus = false): Promise<ParsedStatsQuery> {
  const format = prometheus ? 'prometheus' : formats[parameters.get('format') ?? ''];
  if (format === undefined) return refuse('usage: /stats?format=(html|active-html|json|prometheus|text)\n\n');
  const type = parameters.get('type') ?? 'All';
  if (!isStatsType(type)) return refuse('invalid &type= param');
  const asked = parameters.get('histogram_buckets') ?? '';
  const histogramBuckets = asked === '' && format === 'prometheus' ? 'cumulative' : bucketModes[asked];
  if (histogramBuckets === undefined) {
    return refuse('usage: /stats?histogram_buckets=(cumulative|disjoint|detailed|summary|prometheusnative)\n');
  }
  if (format === 'prometheus' && (histogramBuckets === 'detailed' || histogramBuckets === 'disjoint')) {
    return refuse('unsupported prometheus histogram bucket mode');
  }
  let filter: NameFilter | null = null;
  const pattern = parameters.get('filter') ?? '';
  if (pattern !== '') {
    const compiled = await compileNameFilter(pattern, parameters.has('invert_filter'));
    if ('error' in compiled) return refuse(compiled.error);
    filter = compiled.filter;
  }
  const textReadouts = parameters.has('text_readouts');
  return { query: { filter, usedOnly: parameters.has('usedonly'), type, histogramBuckets, format, textReadouts } };
}

function isStatsType(text: string): text is StatsType {
  return (STATS_TYPES as readonly string[]).includes(text);
}

function refuse(body: string): ParsedStatsQuery {
  return { status: 400, body };
}
