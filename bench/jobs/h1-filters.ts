/** A sidecar as a mesh configures it: a stack of filters, three hundred routes and a JSON access log. */
import type { Job } from '../job.ts';
import { closed } from './h1.ts';
import { envoyJsonLog } from './h1-access-log.ts';
import { envoySidecar } from './sidecar.ts';

const filter = (name: string, type: string, fields = ''): string =>
  `- name: envoy.filters.http.${name}
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.${type}
${fields}`;

const filters =
  filter('cors', 'cors.v3.Cors') +
  filter('fault', 'fault.v3.HTTPFault') +
  filter('grpc_stats', 'grpc_stats.v3.FilterConfig', '    emit_filter_state: true\n') +
  filter(
    'header_mutation',
    'header_mutation.v3.HeaderMutation',
    `    mutations:
      request_mutations:
        - append: { header: { key: x-mesh, value: bench }, append_action: OVERWRITE_IF_EXISTS_OR_ADD }
      response_mutations:
        - remove: x-powered-by
`,
  );

/** What a control plane writes for a hundred services: two paths with headers, and a prefix. The request takes the last. */
function routes(): string {
  const made: string[] = [];
  for (let i = 0; i < 100; i++) {
    made.push(`- match: { path: /service-${i}/health }
  route: { cluster: app }
- match:
    prefix: /service-${i}/
    headers: [{ name: x-canary, string_match: { exact: "true" } }]
  route: { cluster: app }
- match: { prefix: "${i === 99 ? '/' : `/service-${i}/`}" }
  name: service-${i}
  route: { cluster: app, timeout: 10s }
`);
  }
  return made.join('');
}

export const h1Filters: Job = {
  name: 'h1-filters',
  title: 'CPU time for each HTTP/1.1 request with the filters of a sidecar',
  description:
    'cors, fault, grpc_stats, header_mutation and router; 300 routes; a JSON access log of 19 fields to a file',
  headline: 'cpuMicroseconds',
  cases: [2, 32].map(closed),
  envoy: (site) =>
    envoySidecar(site, {
      connectionManager: envoyJsonLog(`${site.dir}/access.log`),
      httpFilters: filters,
      routes: routes(),
    }),
  nginx: () => undefined,
  haproxy: () => undefined,
};
