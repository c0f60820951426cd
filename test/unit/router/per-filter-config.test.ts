// typed_per_filter_config: the most specific level counts, and FilterConfig switches filters on and off.
// covers: envoy.config.route.v3.RouteConfiguration.typed_per_filter_config
// covers: envoy.config.route.v3.VirtualHost.typed_per_filter_config
// covers: envoy.config.route.v3.Route.typed_per_filter_config
// covers: envoy.config.route.v3.WeightedCluster.ClusterWeight.typed_per_filter_config
// covers: envoy.config.route.v3.FilterConfig.{config, is_optional, disabled}
import t from 'tap';
import { ExtensionRegistry } from '../../../src/config/extension-registry.ts';
import { type HttpFilterConfigFactory, httpFilterCategory } from '../../../src/http/filter/api.ts';
import { filterKey } from '../../../src/http/filter/filter-key.ts';
import type { RouteTable } from '../../../src/router/api.ts';
import { FakeClusters, forwardTo, routeOf, tryBuild } from '../../support/route-table.ts';

const bufferType = 'envoy.extensions.filters.http.buffer.v3.BufferPerRoute';
const routerType = 'envoy.extensions.filters.http.router.v3.Router';

/** Stands for a filter that reads BufferPerRoute: what it makes of it is the limit. */
const bufferFactory: HttpFilterConfigFactory = {
  terminal: false,
  create: () => undefined,
  readRouteConfig: (message) => ('override' in message ? message.override : undefined),
};

async function extensions(): Promise<ExtensionRegistry> {
  const registry = new ExtensionRegistry([
    {
      name: 'envoy.filters.http.buffer',
      category: httpFilterCategory.name,
      typeNames: [bufferType],
      status: 'stable',
      securityPosture: 'unknown',
      load: async () => ({ factory: bufferFactory }),
    },
    {
      name: 'envoy.filters.http.router',
      category: httpFilterCategory.name,
      typeNames: [routerType],
      status: 'stable',
      securityPosture: 'unknown',
      load: async () => ({ factory: { terminal: true, create: () => undefined } satisfies HttpFilterConfigFactory }),
    },
  ]);
  await registry.preload([bufferType, routerType]);
  return registry;
}

const limit = (bytes: number): object => ({
  '@type': `type.googleapis.com/${bufferType}`,
  buffer: { maxRequestBytes: bytes },
});
const filterConfig = (more: object): object => ({
  '@type': 'type.googleapis.com/envoy.config.route.v3.FilterConfig',
  ...more,
});
const of = (buffer: object): object => ({ typedPerFilterConfig: { buffer } });

async function tryTable(
  routes: object[],
  virtualHost: object = {},
  routeConfig: object = {},
): ReturnType<typeof tryBuild> {
  return tryBuild(
    { virtualHosts: [{ name: 'v', domains: ['*'], routes, ...virtualHost }], ...routeConfig },
    new FakeClusters(['a', 'b']),
    await extensions(),
  );
}

async function table(...args: Parameters<typeof tryTable>): Promise<RouteTable> {
  const built = await tryTable(...args);
  if (built.table === undefined) throw new Error(JSON.stringify(built.diagnostics));
  return built.table;
}

const limitOf = (table: RouteTable, path = '/'): unknown => {
  const config = routeOf(table, path).perFilterConfig(filterKey('buffer'));
  return typeof config === 'object' && config !== null && 'value' in config ? config.value : config;
};

t.test('the most specific level counts', async (t) => {
  const weighted = forwardTo(
    { prefix: '/w' },
    { weightedClusters: { clusters: [{ name: 'a', weight: 1, ...of(limit(1)) }] } },
    of(limit(2)),
  );
  const routes = [weighted, forwardTo({ prefix: '/r' }, {}, of(limit(2))), forwardTo({ prefix: '/' })];
  const all = await table(routes, of(limit(3)), of(limit(4)));
  t.match(limitOf(all, '/w'), { maxRequestBytes: 1 });
  t.match(limitOf(all, '/r'), { maxRequestBytes: 2 });
  t.match(limitOf(all, '/v'), { maxRequestBytes: 3 });
  t.match(limitOf(await table([forwardTo({ prefix: '/' })], {}, of(limit(4)))), { maxRequestBytes: 4 });
  t.equal(routeOf(all, '/').perFilterConfig(filterKey('other')), undefined);
  t.equal(routeOf(all, '/').filterDisabled(filterKey('buffer')), false);
  t.equal(routeOf(all, '/').filterDisabled(filterKey('other')), undefined);
});

t.test('FilterConfig', async (t) => {
  const disabled = await table([forwardTo({ prefix: '/' }, {}, of(filterConfig({ disabled: true })))], of(limit(3)));
  t.equal(routeOf(disabled).filterDisabled(filterKey('buffer')), true);
  t.equal(limitOf(disabled), undefined);
  const wrapped = await table([forwardTo({ prefix: '/' }, {}, of(filterConfig({ config: limit(7) })))]);
  t.equal(routeOf(wrapped).filterDisabled(filterKey('buffer')), false);
  t.match(limitOf(wrapped), { maxRequestBytes: 7 });
  const on = await table([forwardTo({ prefix: '/' }, {}, of(filterConfig({ config: {} })))]);
  t.equal(routeOf(on).filterDisabled(filterKey('buffer')), false);
  t.equal(limitOf(on), undefined);
  const empty = await tryTable([forwardTo({ prefix: '/' }, {}, of(filterConfig({})))]);
  t.match(
    empty.diagnostics.filter(({ severity }) => severity === 'error'),
    [{ code: 'RMR0600' }],
  );
});

t.test('what no filter takes is refused, unless it is optional', async (t) => {
  const router = { '@type': `type.googleapis.com/${routerType}` };
  const refused = await tryTable([forwardTo({ prefix: '/' }, {}, of(router))]);
  t.equal(refused.table, undefined);
  t.match(
    refused.diagnostics.filter(({ severity }) => severity === 'error'),
    [{ code: 'RMR0304', path: 'virtual_hosts[0].routes[0].typed_per_filter_config["buffer"]' }],
  );
  const optional = await tryTable([
    forwardTo({ prefix: '/' }, {}, of(filterConfig({ isOptional: true, config: router }))),
  ]);
  t.ok(optional.table);
  t.ok(optional.diagnostics.some(({ code }) => code === 'RMR0307'));
});

t.test('all levels that configure a filter are there, the most general first', async (t) => {
  const routes = [
    forwardTo({ prefix: '/both' }, {}, of(limit(1))),
    forwardTo({ prefix: '/on' }, {}, of(filterConfig({ config: {} }))),
    forwardTo({ prefix: '/' }),
  ];
  const all = await table(routes, of(limit(2)), of(limit(3)));
  const limits = (path: string): unknown =>
    routeOf(all, path)
      .perFilterConfigs(filterKey('buffer'))
      .map((config) => (config as { value: unknown }).value);
  t.match(limits('/both'), [{ maxRequestBytes: 3 }, { maxRequestBytes: 2 }, { maxRequestBytes: 1 }]);
  t.match(limits('/on'), [{ maxRequestBytes: 3 }, { maxRequestBytes: 2 }]);
  t.match(limitOf(all, '/on'), { maxRequestBytes: 2 });
  t.same(routeOf(all, '/').perFilterConfigs(filterKey('other')), []);
});
