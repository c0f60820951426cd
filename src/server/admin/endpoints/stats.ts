// /stats, /stats/prometheus and /reset_counters. The forms are observability's; here they meet the query.
import type { Server } from '../../compose.ts';
import { type AdminEndpoint, type AdminParameter, type AdminResponse, text } from '../endpoint.ts';

const common: readonly AdminParameter[] = [
  { id: 'usedonly', kind: 'boolean', help: 'Only include stats that have been written by system since restart' },
  { id: 'filter', kind: 'string', help: 'Regular expression (Google re2) for filtering stats' },
];

export function statsEndpoints(server: Server): AdminEndpoint[] {
  return [
    {
      path: '/stats',
      help: 'print server stats',
      mutates: false,
      parameters: common,
      handle: (query) => respond(server, query, false),
    },
    {
      path: '/stats/prometheus',
      help: 'print server stats in prometheus format',
      mutates: false,
      parameters: common,
      handle: (query) => respond(server, query, true),
    },
    {
      path: '/reset_counters',
      help: 'reset all counters to zero',
      mutates: true,
      parameters: [],
      handle: () => {
        server.stats.resetCounters();
        return text('OK\n');
      },
    },
  ];
}

async function respond(server: Server, parameters: URLSearchParams, prometheus: boolean): Promise<AdminResponse> {
  const { parseStatsQuery } = await import('../../../observability/stats/query.ts');
  const parsed = await parseStatsQuery(parameters, prometheus);
  if ('status' in parsed) return text(parsed.body, parsed.status);
  const { query } = parsed;
  server.refreshStats();
  const contentType = 'text/plain; charset=UTF-8';
  switch (query.format) {
    case 'json': {
      const { statsJson } = await import('../../../observability/stats/json.ts');
      return {
        status: 200,
        contentType: 'application/json',
        body: statsJson(server.stats, query, server.statsSettings.bucketSettings),
      };
    }
    case 'prometheus': {
      const { statsPrometheus } = await import('../../../observability/stats/prometheus.ts');
      const { TagProducer } = await import('../../../observability/stats/tags.ts');
      const { tags, bucketSettings } = server.statsSettings;
      const options = { tags: new TagProducer(tags), bucketSettings, processMetrics: query.filter === null };
      return { status: 200, contentType, body: statsPrometheus(server.stats, query, options) };
    }
    default: {
      const { statsText } = await import('../../../observability/stats/text.ts');
      return { status: 200, contentType, body: statsText(server.stats, query, server.statsSettings.bucketSettings) };
    }
  }
}
