// What strangers may try with a UDP listener: floods of sources, odd sizes, answers that nobody asked for, hosts that refuse.
// Nothing may crash, and what is kept has a bound. FUZZ_SEED repeats a run.

import { readdirSync } from 'node:fs';
import t, { type Test } from 'tap';
import { freePort } from '../../bench/machine/ports.ts';
import { bootstrap, cluster, type Json } from '../support/bootstrap.ts';
import { MemoryLog } from '../support/memory-log.ts';
import { type RunningProxy, remora } from '../support/remora.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { type UdpPeer, udpAddress, udpListener, udpPeer } from '../support/udp.ts';
import { turns, until } from '../support/until.ts';

MemoryLog.capture();
const seed = Number(process.env['FUZZ_SEED'] ?? 5);
const large = { maxRxDatagramSize: 65_535 };
const sized = { upstreamSocketConfig: large };
const listenerSized = { udpListenerConfig: { downstreamSocketConfig: large } };

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

async function proxyTo(t: Test, hosts: readonly Json[], more: Json = {}, host = '127.0.0.1'): Promise<RunningProxy> {
  const where = udpAddress(0, host);
  const filter = { ...sized, idleTimeout: '5s' };
  const config = bootstrap([udpListener('udp', where, 'app', filter, listenerSized)], [cluster('app', hosts, more)]);
  return remora(t, () => config)
    .fakeTime()
    .to();
}

t.test('a flood of sources gets no more sessions than max_connections, and they all end', async (t) => {
  const app = (await udpPeer(t)).echo();
  const limit = 40;
  const proxy = await proxyTo(t, [udpAddress(app.port)], {
    circuitBreakers: { thresholds: [{ maxConnections: limit }] },
  });
  const sources: UdpPeer[] = [];
  for (let i = 0; i < 300; i++) sources.push(await udpPeer(t));
  const before = openDescriptors();
  for (const [index, source] of sources.entries()) {
    source.send('x', proxy.port);
    // Not all at once: the kernel's queue would not take them.
    await until(() => proxy.stat('udp.udp.downstream_sess_total') === index + 1);
  }
  t.equal(proxy.stat('cluster.app.upstream_cx_overflow'), sources.length - limit);
  t.equal(proxy.stat('udp.udp.downstream_sess_active'), limit);
  t.ok(openDescriptors() <= before + limit + 1);
  proxy.advance(5_001);
  t.equal(proxy.stat('udp.udp.downstream_sess_active'), 0);
  await until(() => openDescriptors() <= before + 1, 'the end of the sockets');
});

t.test('datagrams of every size go through as they are', async (t) => {
  const app = (await udpPeer(t)).echo();
  const proxy = await proxyTo(t, [udpAddress(app.port)]);
  const client = await udpPeer(t);
  const random = new SeededRandom(seed);
  const sizes = [0, 1, 1499, 1500, 1501, 9000, 65_506, 65_507];
  for (let i = 0; i < 60; i++) sizes.push(random.uint32() % 65_508);
  for (const [index, size] of sizes.entries()) {
    const datagram = Buffer.alloc(size, index);
    client.send(datagram, proxy.port);
    await client.has(index + 1);
    if (!client.received[index]?.equals(datagram)) t.fail(`${size} bytes came back as others (seed ${seed})`);
  }
  t.equal(proxy.stat('udp.udp.downstream_sess_total'), 1);
});

t.test('a datagram that is too large for the other protocol is dropped and counted', async (t) => {
  const app = (await udpPeer(t)).echo();
  const proxy = await proxyTo(t, [udpAddress(app.port)], {}, '::1');
  const client = await udpPeer(t, '::1');
  // IPv6 lets 20 bytes more in than IPv4.
  client.send(Buffer.alloc(65_520), proxy.port, '::1');
  await until(() => proxy.stat('cluster.app.udp.sess_tx_errors') === 1);
  client.send('small', proxy.port, '::1');
  await client.has(1);
  t.equal(String(client.received[0]), 'small');
});

t.test('a host that refuses counts errors; when somebody listens there the session goes on', async (t) => {
  const port = await freePort();
  const proxy = await proxyTo(t, [udpAddress(port)]);
  const client = await udpPeer(t);
  for (let i = 0; i < 50; i++) {
    client.send('knock', proxy.port);
    const seen = i + 1;
    await until(() => proxy.stat('udp.udp.downstream_sess_rx_datagrams') === seen);
  }
  await until(
    () => proxy.stat('cluster.app.udp.sess_rx_errors') + proxy.stat('cluster.app.udp.sess_tx_errors') >= 25,
    'errors',
  );
  (await udpPeer(t, '127.0.0.1', port)).echo();
  await until(() => {
    client.send('hello', proxy.port);
    return client.received.length > 0;
  });
  t.equal(proxy.stat('udp.udp.downstream_sess_total'), 1);
});

t.test('an address without a route counts errors', async (t) => {
  // Reserved, and nothing leads there: connect or send fails.
  const proxy = await proxyTo(t, [udpAddress(9, '240.0.0.1')]);
  const client = await udpPeer(t);
  client.send('one', proxy.port);
  client.send('two', proxy.port);
  await until(() => proxy.stat('udp.udp.downstream_sess_rx_datagrams') === 2);
  await turns();
  proxy.advance(5_001);
  t.equal(proxy.stat('udp.udp.downstream_sess_active'), 0);
});

t.test('strangers who write to a session from elsewhere are not heard', async (t) => {
  const app = await udpPeer(t);
  const proxy = await proxyTo(t, [udpAddress(app.port)]);
  const client = await udpPeer(t);
  const stranger = await udpPeer(t);
  const ports: number[] = [];
  app.onMessage((_, port) => ports.push(port));
  client.send('ask', proxy.port);
  await app.has(1);
  const [sessionPort = 0] = ports;
  stranger.send('forged', sessionPort);
  app.send('genuine', sessionPort);
  await client.has(1);
  await turns();
  t.same(client.received.map(String), ['genuine']);
});

t.test('a burst beyond what the kernel takes is dropped: nothing waits here', async (t) => {
  const app = (await udpPeer(t)).echo();
  const proxy = await proxyTo(t, [udpAddress(app.port)]);
  const client = await udpPeer(t);
  const datagram = Buffer.alloc(60_000);
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 2_000; i++) {
    client.send(datagram, proxy.port);
    if (i % 50 === 0) await turns(1);
  }
  await turns(50);
  t.ok(process.memoryUsage().arrayBuffers - before < 200 * 1024 * 1024);
  client.send('after', proxy.port);
  await until(() => {
    client.send('after', proxy.port);
    return client.received.some((one) => String(one) === 'after');
  });
});
