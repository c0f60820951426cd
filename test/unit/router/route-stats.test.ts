// How long the statistics of a route table live.
// covers: envoy.config.route.v3.Route.stat_prefix
import t from 'tap';
import { ExtensionRegistry } from '../../../src/config/extension-registry.ts';
import { StatsStore } from '../../../src/observability/stats/store.ts';
import type { RouteTable } from '../../../src/router/api.ts';
import { FakeClusters, forwardRouteOf, forwardTo, request, tryBuild } from '../../support/route-table.ts';

const clusters = new FakeClusters(['a']);

async function tableIn(stats: StatsStore, statPrefix: string, virtualCluster: string): Promise<RouteTable> {
  const headers = [{ name: ':path', stringMatch: { prefix: '/' } }];
  const virtualHost = {
    name: 'v',
    domains: ['*'],
    virtualClusters: [{ name: virtualCluster, headers }],
    routes: [forwardTo({ prefix: '/' }, {}, { statPrefix })],
  };
  const { table } = await tryBuild({ virtualHosts: [virtualHost] }, clusters, new ExtensionRegistry([]), stats);
  if (table === undefined) throw new Error('no table');
  return table;
}

const shown = (stats: StatsStore): string[] =>
  [...stats.counters()].filter(({ name }) => name.endsWith('_total')).map(({ name, value }) => `${name}: ${value}`);

t.test('what a new table has as well stays, with its values; the rest goes with the old one', async (t) => {
  const stats = new StatsStore();
  const first = await tableIn(stats, 'kept', 'gone');
  const context = request({});
  forwardRouteOf(first, context).ownStats?.stats.upstreamRqTotal.inc();
  const second = await tableIn(stats, 'kept', 'new');
  first.release();
  t.same(shown(stats).sort(), [
    'vhost.v.route.kept.upstream_rq_total: 1',
    'vhost.v.vcluster.new.upstream_rq_total: 0',
    'vhost.v.vcluster.other.upstream_rq_total: 0',
  ]);
  second.release();
  t.equal(stats.size, 0);
});

t.test('a table that is refused leaves nothing behind', async (t) => {
  const stats = new StatsStore();
  const routes = [forwardTo({ prefix: '/' }, {}, { statPrefix: 'x' }), forwardTo({ prefix: '/' }, { cluster: 'z' })];
  const configuration = { validateClusters: true, virtualHosts: [{ name: 'v', domains: ['*'], routes }] };
  const { table } = await tryBuild(configuration, clusters, new ExtensionRegistry([]), stats);
  t.equal(table, undefined);
  t.equal(stats.size, 0);
});
