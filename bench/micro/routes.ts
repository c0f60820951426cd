// What matching a request against a route table costs, in nanoseconds: `scripts/with-node node bench/micro/routes.ts`.
// Requests alternate between some paths that are made anew each time, as those from a socket are.

import { ipAddress } from '../../src/base/address.ts';
import { systemClock } from '../../src/base/clock.ts';
import { ConfigContext, loadMessage } from '../../src/config/api.ts';
import { ExtensionRegistry } from '../../src/config/extension-registry.ts';
import type { RouteConfiguration } from '../../src/generated/envoy/config/route/v3/route_pb.d.ts';
import { RequestHeaders } from '../../src/http/headers/header-map.ts';
import { headerName } from '../../src/http/headers/name.ts';
import { StatsStore } from '../../src/observability/stats/store.ts';
import { type DownstreamConnectionInfo, StreamInfo } from '../../src/observability/stream-info.ts';
import type { RouteMatchContext, RouteTable } from '../../src/router/api.ts';
import { buildRouteTable } from '../../src/router/route-table/api.ts';

/** Milliseconds for each line. */
const budgetMs = 200;
const callsPerRound = 64;

const clusters = {
  handle: (name: string) => ({ name, cluster: null }),
  has: () => true,
  clusters: () => [],
};

async function table(routes: readonly object[], domains: readonly string[] = ['*']): Promise<RouteTable> {
  const text = JSON.stringify({ name: 'r', virtualHosts: [{ name: 'v', domains, routes }] });
  const { message } = await loadMessage<RouteConfiguration>('envoy.config.route.v3.RouteConfiguration', {
    name: 'r',
    format: 'json',
    text,
  });
  const started = performance.now();
  const made =
    message &&
    buildRouteTable(message, {
      services: {
        clusters,
        extensions: new ExtensionRegistry([]),
        runtime,
        clock: systemClock,
        stats: new StatsStore(),
        node: { cluster: '', localCluster: '' },
      },
      config: new ConfigContext(),
    });
  if (made === undefined) throw new Error('the table was refused');
  buildMs = performance.now() - started;
  return made;
}
let buildMs = 0;

const runtime = {
  version: 0,
  number: (_: string, n: number) => n,
  integer: (_: string, n: number) => n,
  boolean: (_: string, b: boolean) => b,
  share: () => undefined,
};

const route = (match: object): object => ({ match, route: { cluster: 'a' } });
const many = (count: number, make: (i: number) => object): object[] => Array.from({ length: count }, (_, i) => make(i));

const connection: DownstreamConnectionInfo = {
  id: 1,
  localAddress: ipAddress('127.0.0.1', 1),
  directRemoteAddress: ipAddress('127.0.0.1', 2),
  listenerName: '',
  filterChainName: '',
  requestedServerName: '',
  tls: null,
  terminationDetails: '',
  transportFailureReason: '',
};

/** A request whose strings are slices of a longer one, as the codec makes them. */
function requestFor(path: string, i: number): RouteMatchContext {
  const head = `GET ${path} HTTP/1.1\r\nhost: svc-${i}.example.com\r\n`;
  const headers = new RequestHeaders();
  headers.method = 'GET';
  headers.path = head.slice(4, 4 + path.length);
  const host = head.indexOf('host: ') + 6;
  headers.authority = head.slice(host, head.length - 2);
  headers.scheme = 'http';
  for (const name of ['user-agent', 'accept', 'x-request-id', 'x-forwarded-proto'])
    headers.append(headerName(name), 'value');
  return { headers, streamInfo: new StreamInfo(0, 0, connection), randomValue: i };
}

async function measure(label: string, made: RouteTable, paths: readonly string[], expectMiss = false): Promise<void> {
  const requests = Array.from({ length: 64 }, (_, i) => requestFor(paths[i % paths.length] as string, i));
  let misses = 0;
  let best = Number.POSITIVE_INFINITY;
  let repeats = 1;
  const end = performance.now() + budgetMs;
  for (let start = performance.now(); start < end; start = performance.now()) {
    // Several calls for each reading of the clock.
    for (let i = 0; i < callsPerRound * repeats; i++) {
      if (made.match(requests[i & 63] as RouteMatchContext).kind === 'none') misses++;
    }
    const elapsed = (performance.now() - start) / (callsPerRound * repeats);
    best = Math.min(best, elapsed);
    repeats = Math.max(1, Math.min(1000, Math.round(5 / (elapsed * callsPerRound))));
  }
  if (misses > 0 !== expectMiss) throw new Error(`${label}: ${misses} misses`);
  console.log(
    `${label.padEnd(52)} ${(best * 1e6).toFixed(0).padStart(6)} ns   (table made in ${buildMs.toFixed(1)} ms)`,
  );
}

await measure('one prefix', await table([route({ prefix: '/' })]), ['/api/v1/users/42?x=1']);
await measure('one exact path', await table([route({ path: '/api/v1/users' })]), ['/api/v1/users']);
await measure(
  'one exact path, 300 domains',
  await table(
    [route({ prefix: '/' })],
    [...many(300, (i) => ({ d: `svc-${i}.example.com` })).map((o) => (o as { d: string }).d), '*.other.com', '*'],
  ),
  ['/api/v1/users'],
);
await measure('one regular expression', await table([route({ safeRegex: { regex: '/api/v[0-9]+/users/[^/]+' } })]), [
  '/api/v1/users/42',
]);
await measure(
  'prefix with header and query conditions',
  await table([
    route({
      prefix: '/',
      headers: [{ name: 'accept', stringMatch: { exact: 'value' } }],
      queryParameters: [{ name: 'x', stringMatch: { exact: '1' } }],
    }),
  ]),
  ['/api/v1/users/42?a=b&x=1'],
);
await measure(
  '10,000 exact paths, the last ones',
  await table(many(10_000, (i) => route({ path: `/service-${i}/api/items` }))),
  ['/service-9999/api/items', '/service-9998/api/items', '/service-9990/api/items'],
);
await measure(
  '10,000 exact paths, none matches',
  await table(many(10_000, (i) => route({ path: `/service-${i}/api/items` }))),
  ['/service-9999/api/other'],
  true,
);
await measure('10,000 prefixes, the last ones', await table(many(10_000, (i) => route({ prefix: `/service-${i}/` }))), [
  '/service-9999/api/items',
  '/service-9990/api/items?q=1',
]);
await measure(
  '1,000 regular expressions, the last one',
  await table(many(1000, (i) => route({ safeRegex: { regex: `/service-${i}/[^/]+/items(/.*)?` } }))),
  ['/service-999/abc/items', '/service-998/abc/items/7'],
);
await measure(
  '1,000 regular expressions without a start in common',
  await table(many(1000, (i) => route({ safeRegex: { regex: `.*/service-${i}/items` } }))),
  ['/a/service-999/items'],
);
