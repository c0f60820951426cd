// Resources from files, of which some are wrong: what is good is applied, what is not keeps its last good version, and the
// update counts as rejected. Asked of the real Envoy 1.40 with the same files.
import t from 'tap';
import {
  address,
  bootstrap,
  cluster,
  directResponse,
  discovery,
  httpChain,
  listener,
  routeConfig,
} from '../support/bootstrap.ts';
import { Client } from '../support/client.ts';
import { remora, writeFile } from '../support/remora.ts';
import { until } from '../support/until.ts';

const clusterType = 'envoy.config.cluster.v3.Cluster';
const listenerType = 'envoy.config.listener.v3.Listener';

function fromFile(path: string) {
  return { pathConfigSource: { path }, resourceApiVersion: 'V3' };
}

const nowhere = { socketAddress: { address: 'not an address', portValue: 80 } };

// covers: envoy.config.bootstrap.v3.Bootstrap.dynamic_resources
// covers: envoy.config.bootstrap.v3.Bootstrap.DynamicResources.{cds_config, lds_config}
// covers: envoy.config.core.v3.ConfigSource.path_config_source
// covers: envoy.config.core.v3.PathConfigSource.path
// covers: envoy.service.discovery.v3.DiscoveryResponse.{resources, version_info, type_url}
t.test('a cluster that cannot be made does not keep the others of its file away', async (t) => {
  const proxy = await remora(t, (dir) => {
    const path = writeFile(
      dir,
      'cds.json',
      discovery(clusterType, 'one', [cluster('a', [address(1)]), cluster('b', [address(2)])]),
    );
    return bootstrap([], [], { dynamicResources: { cdsConfig: fromFile(path) } });
  }).to();
  const stat = (name: string): number => proxy.stat(`cluster_manager.cds.${name}`);
  const names = (): string[] => [...proxy.server.clusters.entries().keys()].sort();
  t.strictSame(names(), ['a', 'b']);
  t.equal(stat('update_success'), 1);

  proxy.write('cds.json', discovery(clusterType, 'two', [cluster('a', [nowhere]), cluster('c', [address(3)])]));
  await until(() => stat('update_rejected') === 1, 'the second update');
  t.strictSame(names(), ['a', 'c'], 'b is gone, a is as it was, c is new');
  t.equal(proxy.server.clusters.entries().get('a')?.active?.version, 'one');
  t.equal(stat('update_success'), 1);
  t.equal(proxy.server.dynamic.clustersVersion, 'one');

  proxy.write('cds.json', discovery(clusterType, 'three', [cluster('d', [address(4)]), { connectTimeout: '1s' }]));
  await until(() => stat('update_rejected') === 2, 'the third update');
  t.strictSame(names(), ['a', 'c'], 'a file that breaks the rules of the API changes nothing');

  const twice = [cluster('a', [address(5)]), cluster('a', [address(6)])];
  proxy.write('cds.json', discovery(clusterType, 'four', twice));
  await until(() => stat('update_rejected') === 3, 'the fourth update');
  t.strictSame(names(), ['a']);
  t.equal(proxy.server.clusters.entries().get('a')?.active?.version, 'four', 'the first of two with one name counts');
});

t.test('a listener that cannot be made does not keep the others of its file away', async (t) => {
  const chain = (domains: readonly string[]) =>
    httpChain({
      routeConfig: { name: 'r', virtualHosts: [{ name: 'v', domains, routes: [directResponse('hello')] }] },
    });
  const proxy = await remora(t, (dir) => {
    const good = listener('good', address(0), [chain(['*'])]);
    const bad = listener('bad', address(0), [chain(['*', '*'])]);
    const path = writeFile(dir, 'lds.json', discovery(listenerType, 'one', [bad, good]));
    return bootstrap([], [], { dynamicResources: { ldsConfig: fromFile(path) } });
  }).to();
  t.strictSame([...proxy.server.listeners.entries().keys()], ['good']);
  t.equal(proxy.stat('listener_manager.lds.update_rejected'), 1);
  t.match(await new Client(t).get(proxy, '/'), { status: 200, body: 'hello' });
});

t.test('an expression in routes from a file works from the first request on', async (t) => {
  // Not translatable for V8 (regex-translate.ts), so that it is RE2's from the beginning.
  const route = {
    match: { safeRegex: { regex: '/(?i)\\pL+' } },
    directResponse: { status: 200, body: { inlineString: 'letters' } },
  };
  const proxy = await remora(t, (dir) => {
    const path = writeFile(
      dir,
      'lds.json',
      discovery(listenerType, 'one', [
        listener('l', address(0), [httpChain({ routeConfig: routeConfig('r', [route]) })]),
      ]),
    );
    return bootstrap([], [], { dynamicResources: { ldsConfig: fromFile(path) } });
  }).to();
  t.match(await new Client(t).get(proxy, '/Hello'), { status: 200, body: 'letters' });
});
