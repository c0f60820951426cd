// Remora itself as the proxy, with listeners and clusters as Istio sends them: connections pass through it both ways,
// to where they were meant to go, while both ends know of no proxy.
// covers: envoy.config.listener.v3.Listener.{transparent, use_original_dst, bind_to_port}
import t, { type Test } from 'tap';
import type { Agent } from './support/agent-client.ts';
import {
  APPLICATION_ID,
  CLIENT,
  checkoutIsReadable,
  ELSEWHERE,
  type Network,
  netnsSkip,
  network,
  POD,
  PROXY_ID,
} from './support/namespaces.ts';
import { type Json, listenerFilter, Sidecar, sidecar } from './support/sidecar.ts';

const FLAGS = '-u 1337 -i * -b * -d 15020 --dual-stack';

interface World {
  readonly net: Network;
  readonly client: Agent;
  readonly application: Agent;
  readonly proxy: Sidecar;
}

async function world(t: Test, config: Json, options: { netAdmin?: boolean } = {}): Promise<World> {
  const net = network();
  t.teardown(() => net.close());
  const client = await net.client.agent();
  for (const port of [80, 443]) await client.listen(`outside ${port}`, port);
  const application = await net.pod.agent({ uid: APPLICATION_ID, gid: APPLICATION_ID });
  for (const port of [8080, 15_020]) await application.listen(`application ${port}`, port);
  const proxy = new Sidecar(net.pod, config, options);
  t.teardown(() => proxy.close());
  await proxy.start();
  return { net, client, application, proxy };
}

t.test('REDIRECT: in, out and around', { skip: netnsSkip }, async (t) => {
  const { net, client, application, proxy } = await world(t, sidecar());
  t.equal(net.pod.iptables('apply', FLAGS).code, 0);
  let [outbound, inbound] = [0, 0];
  for (const family of ['v4', 'v6'] as const) {
    const [here, there] = [POD[family], CLIENT[family]];
    t.match(await application.call(there, 80), { by: 'outside 80', from: here }, `${family}: outbound`);
    t.match(
      await application.call(ELSEWHERE[family], 443),
      { by: 'outside 443', from: here },
      `${family}: another address`,
    );
    outbound += 2;
    t.equal(await proxy.stat('cluster.PassthroughCluster.upstream_cx_total'), outbound, 'through the proxy');
    const source = family === 'v4' ? '127.0.0.6' : '::6';
    t.same(
      await client.call(here, 8080),
      { by: 'application 8080', from: source, at: `${here} 8080` },
      `${family}: inbound`,
    );
    inbound++;
    const cluster = family === 'v4' ? 'InboundPassthroughCluster' : 'InboundPassthroughCluster6';
    t.equal(await proxy.stat(`cluster.${cluster}.upstream_cx_total`), 1, 'through the proxy');
    t.match(await client.call(here, 15_020), { by: 'application 15020', from: there }, `${family}: an excluded port`);
    t.equal(await proxy.stat('listener.0.0.0.0_15006.downstream_cx_total'), inbound, 'past the proxy');
  }
  // An application that asks for itself by an address that leads back: its call comes in like any other.
  net.pod.ip('addr', 'add', '10.88.0.1/32', 'dev', 'lo');
  t.match(await application.call('10.88.0.1', 8080), { by: 'application 8080' }, 'its own further address');

  t.equal(net.pod.iptables('apply', `${FLAGS} -o 443 -x ${CLIENT.v4}/32`).code, 0);
  const before = await proxy.stat('cluster.PassthroughCluster.upstream_cx_total');
  t.equal((await application.call(ELSEWHERE.v4, 443)).by, 'outside 443', 'an excluded port');
  t.equal((await application.call(CLIENT.v4, 80)).by, 'outside 80', 'an excluded address');
  t.equal(await proxy.stat('cluster.PassthroughCluster.upstream_cx_total'), before, 'past the proxy');
  t.equal((await application.call(ELSEWHERE.v4, 80)).by, 'outside 80', 'the rest');
  t.equal(await proxy.stat('cluster.PassthroughCluster.upstream_cx_total'), before + 1, 'through the proxy');
});

t.test('the proxy stops and starts while the rules stay', { skip: netnsSkip }, async (t) => {
  const { net, client, application, proxy } = await world(t, sidecar());
  t.equal(net.pod.iptables('apply', FLAGS).code, 0);
  t.equal((await client.call(POD.v4, 8080)).by, 'application 8080');
  await proxy.stop();
  t.equal((await client.call(POD.v4, 8080)).by, 'ECONNREFUSED', 'nothing goes past it');
  t.equal((await application.call(CLIENT.v4, 80)).by, 'ECONNREFUSED');
  t.equal((await client.call(POD.v4, 15_020)).by, 'application 15020', 'what is left alone goes on');
  t.equal(net.pod.iptables('check', FLAGS).code, 0, 'the rules are in force');
  await proxy.start();
  t.equal((await client.call(POD.v4, 8080)).by, 'application 8080', 'again');
  t.equal((await application.call(CLIENT.v6, 80)).by, 'outside 80');
});

t.test('a port where nobody listens, and no loop', { skip: netnsSkip }, async (t) => {
  const { net, client, application, proxy } = await world(t, sidecar());
  t.equal(net.pod.iptables('apply', FLAGS).code, 0);
  for (const [agent, host] of [
    [client, POD.v4],
    [application, CLIENT.v4],
  ] as const) {
    t.notMatch((await agent.call(host, 9)).by, /application|outside/, 'the connection ends');
  }
  const accepted =
    (await proxy.stat('listener.0.0.0.0_15006.downstream_cx_total')) +
    (await proxy.stat('listener.0.0.0.0_15001.downstream_cx_total'));
  t.equal(accepted, 2, 'each came once');
});

t.test('TPROXY: the listener sees the addresses as they were', { skip: netnsSkip }, async (t) => {
  const inbound = { transparent: true, listener_filters: [listenerFilter('original_dst')] };
  const { net, client, application, proxy } = await world(t, sidecar({ inbound }), { netAdmin: true });
  t.equal(net.pod.iptables('apply', `${FLAGS} -m TPROXY`).code, 0);
  for (const family of ['v4', 'v6'] as const) {
    const here = POD[family];
    t.match(await client.call(here, 8080), { by: 'application 8080', at: `${here} 8080` }, `${family}: inbound`);
    t.match(await application.call(CLIENT[family], 80), { by: 'outside 80', from: here }, `${family}: outbound`);
  }
  t.equal(await proxy.stat('listener.0.0.0.0_15006.downstream_cx_total'), 2, 'through the proxy');
  t.match(await client.call(POD.v4, 15_020), { by: 'application 15020', from: CLIENT.v4 }, 'an excluded port');
});

t.test('a transparent listener without the right says what it needs', { skip: netnsSkip }, async (t) => {
  if (!checkoutIsReadable({ uid: PROXY_ID, gid: PROXY_ID })) return;
  const net = network();
  t.teardown(() => net.close());
  const proxy = new Sidecar(net.pod, sidecar({ inbound: { transparent: true } }));
  t.teardown(() => proxy.close());
  await t.rejects(proxy.start(), { message: /a transparent listener needs the capability NET_ADMIN/ });
});
