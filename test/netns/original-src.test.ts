// original_src: the application sees the client's address, though a proxy stands between them; and so does an HTTP application.
// covers: envoy.extensions.filters.listener.original_src.v3.OriginalSrc.mark
// covers: envoy.extensions.filters.http.original_src.v3.OriginalSrc.mark
import t, { type Test } from 'tap';
import type { Agent } from './support/agent-client.ts';
import { APPLICATION_ID, CLIENT, netnsSkip, network, POD } from './support/namespaces.ts';
import { httpTo, type Json, listenerFilter, Sidecar, sidecar, tcpProxy } from './support/sidecar.ts';

/** As Istio's control plane sets it up for TPROXY: by this mark the answers come back to the proxy. */
const MARK = 1337;
const FLAGS = '-u 1337 -i * -b * --dual-stack -m TPROXY';
const HTTP = 8081;

const fromClient: Json = {
  name: 'original_src',
  typed_config: {
    '@type': 'type.googleapis.com/envoy.extensions.filters.http.original_src.v3.OriginalSrc',
    mark: MARK,
  },
};

async function world(t: Test, config: Json): Promise<{ client: Agent; proxy: Sidecar }> {
  const net = network();
  t.teardown(() => net.close());
  const client = await net.client.agent();
  const application = await net.pod.agent({ uid: APPLICATION_ID, gid: APPLICATION_ID });
  await application.listen('application', 8080);
  await application.listenHttp('http application', HTTP);
  const proxy = new Sidecar(net.pod, config, { netAdmin: true });
  t.teardown(() => proxy.close());
  await proxy.start();
  t.equal(net.pod.iptables('apply', FLAGS).code, 0);
  return { client, proxy };
}

t.test('the listener filter', { skip: netnsSkip }, async (t) => {
  const filters = [listenerFilter('original_dst'), listenerFilter('original_src', { mark: MARK })];
  const inbound = { transparent: true, listener_filters: filters };
  const { client, proxy } = await world(t, sidecar({ inbound }));
  for (const family of ['v4', 'v6'] as const) {
    const here = POD[family];
    const cluster = family === 'v4' ? 'InboundPassthroughCluster' : 'InboundPassthroughCluster6';
    t.same(
      await client.call(here, 8080),
      { by: 'application', from: CLIENT[family], at: `${here} 8080` },
      `${family}: both ends see each other`,
    );
    t.equal(await proxy.stat(`cluster.${cluster}.upstream_cx_total`), 1, 'through the proxy');
    t.equal(await proxy.stat(`cluster.${cluster}.upstream_cx_connect_fail`), 0);
  }
});

t.test('the HTTP filter', { skip: netnsSkip }, async (t) => {
  const chains = [
    { filter_chain_match: { destination_port: HTTP }, filters: [httpTo('InboundPassthroughCluster', [fromClient])] },
    { filters: [tcpProxy('InboundPassthroughCluster')] },
  ];
  const inbound = { transparent: true, listener_filters: [listenerFilter('original_dst')] };
  const { client, proxy } = await world(t, sidecar({ inbound, inboundChains: chains, inboundRest: null }));
  for (let i = 1; i <= 2; i++) {
    const reply = await client.get(`http://${POD.v4}:${HTTP}/`);
    t.equal(reply.status, 200, reply.body);
    t.match(JSON.parse(reply.body), { by: 'http application', from: CLIENT.v4 });
  }
  t.equal(await proxy.stat('cluster.InboundPassthroughCluster.upstream_cx_connect_fail'), 0);
});
