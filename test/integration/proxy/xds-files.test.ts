// Sentences about resources in files: LDS, CDS, RDS and EDS, changed while traffic flows, as tools and Kubernetes change
// them.
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { freePort } from '../../../bench/machine/ports.ts';
import {
  address,
  bootstrap,
  cluster,
  directResponse,
  discovery,
  forwardTo,
  httpChain,
  type Json,
  listener,
  loadAssignment,
  routeConfig,
} from '../../support/bootstrap.ts';
import { Client, get, RawClient } from '../../support/client.ts';
import { SteadyLoad } from '../../support/load.ts';
import { MemoryLog } from '../../support/memory-log.ts';
import { type RunningProxy, remora, writeFile } from '../../support/remora.ts';
import { until } from '../../support/until.ts';
import { upstream } from '../../support/upstream.ts';

const log = MemoryLog.capture();
const Listener = 'envoy.config.listener.v3.Listener';
const Cluster = 'envoy.config.cluster.v3.Cluster';
const Routes = 'envoy.config.route.v3.RouteConfiguration';
const Endpoints = 'envoy.config.endpoint.v3.ClusterLoadAssignment';

const fileSource = (path: string): Json => ({ pathConfigSource: { path }, resourceApiVersion: 'V3' });

const byName = (path: string, name = 'routes'): Json =>
  httpChain({ rds: { routeConfigName: name, configSource: fileSource(path) } });

const edsCluster = (path: string, more: Json = {}): Json => ({
  name: 'app',
  type: 'EDS',
  connectTimeout: '5s',
  edsClusterConfig: { edsConfig: fileSource(path) },
  ...more,
});

const applied = (proxy: RunningProxy, name: string, count: number): Promise<void> =>
  until(() => proxy.stat(name) >= count, `${name} ${count}`);

t.test('a proxy made of files: listeners, clusters, routes and endpoints', async (t) => {
  const app = await upstream.http1(t).respond(200, 'hello');
  const port = await freePort();
  const proxy = await remora(t, (dir) => {
    const rds = writeFile(dir, 'rds.json', discovery(Routes, '1', [routeConfig('routes', [forwardTo('app')])]));
    const eds = writeFile(dir, 'eds.json', discovery(Endpoints, '1', [loadAssignment('app', [app.address])]));
    const lds = writeFile(dir, 'lds.json', discovery(Listener, '1', [listener('main', address(port), [byName(rds)])]));
    const cds = writeFile(dir, 'cds.json', discovery(Cluster, '1', [edsCluster(eds)]));
    return bootstrap([], [], { dynamicResources: { ldsConfig: fileSource(lds), cdsConfig: fileSource(cds) } });
  }).to();
  t.equal((await new Client(t).get(proxy, '/')).body, 'hello');

  await t.test('a refused update changes nothing and says why', async (t) => {
    for (const [name, stat] of [
      ['rds.json', 'http.test.rds.routes.update_rejected'],
      ['eds.json', 'cluster.app.update_rejected'],
      ['lds.json', 'listener_manager.lds.update_rejected'],
      ['cds.json', 'cluster_manager.cds.update_rejected'],
    ] as const) {
      log.clear();
      proxy.write(name, '{ "versionInfo": "2", "resources": [ { "@type": "nonsense" } ] }');
      await until(() => proxy.stat(stat) === 1 || log.find(/was refused/) !== undefined, `${name} to be refused`);
      t.ok(log.find(/the last good version stays in force/), name);
      t.equal((await new Client(t).get(proxy, '/')).body, 'hello', name);
    }
  });

  await t.test('the listener goes, and comes back', async (t) => {
    proxy.write('lds.json', discovery(Listener, '3', []));
    await until(() => proxy.stat('listener_manager.listener_removed') === 1, 'the removal');
    const refused = new RawClient(t, port);
    await until(() => refused.closed, 'the port to refuse');
    const back = listener('main', address(port), [byName(join(proxy.dir, 'rds.json'))]);
    // The file of the routes is bad since the test above: the listener starts without them.
    proxy.write('rds.json', discovery(Routes, '4', [routeConfig('routes', [forwardTo('app')])]));
    proxy.write('lds.json', discovery(Listener, '4', [back]));
    await until(() => proxy.stat('listener_manager.listener_added') === 2, 'the listener');
    t.equal((await new Client(t).get(proxy, '/')).body, 'hello');
  });
});

t.test('routes change under load without a failure', async (t) => {
  const port = await freePort();
  const proxy = await remora(t, (dir) => {
    const rds = writeFile(dir, 'rds.json', discovery(Routes, '0', [routeConfig('routes', [directResponse('v0')])]));
    return bootstrap([listener('main', address(port), [byName(rds)])], []);
  }).to();
  const load = new SteadyLoad(t, proxy);
  for (let version = 1; version <= 5; version++) {
    await load.more(20);
    const routes = routeConfig('routes', [directResponse(`v${version}`)]);
    proxy.write('rds.json', discovery(Routes, `${version}`, [routes]));
    await applied(proxy, 'http.test.rds.routes.update_success', version + 1);
  }
  await load.more(20);
  await load.stop();
  t.same(load.failures, []);
  t.equal(load.bodies.at(-1), 'v5');
  const order = load.bodies.filter((body, index) => body !== load.bodies[index - 1]);
  t.same([...new Set(order)], ['v0', 'v1', 'v2', 'v3', 'v4', 'v5']);
  t.equal(proxy.stat('http.test.downstream_cx_drain_close'), 0, 'no connection ended for it');
});

t.test('an endpoint that goes is not used any more, and its requests in progress end in peace', async (t) => {
  const waiting: (() => void)[] = [];
  const old = await upstream.http1(t).handle((request, response) => {
    if (request.url === '/slow') waiting.push(() => response.end('old, slowly'));
    else response.end('old');
  });
  const next = await upstream.http1(t).respond(200, 'new');
  const port = await freePort();
  const proxy = await remora(t, (dir) => {
    const eds = writeFile(dir, 'eds.json', discovery(Endpoints, '1', [loadAssignment('app', [old.address])]));
    const routes = routeConfig('r', [forwardTo('app')]);
    return bootstrap([listener('main', address(port), [httpChain({ routeConfig: routes })])], [edsCluster(eds)]);
  }).to();
  const load = new SteadyLoad(t, proxy);
  await load.more();
  const slow = new Client(t).get(proxy, '/slow');
  await until(() => waiting.length === 1, 'the slow request');
  proxy.write('eds.json', discovery(Endpoints, '2', [loadAssignment('app', [next.address])]));
  await applied(proxy, 'cluster.app.update_success', 2);
  await load.more();
  t.equal(load.bodies.at(-1), 'new');
  await until(() => old.sockets.filter((socket) => !socket.destroyed).length === 1, 'idle connections to the old one');
  waiting[0]?.();
  t.match(await slow, { status: 200, body: 'old, slowly' });
  await until(() => old.sockets.every((socket) => socket.destroyed), 'the last connection to the old one');
  await load.stop();
  t.same(load.failures, []);
});

t.test('a changed EDS cluster whose file names no endpoints does not warm for ever', async (t) => {
  const port = await freePort();
  const setup = (eds: string, more: Json): Json =>
    bootstrap(
      [listener('main', address(port), [httpChain({ routeConfig: routeConfig('r', [forwardTo('app')]) })])],
      [edsCluster(eds, more)],
    );
  const proxy = await remora(t, (dir) => setup(writeFile(dir, 'eds.json', discovery(Endpoints, '1', [])), {})).to();
  const app = await upstream.http1(t).respond(200, 'hello');
  await proxy.reload(setup(join(proxy.dir, 'eds.json'), { connectTimeout: '1s' }));
  t.same(proxy.server.clusters.warming, []);
  t.equal((await new Client(t).get(proxy, '/')).body, 'no healthy upstream');
  proxy.write('eds.json', discovery(Endpoints, '2', [loadAssignment('app', [app.address])]));
  await until(() => proxy.stat('cluster.app.membership_total') === 1, 'the endpoint');
  t.equal((await new Client(t).get(proxy, '/')).body, 'hello');
});

t.test('two listeners share a route configuration; the end of one leaves it to the other', async (t) => {
  const [first, second] = [await freePort(), await freePort()] as const;
  const both = (rds: string): Json[] => [
    listener('first', address(first), [byName(rds)]),
    listener('second', address(second), [byName(rds)]),
  ];
  const proxy = await remora(t, (dir) => {
    const rds = writeFile(dir, 'rds.json', discovery(Routes, '1', [routeConfig('routes', [directResponse('v1')])]));
    return bootstrap(both(rds), []);
  })
    .fakeTime()
    .to();
  // A connection, so that the chain ends after its listener.
  const client = new RawClient(t, first).send(get());
  await client.see('v1');
  await proxy.reload(bootstrap(both(join(proxy.dir, 'rds.json')).slice(1), []));
  proxy.advance(600_001);
  await client.end();
  proxy.write('rds.json', discovery(Routes, '2', [routeConfig('routes', [directResponse('v2')])]));
  await applied(proxy, 'http.test.rds.routes.update_success', 2);
  t.equal((await new Client(t).get(proxy, '/', { listener: 'second' })).body, 'v2');
});

t.test('files behind Kubernetes’ symbolic links are followed', async (t) => {
  const dir = t.testdir({});
  const app = await upstream.http1(t).respond(200, 'hello');
  const next = await upstream.http1(t).respond(200, 'next');
  const port = await freePort();
  let revision = 0;
  /** A ConfigMap volume: files link to `..data/NAME`, `..data` to a dated folder, and the swap renames a link over it. */
  const publish = (files: Record<string, string>): void => {
    const folder = `..2026_11_23_${revision++}`;
    mkdirSync(join(dir, folder));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, folder, name), text);
    symlinkSync(folder, join(dir, '..data_tmp'));
    renameSync(join(dir, '..data_tmp'), join(dir, '..data'));
    if (revision > 1) rmSync(join(dir, `..2026_11_23_${revision - 2}`), { recursive: true });
  };
  const files = (text: string, target: Json): Record<string, string> => ({
    'lds.json': discovery(Listener, text, [
      listener('main', address(port), [byName(join(dir, 'rds.json'))], { statPrefix: `s${text}` }),
    ]),
    'cds.json': discovery(Cluster, text, [edsCluster(join(dir, 'eds.json')), cluster(`extra-${text}`, [address(1)])]),
    'rds.json': discovery(Routes, text, [routeConfig('routes', [directResponse(text, '/text'), forwardTo('app')])]),
    'eds.json': discovery(Endpoints, text, [loadAssignment('app', [target])]),
  });
  publish(files('v1', app.address));
  for (const name of ['lds.json', 'cds.json', 'rds.json', 'eds.json']) symlinkSync(`..data/${name}`, join(dir, name));
  const proxy = await remora(t, () =>
    bootstrap([], [], {
      dynamicResources: {
        ldsConfig: fileSource(join(dir, 'lds.json')),
        cdsConfig: fileSource(join(dir, 'cds.json')),
      },
    }),
  ).to();
  const client = new Client(t);
  t.equal((await client.get(proxy, '/')).body, 'hello');
  t.equal((await client.get(proxy, '/text')).body, 'v1');
  for (const [text, target, expected] of [
    ['v2', next.address, 'next'],
    ['v3', app.address, 'hello'],
  ] as const) {
    publish(files(text, target));
    const has = (name: string): boolean => proxy.server.clusters.entries().has(name);
    await until(() => has(`extra-${text}`), `CDS ${text}`);
    await until(() => proxy.server.listeners.get('main')?.statPrefix === `s${text}`, `LDS ${text}`);
    const routes = (): string => [...proxy.server.routeSubscriptions.all()].map(({ version }) => version).join();
    await until(() => routes() === text, `RDS ${text}`);
    const endpoints = (): string | undefined => proxy.server.clusters.entries().get('app')?.active?.endpointsVersion;
    await until(() => endpoints() === text, `EDS ${text}`);
    t.equal((await client.get(proxy, '/text')).body, text);
    t.equal((await client.get(proxy, '/')).body, expected);
  }
});
