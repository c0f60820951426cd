import t from 'tap';
import { createClientCodec } from '../../../src/http/codec/h1/api.ts';
import { createHttp2ClientCodec } from '../../../src/http/codec/h2/api.ts';
import type { ClusterEnvironment } from '../../../src/upstream/cluster.ts';
import type { ClusterConfig, EndpointsConfig } from '../../../src/upstream/cluster-config.ts';
import { UpstreamClusterManager } from '../../../src/upstream/cluster-manager.ts';
import { FakeRuntime } from '../../support/fake-runtime.ts';
import { FakeTimers } from '../../support/fake-timers.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { FakeConnection } from './fake-connection.ts';
import { ok, TestRequest } from './pool-fixture.ts';
import { anyHost, clusterConfig, endpoints, noHosts, portOf, StatsStore, statsOf } from './support.ts';

class Fixture {
  readonly timers = new FakeTimers();
  readonly store = new StatsStore();
  readonly connections: FakeConnection[] = [];
  readonly environment: ClusterEnvironment = {
    clock: this.timers.clock,
    timers: this.timers,
    random: new SeededRandom(3),
    runtime: new FakeRuntime(),
    stats: this.store,
    connect: ({ address }) => {
      const connection = new FakeConnection(address);
      this.connections.push(connection);
      return connection;
    },
    createHttp1Codec: createClientCodec,
    createHttp2Codec: createHttp2ClientCodec,
    dnsResolver: () => {
      throw new Error('no names here');
    },
  };
  readonly manager = new UpstreamClusterManager(this.environment);

  add(changes: Partial<ClusterConfig> = {}, version = ''): boolean {
    return this.manager.addOrUpdate(clusterConfig(changes), version, version !== '');
  }

  /** A request on a connection of the cluster, in progress. */
  busy(name: string): { request: TestRequest; connection: FakeConnection } {
    const cluster = this.manager.handle(name).cluster;
    const host = cluster?.chooseHost(anyHost);
    if (!cluster || !host) throw new Error('no host');
    const request = new TestRequest();
    cluster.httpPool(host, 0, 1)?.newStream(request, request);
    const connection = this.connections.at(-1);
    if (connection === undefined) throw new Error('no connection');
    connection.accept();
    return { request, connection };
  }

  stats(): Record<string, number> {
    return statsOf(this.store, 'cluster_manager.');
  }
}

const eds: Partial<ClusterConfig> = {
  discovery: { kind: 'eds', serviceName: 'svc', source: null, initialFetchTimeoutMs: 15000 },
  endpoints: noHosts,
};

function assignment(...ports: number[]): EndpointsConfig {
  return { ...endpoints({ endpoints: ports.map((port) => ({ port })) }), source: ports };
}

t.test('a handle is there before its cluster and after', async (t) => {
  const f = new Fixture();
  const handle = f.manager.handle('one');
  t.equal(handle.cluster, null);
  t.notOk(f.manager.has('one'));
  f.add();
  t.equal(handle.cluster?.info.name, 'one');
  t.equal(f.manager.handle('one'), handle);
  t.ok(f.manager.has('one'));
  t.ok(f.manager.remove('one'));
  t.equal(handle.cluster, null);
  t.notOk(f.manager.remove('one'));
  t.match(f.stats(), { cluster_added: 1, cluster_removed: 1 });
  t.equal(f.stats()['active_clusters'], undefined);
});

t.test('the same again changes nothing', async (t) => {
  const f = new Fixture();
  t.ok(f.add());
  const before = f.manager.handle('one').cluster;
  t.notOk(f.add({ source: { another: 'message' } }));
  t.equal(f.manager.handle('one').cluster, before);
  t.match(f.stats(), { cluster_added: 1, active_clusters: 1 });
  t.equal(f.stats()['cluster_updated'], undefined);
});

t.test('changed endpoints are diffed in place: connections of a host that stays live on', async (t) => {
  const f = new Fixture();
  f.add({ endpoints: assignment(1) });
  const before = f.manager.handle('one').cluster;
  const { request, connection } = f.busy('one');
  t.ok(f.add({ endpoints: assignment(1, 2) }));
  t.equal(f.manager.handle('one').cluster, before, 'the same cluster');
  connection.receive(ok);
  t.equal(request.status, 200);
  t.notOk(connection.closed);
  t.ok(f.add({ endpoints: assignment(2) }));
  t.ok(connection.closed, 'its host went');
  t.equal(portOf(f.manager.handle('one').cluster?.chooseHost(anyHost) ?? null), 2);
  t.equal(f.stats()['cluster_updated'], 2);
});

t.test('anything else makes a new cluster and drains the old one', async (t) => {
  const f = new Fixture();
  f.add();
  const before = f.manager.handle('one').cluster;
  const { request, connection } = f.busy('one');
  t.ok(f.add({ connectTimeoutMs: 1 }));
  t.not(f.manager.handle('one').cluster, before);
  t.notOk(connection.closed, 'busy');
  connection.receive(ok);
  t.equal(request.status, 200);
  t.ok(connection.closed);
  t.match(f.stats(), { cluster_added: 1, cluster_updated: 1, cluster_modified: 1, active_clusters: 1 });
  t.match(statsOf(f.store, 'cluster.one.'), { upstream_rq_total: 1, membership_total: 1 }, 'statistics go on by name');
});

t.test('an EDS cluster warms until its endpoints come, then changes by diff', async (t) => {
  const f = new Fixture();
  f.add(eds, 'v1');
  t.same(f.manager.warming, ['one']);
  t.equal(f.manager.handle('one').cluster, null);
  t.match(f.stats(), { warming_clusters: 1 });
  let warm = false;
  const waiting = f.manager.whenWarm().then(() => {
    warm = true;
  });
  await null;
  t.notOk(warm);
  t.notOk(f.manager.setEndpoints('another', assignment(1), '1'));
  t.ok(f.manager.setEndpoints('svc', assignment(1, 2), '1'));
  await waiting;
  t.same(f.manager.warming, []);
  t.match(f.stats(), { active_clusters: 1 });
  const { connection } = f.busy('one');
  const port = Number(connection.remoteAddress.text.split(':')[1]);
  f.manager.setEndpoints('svc', assignment(port, 9), '2');
  t.notOk(connection.closed);
  f.manager.setEndpoints('svc', assignment(port, 9), '3');
  t.match(statsOf(f.store, 'cluster.one.'), { update_no_rebuild: 1 });
  const state = f.manager.entries().get('one')?.active;
  t.match(state, { endpointsVersion: '3', addedViaApi: true, version: 'v1' });
});

t.test('a changed EDS cluster keeps the endpoints of the old one', async (t) => {
  const f = new Fixture();
  f.add(eds, 'v1');
  f.manager.setEndpoints('svc', assignment(1), '1');
  f.add({ ...eds, connectTimeoutMs: 7 }, 'v2');
  t.same(f.manager.warming, []);
  t.equal(f.manager.handle('one').cluster?.info.connectTimeoutMs, 7);
  t.ok(f.manager.handle('one').cluster?.chooseHost(anyHost));
});

t.test('endpoints that do not come leave an empty, active cluster', async (t) => {
  const f = new Fixture();
  f.add(eds, 'v1');
  f.manager.endpointsUnavailable('svc');
  t.same(f.manager.warming, []);
  t.equal(f.manager.handle('one').cluster?.chooseHost(anyHost), null);
});

t.test('while a changed version warms the old one serves; a third takes the place of the second', async (t) => {
  const f = new Fixture();
  f.add({}, '');
  const before = f.manager.handle('one').cluster;
  f.add(eds, 'v2');
  t.same(f.manager.warming, ['one']);
  t.equal(f.manager.handle('one').cluster, before);
  f.add({ ...eds, connectTimeoutMs: 3 }, 'v3');
  t.equal(f.manager.handle('one').cluster, before);
  f.manager.setEndpoints('svc', assignment(4), '1');
  t.equal(f.manager.handle('one').cluster?.info.connectTimeoutMs, 3);
  t.same([...f.manager.clusters()].length, 1);
});

// covers: envoy.config.cluster.v3.Cluster.wait_for_warm_on_init
t.test('clusters that nobody must wait for do not hold up the start', async (t) => {
  const f = new Fixture();
  f.add({ ...eds, waitForWarmOnInit: false }, 'v1');
  await f.manager.whenWarm();
  t.same(f.manager.warming, ['one']);
});

t.test('listeners hear of activation and removal; shutdown removes all', async (t) => {
  const f = new Fixture();
  const heard: string[] = [];
  f.manager.addListener({
    onClusterActive: (name) => heard.push(`+${name}`),
    onClusterRemoved: (name) => heard.push(`-${name}`),
  });
  f.add();
  f.add({ connectTimeoutMs: 1 });
  f.add({ name: 'two', observabilityName: 'two' });
  f.manager.shutdown();
  t.same(heard, ['+one', '+one', '+two', '-one', '-two']);
  t.same([...f.manager.clusters()], []);
});

t.test('names with colons make statistics without them', async (t) => {
  const f = new Fixture();
  f.add({ name: 'a:80', observabilityName: 'x://y:80' });
  t.equal(statsOf(f.store, 'cluster.x_y_80.')['membership_total'], 1);
});
