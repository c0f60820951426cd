// What the process holds: /config_dump, /init_dump, /clusters, /listeners.
import type { Server } from '../../compose.ts';
import { type AdminEndpoint, type AdminParameter, type AdminResponse, json, text, view } from '../endpoint.ts';

const configDumpParameters: readonly AdminParameter[] = [
  { id: 'resource', kind: 'string', help: 'one repeated field of the dump, such as static_clusters' },
  { id: 'mask', kind: 'string', help: 'fields to show, as a protobuf field mask; with resource, of each element' },
  { id: 'name_regex', kind: 'string', help: 'only what has a name that matches as a whole (RE2)' },
  { id: 'include_eds', kind: 'boolean', help: 'endpoints too' },
];

const format: AdminParameter = { id: 'format', kind: 'enum', help: 'of the answer', values: ['text', 'json'] };

export function dumpEndpoints(server: Server): AdminEndpoint[] {
  return [
    view(
      '/config_dump',
      'the configuration in force, as JSON',
      async (query) => {
        const { configDump } = await import('../config-dump.ts');
        return configDump(server, query);
      },
      configDumpParameters,
    ),
    view(
      '/init_dump',
      'what the start, or a changed resource, still waits for',
      async (query) => {
        const { initDump } = await import('../init-dump.ts');
        return json(initDump(server, query.get('mask') ?? ''));
      },
      [{ id: 'mask', kind: 'string', help: 'only a kind: listener or cluster' }],
    ),
    view('/clusters', 'clusters with their limits and hosts', (query) => clusters(server, query), [
      format,
      { id: 'filter', kind: 'string', help: 'only clusters in whose names this is found (RE2)' },
    ]),
    view(
      '/listeners',
      'listeners with their addresses',
      async (query) => {
        const { listenersJson, listenersText } = await import('../listeners-view.ts');
        return query.get('format') === 'json'
          ? json(listenersJson(server.listeners))
          : text(listenersText(server.listeners));
      },
      [format],
    ),
  ];
}

async function clusters(server: Server, query: URLSearchParams): Promise<AdminResponse> {
  const { clustersJson, clustersText } = await import('../../../upstream/admin-view.ts');
  const pattern = query.get('filter') ?? '';
  let matches: ((name: string) => boolean) | undefined;
  if (pattern !== '') {
    const { compileNameFilter } = await import('../../../observability/stats/filter.ts');
    const compiled = await compileNameFilter(pattern);
    if ('error' in compiled) return text('Invalid re2 regex', 400);
    matches = compiled.filter;
  }
  return query.get('format') === 'json'
    ? json(clustersJson(server.clusters, matches))
    : text(clustersText(server.clusters, matches));
}
