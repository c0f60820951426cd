// Sentences about the life of listeners: one that is removed while it warms is never bound; the statistics of a listener
// live as long as one of its versions.
import t, { type Test } from 'tap';
import { freePort } from '../../../bench/machine/ports.ts';
import { ipAddress } from '../../../src/base/address.ts';
import { FilterChain } from '../../../src/listener/filter-chain.ts';
import type { ListenerManager } from '../../../src/listener/listener-manager.ts';
import type { NetworkFilterFactory } from '../../../src/network/api.ts';
import {
  address,
  bootstrap,
  directResponse,
  discovery,
  httpChain,
  type Json,
  listener,
  routeConfig,
} from '../../support/bootstrap.ts';
import { Client, get, RawClient } from '../../support/client.ts';
import { MemoryLog } from '../../support/memory-log.ts';
import { type RunningProxy, remora, writeFile } from '../../support/remora.ts';
import { turns, until } from '../../support/until.ts';

MemoryLog.capture();
const Routes = 'envoy.config.route.v3.RouteConfiguration';

function simple(name: string, port: number, text = name, more: Json = {}): Json {
  const routes = { routeConfig: routeConfig('r', [directResponse(text)]), statPrefix: name };
  return listener(name, address(port), [httpChain(routes)], { statPrefix: name, ...more });
}

function statNames(proxy: RunningProxy): string[] {
  const { stats } = proxy.server;
  return [...stats.counters(), ...stats.gauges(), ...stats.histograms(), ...stats.textReadouts()].map(
    ({ name }) => name,
  );
}

function namesOf(proxy: RunningProxy, listenerName: string): string[] {
  return statNames(proxy).filter(
    (name) => name.startsWith(`listener.${listenerName}.`) || name.startsWith(`http.${listenerName}.`),
  );
}

/** A listener that waits for the test. */
class LateFactory implements NetworkFilterFactory {
  readonly #ready = Promise.withResolvers<void>();
  readonly ready = this.#ready.promise;
  destroyed = 0;
  createFilter(): never {
    throw new Error('no connection comes here');
  }
  resolve(): void {
    this.#ready.resolve();
  }
  destroy(): void {
    this.destroyed++;
  }
}

async function warming(t: Test): Promise<{
  proxy: RunningProxy;
  listeners: ListenerManager;
  add(version: string, port: number): { factory: LateFactory; done: Promise<boolean> };
}> {
  const main = await freePort();
  const proxy = await remora(t, () => bootstrap([simple('main', main)], [])).to();
  const { listeners, services } = proxy.server;
  const running = listeners.get('main');
  if (running === null) throw new Error('no listener');
  const add = (version: string, port: number) => {
    const factory = new LateFactory();
    const message = { ...running.message, name: 'late', statPrefix: version };
    const chain = new FilterChain('', message, [factory], { active: false, since: 0 }, null);
    const addresses = [
      { address: ipAddress('127.0.0.1', port), ipv4Compat: false, socketOptions: [], tcpKeepalive: null },
    ];
    const scope = services.stats.scope('listener.late.');
    const config = { ...running, name: 'late', addresses, scope, chains: [chain], built: [chain], message };
    return { factory, done: listeners.addOrUpdate(config, version, true) };
  };
  return { proxy, listeners, add };
}

t.test('a listener that is removed while it warms is never bound', async (t) => {
  const { proxy, listeners, add } = await warming(t);
  const { factory, done } = add('1', await freePort());
  t.equal(proxy.stat('listener_manager.total_listeners_warming'), 1);
  t.equal(listeners.remove('late'), true);
  t.equal(proxy.stat('listener_manager.total_listeners_warming'), 0);
  t.equal(proxy.stat('listener_manager.listener_removed'), 1);
  t.equal(await done, false, 'nobody waits for what it waited for');
  t.equal(factory.destroyed, 1);
  factory.resolve();
  await turns();
  t.equal(listeners.get('late'), null);
  t.equal(proxy.stat('listener_manager.listener_added'), 1, 'the other one');
  t.same(namesOf(proxy, 'late'), []);
  t.equal(listeners.remove('late'), false, 'once');
});

t.test('removed while it is being bound: it lets go of the address', async (t) => {
  const { proxy, listeners, add } = await warming(t);
  const port = await freePort();
  const { factory, done } = add('1', port);
  factory.resolve();
  // Up to the point where it waits for the socket.
  for (let i = 0; i < 10; i++) await Promise.resolve();
  listeners.remove('late');
  const next = add('2', port);
  next.factory.resolve();
  t.equal(await done, false);
  t.equal(factory.destroyed, 1);
  t.equal(await next.done, true, 'the address is free for the next');
  t.equal(proxy.portOf('late'), port);
  t.equal(next.factory.destroyed, 0);
});

t.test('a newer version takes the place of one that still warms', async (t) => {
  const { proxy, add } = await warming(t);
  const port = await freePort();
  const old = add('1', await freePort());
  const next = add('2', port);
  t.equal(await old.done, false);
  t.equal(old.factory.destroyed, 1);
  t.equal(proxy.stat('listener_manager.total_listeners_warming'), 1);
  next.factory.resolve();
  t.equal(await next.done, true);
  t.equal(proxy.portOf('late'), port);
  t.equal(proxy.stat('listener_manager.total_listeners_warming'), 0);
});

t.test('reloads add no statistics and reset none; a refused one neither', async (t) => {
  const port = await freePort();
  const same = await freePort();
  const setup = (text: string): Json => bootstrap([simple('main', port, text), simple('same', same)], []);
  const proxy = await remora(t, () => setup('0'))
    .fakeTime()
    .to();
  t.equal((await new Client(t).get(proxy, '/', { listener: 'main' })).body, '0');
  const before = statNames(proxy).sort();
  for (let i = 1; i <= 50; i++) await proxy.reload(setup(String(i % 2)));
  await proxy.reload(bootstrap([simple('main', port, 'x'), simple('bad', 0, 'x', { filterChains: [] })], []));
  t.same(statNames(proxy).sort(), before);
  t.equal((await new Client(t).get(proxy, '/', { listener: 'main' })).body, '0');
  t.equal(proxy.stat('http.main.downstream_rq_total'), 2);
  // The drain time of all 50 is over.
  proxy.advance(600_001);
  await turns();
  t.equal(proxy.stat('listener_manager.total_filter_chains_draining'), 0);
  t.same(statNames(proxy).sort(), before);
  t.equal((await new Client(t).get(proxy, '/', { listener: 'main' })).body, '0');
  t.equal(proxy.stat('http.main.downstream_rq_total'), 3);
  t.equal(proxy.stat('listener.main.http.main.downstream_rq_2xx'), 3);
  t.equal(proxy.stat('listener.main.downstream_cx_total'), 3);
});

t.test('the statistics of a removed listener go when its last connection has ended', async (t) => {
  const port = await freePort();
  const other = await freePort();
  const rds = (path: string): Json =>
    listener(
      'gone',
      address(port),
      [
        httpChain({
          statPrefix: 'gone',
          rds: {
            routeConfigName: 'routes',
            configSource: { pathConfigSource: { path }, resourceApiVersion: 'V3' },
          },
        }),
      ],
      { statPrefix: 'gone' },
    );
  const proxy = await remora(t, (dir) => {
    const path = writeFile(dir, 'rds.json', discovery(Routes, '1', [routeConfig('routes', [directResponse('bye')])]));
    return bootstrap([rds(path), simple('stays', other)], []);
  })
    .fakeTime()
    .to();
  const client = new RawClient(t, port).send(get());
  await client.see('bye');
  t.equal(proxy.stat('http.gone.rds.routes.config_reload'), 1);
  await proxy.reload(bootstrap([simple('stays', other)], []));
  t.equal(proxy.stat('listener.gone.downstream_cx_active'), 1, 'the connection drains, and counts');
  proxy.advance(600_001);
  await client.end();
  await until(() => namesOf(proxy, 'gone').length === 0, 'the end of its statistics');
  t.ok(namesOf(proxy, 'stays').length > 60, 'those of the other stay');
});
