// Sentences about a changed bootstrap: what did not change keeps its connections, what goes drains, and nobody loses a
// request.
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { freePort } from '../../../bench/machine/ports.ts';
import {
  accessLog,
  address,
  bootstrap,
  cluster,
  directResponse,
  forwardTo,
  httpChain,
  type Json,
  listener,
  pipe,
  routeConfig,
} from '../../support/bootstrap.ts';
import { Client, get, RawClient } from '../../support/client.ts';
import { SteadyLoad } from '../../support/load.ts';
import { MemoryLog } from '../../support/memory-log.ts';
import { remora } from '../../support/remora.ts';
import { turns, until } from '../../support/until.ts';
import { upstream } from '../../support/upstream.ts';

const log = MemoryLog.capture();

/** By default connections are told to close spread over the drain time: nothing to be seen in a test. */
const atOnce = { 'drain-strategy': 'immediate' };

function chain(text: string, more: Json = {}, where: Json = {}): Json {
  return httpChain({ routeConfig: routeConfig('r', [directResponse(text)]), ...more }, where);
}

t.test('connections of an unchanged listener live on, and take requests', async (t) => {
  const app = await upstream.http1(t).respond(200, 'hello');
  const port = await freePort();
  const other = await freePort();
  const main = listener('main', address(port), [httpChain({ routeConfig: routeConfig('r', [forwardTo('app')]) })]);
  const clusters = [cluster('app', [app.address])];
  const proxy = await remora(t, () => bootstrap([main], clusters)).to();
  const client = new RawClient(t, port).send(get());
  await client.see('hello');
  await proxy.reload(bootstrap([main, listener('other', address(other), [chain('other')])], clusters));
  t.equal((await new Client(t).get(proxy, '/', { listener: 'other' })).body, 'other');
  client.text = '';
  client.send(get());
  t.notMatch(await client.see('hello'), 'connection: close');
  t.equal(app.sockets.length, 1, 'the cluster kept its connections too');
  t.equal(proxy.stat('listener_manager.listener_modified'), 0);
  t.equal(proxy.stat('listener_manager.listener_added'), 2);
});

t.test(
  'a changed chain drains: connection: close, then closed after the drain time; the unchanged one does not',
  async (t) => {
    const port = await freePort();
    const local = { filterChainMatch: { sourcePrefixRanges: [{ addressPrefix: '127.0.0.2', prefixLen: 32 }] } };
    const main = (first: string): Json => listener('main', address(port), [chain(first), chain('kept', {}, local)]);
    const proxy = await remora(t, () => bootstrap([main('old')], []), atOnce)
      .fakeTime()
      .to();
    const changed = new RawClient(t, port).send(get());
    await changed.see('old');
    const idle = new RawClient(t, port).send(get());
    await idle.see('old');
    const kept = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' });
    t.teardown(() => kept.destroy());
    let keptText = '';
    kept.on('data', (data: Buffer) => {
      keptText += data.toString();
    });
    kept.write(get());
    await until(() => keptText.includes('kept'), 'the other chain');
    await proxy.reload(bootstrap([main('new')], []));

    changed.text = '';
    changed.send(get());
    t.match(await changed.see('old'), 'connection: close', 'the old chain goes on with its connection and ends it');
    const fresh = new RawClient(t, port).send(get());
    t.notMatch(await fresh.see('new'), 'connection: close');
    keptText = '';
    kept.write(get());
    await until(() => keptText.includes('kept'), 'the other chain');
    t.notMatch(keptText, 'connection: close');
    t.equal(proxy.stat('listener_manager.total_filter_chains_draining'), 1);
    t.equal(proxy.stat('listener_manager.listener_in_place_updated'), 1);

    proxy.advance(599_000);
    await turns();
    t.notOk(idle.ended, 'an idle connection of the old chain has the drain time');
    proxy.advance(1001);
    await idle.end();
    t.equal(proxy.stat('listener_manager.total_filter_chains_draining'), 0);
    t.notOk(kept.destroyed);
    t.notOk(fresh.ended);
  },
);

t.test('listeners and clusters come and go under load without a failure', async (t) => {
  const one = await upstream.http1(t).respond(200, 'one');
  const two = await upstream.http1(t).respond(200, 'two');
  const port = await freePort();
  const extra = await freePort();
  const setup = (target: string, more: readonly Json[], clusters: readonly Json[]): Json =>
    bootstrap(
      [listener('main', address(port), [httpChain({ routeConfig: routeConfig('r', [forwardTo(target)]) })]), ...more],
      clusters,
    );
  const first = cluster('one', [one.address]);
  const second = cluster('two', [two.address]);
  const proxy = await remora(t, () => setup('one', [], [first]), atOnce).to();
  const load = new SteadyLoad(t, proxy, { listener: 'main' });
  await load.more();
  await proxy.reload(setup('one', [listener('extra', address(extra), [chain('extra')])], [first, second]));
  const visitor = new RawClient(t, extra).send(get('/', 'connection: close'));
  t.match(await visitor.end(), 'extra');
  await load.more();
  await proxy.reload(setup('two', [], [second]));
  await load.more();
  t.equal(load.bodies.at(-1), 'two');
  const refused = new RawClient(t, extra);
  await until(() => refused.closed, 'the removed listener to refuse');
  await proxy.reload(setup('two', [], [cluster('two', [two.address], { connectTimeout: '3s' })]));
  await load.more();
  await proxy.reload(setup('two', [], [cluster('two', [two.address, one.address], { connectTimeout: '3s' })]));
  await load.more();
  await load.stop();
  t.same(load.failures, []);
  t.ok(load.bodies.slice(-40).includes('one'), 'the added endpoint is used');
  // It goes with the last connection of the chain that named it.
  await until(() => !proxy.server.clusters.entries().has('one'), 'the removal of the cluster');
});

t.test('a bad file changes nothing', async (t) => {
  const port = await freePort();
  const proxy = await remora(t, () => bootstrap([listener('main', address(port), [chain('good')])], [])).to();
  const client = new RawClient(t, port).send(get());
  await client.see('good');
  const before = [...proxy.server.listeners.entries().values()][0]?.listener.config;
  for (const bad of [
    '{ "staticResources": ',
    bootstrap([listener('main', address(port), [chain('bad')])], [{ name: 'no type', type: 'NONSENSE' }]),
    bootstrap([listener('main', address(port), [httpChain({})])], []),
    bootstrap(
      [listener('main', address(port), [httpChain({ routeConfig: routeConfig('r', [forwardTo('unknown')]) })])],
      [],
    ),
  ]) {
    log.clear();
    await proxy.reload(bad);
    t.ok(log.find(/the configuration was not changed/), JSON.stringify(bad));
    t.equal([...proxy.server.listeners.entries().values()][0]?.listener.config, before, 'the same object is in force');
  }
  client.text = '';
  client.send(get());
  t.notMatch(await client.see('good'), 'connection: close');
});

t.test('a port that is taken is refused, the old listener and its cluster live', async (t) => {
  const app = await upstream.http1(t).respond(200, 'hello');
  const port = await freePort();
  const taken = createServer();
  const listening = Promise.withResolvers<void>();
  taken.listen(0, '127.0.0.1', listening.resolve);
  await listening.promise;
  t.teardown(() => taken.close());
  const takenPort = (taken.address() as { port: number }).port;
  const setup = (where: number, target: string, more: readonly Json[] = []): Json =>
    bootstrap(
      [listener('main', address(where), [httpChain({ routeConfig: routeConfig('r', [forwardTo(target)]) })]), ...more],
      [cluster(target, [app.address])],
    );
  const proxy = await remora(t, () => setup(port, 'first')).to();
  const load = new SteadyLoad(t, proxy, { listener: 'main' });
  await load.more();
  log.clear();
  const good = await freePort();
  await proxy.reload(setup(takenPort, 'second', [listener('good', address(good), [chain('good')])]));
  t.ok(log.find(new RegExp(`cannot bind '127.0.0.1:${takenPort}': the address is in use`)));
  await load.more();
  t.match(await new RawClient(t, good).send(get('/', 'connection: close')).end(), 'good', 'the others came');
  await load.stop();
  t.same(load.failures, [], 'the old listener still has the cluster that it routes to');

  // What the refused reload did bring is known to the next one, which leaves it out.
  await proxy.reload(setup(port, 'second'));
  t.same([...proxy.server.listeners.entries().keys()], ['main']);
  await until(() => !proxy.server.clusters.entries().has('first'), 'the removal of the cluster');
});

t.test('a listener that moves to another port keeps its old connections while they drain', async (t) => {
  const port = await freePort();
  const next = await freePort();
  const proxy = await remora(t, () => bootstrap([listener('main', address(port), [chain('text')])], [])).to();
  const client = new RawClient(t, port).send(get());
  await client.see('text');
  await proxy.reload(bootstrap([listener('main', address(next), [chain('text')])], []));
  t.equal(proxy.portOf('main'), next);
  client.text = '';
  client.send(get());
  t.notMatch(await client.see('text'), 'connection: close', 'its chain did not change');
  const refused = new RawClient(t, port);
  await until(() => refused.closed, 'the old port to refuse');
  await new RawClient(t, next).send(get()).see('text');
});

t.test('an address more or less leaves the others accepting', async (t) => {
  const [first, second, third] = [await freePort(), await freePort(), await freePort()] as const;
  const main = (...more: number[]): Json =>
    bootstrap(
      [
        listener('main', address(first), [chain('text')], {
          additionalAddresses: more.map((port) => ({ address: address(port) })),
        }),
      ],
      [],
    );
  const proxy = await remora(t, () => main(second)).to();
  const load = new SteadyLoad(t, proxy, { headers: { connection: 'close' } });
  await load.more();
  await proxy.reload(main(third));
  await load.more();
  await new RawClient(t, third).send(get()).see('text');
  const gone = new RawClient(t, second);
  await until(() => gone.closed, 'the address that went');
  await load.stop();
  t.same(load.failures, []);
});

t.test('a listener without a name is known by its address and not built anew', async (t) => {
  const port = await freePort();
  const nameless = (): Json => {
    const { name: _, ...rest } = listener('', address(port), [chain('text')]);
    return bootstrap([rest], []);
  };
  const proxy = await remora(t, nameless).to();
  const client = new RawClient(t, port).send(get());
  await client.see('text');
  const tables = (): number => [...proxy.server.routes.inlineRoutes()].length;
  t.equal(tables(), 1);
  await proxy.reload(nameless());
  t.equal(tables(), 1, 'nothing was built beside what runs');
  client.text = '';
  t.notMatch(await client.send(get()).see('text'), 'connection: close');
});

t.test('removing the cluster of a route answers 503 NC', async (t) => {
  const app = await upstream.http1(t).respond(200, 'hello');
  const port = await freePort();
  const setup = (clusters: readonly Json[], dir: string): Json =>
    bootstrap(
      [
        listener('main', address(port), [
          httpChain({
            // A name that a reload may take away is not checked against the static clusters.
            routeConfig: { ...routeConfig('r', [forwardTo('app')]), validateClusters: false },
            accessLog: [accessLog(join(dir, 'access.log'))],
          }),
        ]),
      ],
      clusters,
    );
  const proxy = await remora(t, (dir) => setup([cluster('app', [app.address])], dir)).to();
  const client = new Client(t);
  t.equal((await client.get(proxy, '/')).status, 200);
  log.clear();
  await proxy.reload(setup([], proxy.dir));
  t.match(await client.get(proxy, '/'), { status: 503, body: '' });
  t.match(proxy.accessLog()[1], { flags: 'NC', details: 'cluster_not_found' });
  t.ok(log.find(/names cluster 'app', which is unknown or still warming/));
  await until(() => app.sockets.every((socket) => socket.destroyed), 'its connections to end');
});

t.test('a Unix socket as listener and as upstream', async (t) => {
  // Not below the test's own folder: a socket's path has 107 bytes at most.
  const dir = mkdtempSync(join(tmpdir(), 'remora-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const app = await upstream.http1(t, { path: join(dir, 'app.sock') }).respond(200, 'hello');
  const path = join(dir, 'proxy.sock');
  const setup = (more: Json = {}): Json =>
    bootstrap(
      [listener('main', pipe(path), [httpChain({ routeConfig: routeConfig('r', [forwardTo('app')]) })], more)],
      [cluster('app', [app.address])],
    );
  const proxy = await remora(t, () => setup()).to();
  await new RawClient(t, path).send(get()).see('hello');
  await proxy.reload(setup({ statPrefix: 'other' }));
  const client = new RawClient(t, path).send(get());
  await client.see('hello');
  client.socket.destroy();
  await until(() => proxy.stat('http.test.downstream_cx_active') <= 1, 'the end of the connection');
  t.equal(proxy.stat('listener.other.downstream_cx_total'), 1);
});

t.test('IPv6, alone and with IPv4 on one socket', async (t) => {
  const app = await upstream.http1(t, { host: '::1' }).respond(200, 'hello');
  const port = await freePort();
  const dual = { socketAddress: { address: '::', portValue: port, ipv4Compat: true } };
  const proxy = await remora(t, () =>
    bootstrap(
      [
        listener('main', dual, [
          httpChain({
            routeConfig: {
              ...routeConfig('r', [forwardTo('app')]),
              requestHeadersToAdd: [
                { header: { key: 'x-peer', value: '%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%' } },
              ],
            },
          }),
        ]),
      ],
      [cluster('app', [app.address])],
    ),
  ).to();
  t.equal((await new Client(t).get(proxy, '/')).body, 'hello');
  const six = connect(port, '::1');
  t.teardown(() => six.destroy());
  let text = '';
  six.on('data', (data: Buffer) => {
    text += data.toString();
  });
  six.write(get());
  await until(() => text.includes('hello'), 'an answer over IPv6');
  t.same(
    app.seen.map(({ headers }) => headers['x-peer']),
    ['127.0.0.1', '::1'],
    'an IPv4 client is shown as one',
  );
});

t.test('what a reload cannot change is named', async (t) => {
  const port = await freePort();
  const setup = (text: string, more: Json): Json =>
    bootstrap([listener('main', address(port), [chain(text)])], [], { statsConfig: {}, ...more });
  const proxy = await remora(t, () => setup('first', {})).to();
  log.clear();
  await proxy.reload(setup('second', {}));
  t.equal(log.find(/next start/), undefined, 'static resources are changed as it runs');
  await proxy.reload(setup('second', { admin: { address: address(0) }, statsConfig: { useAllDefaultTags: false } }));
  t.match(log.find(/next start/), /changes of stats_config, admin count from the next start on/);
  t.equal((await new Client(t).get(proxy, '/')).body, 'second');
});
