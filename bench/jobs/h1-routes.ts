/** Route tables: what the last of many routes costs, and one route for comparison. */
import type { Case, Job } from '../job.ts';
import { envoySidecar } from './sidecar.ts';

const at32 = (path: string): Case => ({
  name: '32 connections',
  load: { kind: 'closed', connections: 32, method: 'GET', path, upload: 0 },
});

/** `count` routes by `match`, the request taking the last. */
function table(
  name: string,
  description: string,
  count: number,
  path: (i: number) => string,
  match: (i: number) => string,
): Job {
  const routes = (): string =>
    Array.from({ length: count }, (_, i) => `- match: ${match(i)}\n  route: { cluster: app }\n`).join('');
  return {
    name: `h1-routes-${name}`,
    title: `CPU time for each HTTP/1.1 request: ${description}`,
    description: `the job h1 with ${description}`,
    headline: 'cpuMicroseconds',
    cases: [at32(path(count - 1))],
    envoy: (site) => envoySidecar(site, { routes: routes() }),
    nginx: () => undefined,
    haproxy: () => undefined,
  };
}

const exact = (i: number): string => `/api/v1/service-${i}/items`;

export const h1Routes: readonly Job[] = [
  table('one', 'one route', 1, exact, (i) => `{ path: "${exact(i)}" }`),
  table('exact', 'the last of 10,000 exact paths', 10_000, exact, (i) => `{ path: "${exact(i)}" }`),
  table('prefix', 'the last of 10,000 prefixes', 10_000, exact, (i) => `{ prefix: "/api/v1/service-${i}/" }`),
  table(
    'regex',
    'the last of 1,000 regular expressions',
    1_000,
    exact,
    (i) => `{ safe_regex: { regex: "/api/v[0-9]+/service-${i}/[a-z]+" } }`,
  ),
];
