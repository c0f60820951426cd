// A cluster that goes takes its statistics along, those of its endpoint subscription too: clusters come and go for as long
// as the process lives.
// covers: envoy.config.cluster.v3.Cluster.alt_stat_name
import { join } from 'node:path';
import t from 'tap';
import { address, bootstrap, discovery, type Json, loadAssignment } from '../../support/bootstrap.ts';
import { remora, writeFile } from '../../support/remora.ts';
import { until } from '../../support/until.ts';

const fileSource = (path: string): Json => ({ pathConfigSource: { path }, resourceApiVersion: 'V3' });

const edsCluster = (path: string, more: Json = {}): Json => ({
  name: 'app',
  type: 'EDS',
  connectTimeout: '5s',
  edsClusterConfig: { edsConfig: fileSource(path) },
  ...more,
});

t.test('EDS clusters come and go', async (t) => {
  const Cluster = 'envoy.config.cluster.v3.Cluster';
  const Endpoints = 'envoy.config.endpoint.v3.ClusterLoadAssignment';
  const proxy = await remora(t, (dir) => {
    const eds = writeFile(dir, 'eds.json', discovery(Endpoints, '1', [loadAssignment('app', [address(9)])]));
    const cds = writeFile(dir, 'cds.json', discovery(Cluster, '1', [edsCluster(eds)]));
    return bootstrap([], [], { dynamicResources: { cdsConfig: fileSource(cds) } });
  }).to();
  const names = (): string[] =>
    [...proxy.server.stats.counters()].map((counter) => counter.name).filter((name) => name.startsWith('cluster.'));
  t.ok(names().includes('cluster.app.update_success'));

  proxy.write('cds.json', discovery(Cluster, '2', []));
  await until(() => proxy.stat('cluster_manager.cluster_removed') === 1, 'the removal');
  t.same(names(), []);

  const renamed = edsCluster(join(proxy.dir, 'eds.json'), { altStatName: 'other:name' });
  proxy.write('cds.json', discovery(Cluster, '3', [renamed]));
  await until(() => proxy.stat('cluster.other_name.update_success') === 1, 'the endpoints under the other name');
  t.same(
    names().filter((name) => !name.startsWith('cluster.other_name.')),
    [],
  );
});
