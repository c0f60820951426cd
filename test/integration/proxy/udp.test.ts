// Sentences about UDP listeners and sessions: what needs a clock, several addresses, or a port that is taken. How Envoy does
// the rest is recorded in the parity suites udp-proxy and udp-updates.
import t, { type Test } from 'tap';
import { freePort } from '../../../bench/machine/ports.ts';
import {
  bootstrap,
  cluster,
  directResponse,
  httpChain,
  type Json,
  listener,
  routeConfig,
  address as tcp,
} from '../../support/bootstrap.ts';
import { MemoryLog } from '../../support/memory-log.ts';
import { type RunningProxy, remora } from '../../support/remora.ts';
import { type UdpPeer, udpAddress, udpListener, udpPeer } from '../../support/udp.ts';
import { turns, until } from '../../support/until.ts';

MemoryLog.capture();

interface Scene {
  readonly proxy: RunningProxy;
  readonly app: UdpPeer;
  readonly client: UdpPeer;
}

async function scene(t: Test, filter: Json = {}, more: Json = {}): Promise<Scene> {
  const app = (await udpPeer(t)).echo();
  const config = bootstrap(
    [udpListener('udp', udpAddress(0), 'app', filter, more)],
    [cluster('app', [udpAddress(app.port)])],
  );
  const proxy = await remora(t, () => config)
    .fakeTime()
    .to();
  return { proxy, app, client: await udpPeer(t) };
}

t.test('a session ends when it was idle for its timeout, counted from the last datagram of either side', async (t) => {
  const { proxy, client } = await scene(t, { idleTimeout: '10s' });
  const active = (): number => proxy.stat('udp.udp.downstream_sess_active');
  client.send('one', proxy.port);
  await client.has(1);
  proxy.advance(9_000);
  t.equal(active(), 1);
  client.send('two', proxy.port);
  await client.has(2);
  proxy.advance(9_999);
  t.equal(active(), 1);
  proxy.advance(2);
  t.equal(active(), 0);
  t.equal(proxy.stat('udp.udp.idle_timeout'), 1);
  t.equal(proxy.stat('udp.udp.downstream_sess_total'), 1);
});

t.test('without a word of it that is a minute', async (t) => {
  const { proxy, client } = await scene(t);
  client.send('one', proxy.port);
  await client.has(1);
  proxy.advance(59_000);
  t.equal(proxy.stat('udp.udp.downstream_sess_active'), 1);
  proxy.advance(1_001);
  t.equal(proxy.stat('udp.udp.downstream_sess_active'), 0);
});

t.test('a timeout of nothing ends a session at the next look at the clock', async (t) => {
  const { proxy, app, client } = await scene(t, { idleTimeout: '0s' });
  client.send('one', proxy.port);
  await app.has(1);
  proxy.advance(2);
  t.equal(proxy.stat('udp.udp.downstream_sess_active'), 0);
});

t.test(
  'one client on two addresses of a listener has two sessions, and answers come from where it asked',
  async (t) => {
    const app = (await udpPeer(t)).echo();
    const second = await freePort();
    const more = { additionalAddresses: [{ address: udpAddress(second) }] };
    const config = bootstrap(
      [udpListener('udp', udpAddress(0), 'app', {}, more)],
      [cluster('app', [udpAddress(app.port)])],
    );
    const proxy = await remora(t, () => config).to();
    const client = await udpPeer(t);
    client.send('first', proxy.port);
    client.send('second', second);
    await client.has(2);
    t.equal(proxy.stat('udp.udp.downstream_sess_active'), 2);
  },
);

t.test('a dual-stack listener serves clients of IPv4', async (t) => {
  const app = (await udpPeer(t)).echo();
  const where = udpAddress(0, '::', { ipv4Compat: true });
  const config = bootstrap([udpListener('udp', where, 'app')], [cluster('app', [udpAddress(app.port)])]);
  const proxy = await remora(t, () => config).to();
  const client = await udpPeer(t);
  client.send('four', proxy.port);
  await client.has(1);
  t.equal(proxy.stat('udp.udp.downstream_sess_tx_datagrams'), 1);
});

t.test('TCP and UDP share a port', async (t) => {
  const app = (await udpPeer(t)).echo();
  const port = await freePort();
  const config = bootstrap(
    [
      listener('tcp', tcp(port), [httpChain({ routeConfig: routeConfig('r', [directResponse('tcp')]) })]),
      udpListener('udp', udpAddress(port), 'app'),
    ],
    [cluster('app', [udpAddress(app.port)])],
  );
  const proxy = await remora(t, () => config).to();
  const client = await udpPeer(t);
  client.send('datagram', port);
  await client.has(1);
  t.equal(proxy.stat('listener_manager.total_listeners_active'), 2);
});

t.test('a port that is taken is named, and the old listener goes on', async (t) => {
  const { proxy, client, app } = await scene(t);
  const { port } = proxy;
  const taken = await udpPeer(t);
  const clusters = [cluster('app', [udpAddress(app.port)])];
  const log = MemoryLog.capture();
  await proxy.reload(bootstrap([udpListener('udp', udpAddress(taken.port), 'app')], clusters));
  t.match(log.lines.join('\n'), new RegExp(`cannot bind '127\\.0\\.0\\.1:${taken.port}': the address is in use`));
  client.send('still here', port);
  await client.has(1);
});

t.test('socket options are set, or the listener says why it does not start', async (t) => {
  const SOL_SOCKET = 1;
  const SO_RCVBUF = 8;
  const options = (level: number, name: number): Json => ({
    socketOptions: [{ level, name, intValue: 100_000, type: { datagram: {} } }],
  });
  const { proxy, client, app } = await scene(t, {}, options(SOL_SOCKET, SO_RCVBUF));
  client.send('one', proxy.port);
  await client.has(1);
  const log = MemoryLog.capture();
  const clusters = [cluster('app', [udpAddress(app.port)])];
  await proxy.reload(bootstrap([udpListener('other', udpAddress(0), 'app', {}, options(77, 77))], clusters));
  t.match(log.lines.join('\n'), /the system refuses the socket option \(level 77, name 77\)/);
});

t.test('a listener without filters takes datagrams and does nothing with them', async (t) => {
  const { proxy, client } = await scene(t, {}, { listenerFilters: [] });
  client.send('lost', proxy.port);
  await turns();
  t.equal(proxy.stat('listener_manager.total_listeners_active'), 1);
});

t.test('statistics of a prefix go with the last listener that has it', async (t) => {
  const { proxy, app, client } = await scene(t);
  client.send('one', proxy.port);
  await client.has(1);
  await proxy.reload(bootstrap([], [cluster('app', [udpAddress(app.port)])]));
  await until(() => proxy.server.listeners.entries().size === 0);
  const names = [...proxy.server.stats.counters()].map(({ name }) => name);
  t.same(
    names.filter((name) => name.startsWith('udp.udp.')),
    [],
  );
  t.equal(proxy.stat('cluster.app.udp.sess_tx_datagrams'), 1);
});
