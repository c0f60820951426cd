// /stats, /stats/prometheus and /reset_counters. The forms are observability's; here they meet the query.
import type { StatsQuery } from '../../../observability/stats/query.ts';
import type { StatsView } from '../../../observability/stats/view.ts';
import type { Server } from '../../compose.ts';
import { type AdminEndpoint, type AdminParameter, type AdminResponse, action, text, view } from '../endpoint.ts';

const common: readonly AdminParameter[] = [
  { id: 'usedonly', kind: 'boolean', help: 'leave out what was never written' },
  { id: 'filter', kind: 'string', help: 'only names in which this is found (RE2)' },
  { id: 'invert_filter', kind: 'boolean', help: 'the names that filter leaves out' },
];

const statsParameters: readonly AdminParameter[] = [
  ...common,
  { id: 'format', kind: 'enum', help: 'of the answer', values: ['html', 'active-html', 'text', 'json', 'prometheus'] },
  { id: 'type', kind: 'enum', help: 'kinds', values: ['All', 'Counters', 'Histograms', 'Gauges', 'TextReadouts'] },
  {
    id: 'histogram_buckets',
    kind: 'enum',
    help: 'what of histograms',
    values: ['summary', 'cumulative', 'disjoint', 'detailed'],
  },
];

const prometheusParameters: readonly AdminParameter[] = [
  ...common,
  { id: 'text_readouts', kind: 'boolean', help: 'texts too, as labels of gauges' },
  { id: 'histogram_buckets', kind: 'enum', help: 'what of histograms', values: ['cumulative', 'summary'] },
];

export function statsEndpoints(server: Server): AdminEndpoint[] {
  const stats: AdminEndpoint = view(
    '/stats',
    'statistics',
    (query) => respond(server, stats, query, false),
    statsParameters,
  );
  return [
    stats,
    view(
      '/stats/prometheus',
      'statistics for Prometheus',
      (query) => respond(server, stats, query, true),
      prometheusParameters,
    ),
    action('/reset_counters', 'set all counters to zero', () => {
      server.stats.resetCounters();
      return text('OK\n');
    }),
    ...recentLookups(),
  ];
}

/** Names are looked up while configuration is read, never while requests are served: the list stays empty. */
function recentLookups(): AdminEndpoint[] {
  let enabled = true;
  const set = (path: string, help: string, to: boolean | null): AdminEndpoint =>
    action(`/stats/recentlookups/${path}`, help, () => {
      enabled = to ?? enabled;
      return text('OK\n');
    });
  return [
    view('/stats/recentlookups', 'look-ups of names while serving: there are none here', () => {
      const list = enabled
        ? '   Count Lookup\n'
        : 'Lookup tracking is not enabled. Use /stats/recentlookups/enable to enable.\n';
      return text(`${list}\ntotal: 0\n`);
    }),
    set('clear', 'empty the list of look-ups', null),
    set('disable', 'do not record look-ups', false),
    set('enable', 'record look-ups', true),
  ];
}

async function respond(
  server: Server,
  stats: AdminEndpoint,
  parameters: URLSearchParams,
  prometheus: boolean,
): Promise<AdminResponse> {
  const { parseStatsQuery } = await import('../../../observability/stats/query.ts');
  const parsed = await parseStatsQuery(parameters, prometheus);
  if ('status' in parsed) return text(parsed.body, parsed.status);
  const { query } = parsed;
  server.refreshStats();
  const { FullStatsView } = await import('../../derived-stats.ts');
  const all = new FullStatsView(server);
  const { bucketSettings } = server.statsSettings;
  const contentType = 'text/plain; charset=UTF-8';
  switch (query.format) {
    case 'json': {
      const { statsJson } = await import('../../../observability/stats/json.ts');
      return { status: 200, contentType: 'application/json', body: statsJson(all, query, bucketSettings) };
    }
    case 'prometheus':
      return { status: 200, contentType, body: await prometheusText(server, all, query) };
    case 'html': {
      const { statsText } = await import('../../../observability/stats/text.ts');
      const { statsPage } = await import('../pages/stats-page.ts');
      const body = statsPage(stats, parameters, statsText(all, query, bucketSettings));
      return { status: 200, contentType: 'text/html; charset=UTF-8', body };
    }
    default: {
      const { statsText } = await import('../../../observability/stats/text.ts');
      return { status: 200, contentType, body: statsText(all, query, bucketSettings) };
    }
  }
}

async function prometheusText(server: Server, all: StatsView, query: StatsQuery): Promise<AsyncIterable<string>> {
  const { statsPrometheus } = await import('../../../observability/stats/prometheus.ts');
  const { TagProducer } = await import('../../../observability/stats/tags.ts');
  const { tags, bucketSettings } = server.statsSettings;
  const processMetrics = query.filter === null;
  return statsPrometheus(all, query, { tags: new TagProducer(tags), bucketSettings, processMetrics });
}
