// Two applications that know of no proxy and no TLS, each with Remora beside it. Both ends are captured; between the
// proxies there is mutual TLS, and who may call is decided by the caller's identity.
import t, { type Test } from 'tap';
import type { Agent } from './support/agent-client.ts';
import { type Authority, authority, type Identity, spiffe } from './support/identities.ts';
import { APPLICATION_ID, netnsSkip, network, POD, PROXY_ID } from './support/namespaces.ts';
import { httpTo, type Json, mutualTls, originalDst, rbac, Sidecar, sidecar, tcpProxy } from './support/sidecar.ts';

const FLAGS = '-u 1337 -i * -b *';
const HTTP = 8080;
const TCP = 9000;
const APPLICATION = { uid: APPLICATION_ID, gid: APPLICATION_ID };

/** Beside the caller: connections to the callee's ports become mutual TLS. */
function callerConfig(own: Identity, ca: string): Json {
  const virtual = (port: number, filter: Json): Json => ({
    name: `0.0.0.0_${port}`,
    address: { socket_address: { address: '0.0.0.0', port_value: port } },
    bind_to_port: false,
    filter_chains: [{ filters: [filter] }],
  });
  const callee = (name: string, port: number, protocol: string): Json => ({
    name,
    type: 'STATIC',
    connect_timeout: '1s',
    load_assignment: {
      cluster_name: name,
      endpoints: [
        { lb_endpoints: [{ endpoint: { address: { socket_address: { address: POD.v4, port_value: port } } } }] },
      ],
    },
    transport_socket: mutualTls('Upstream', own, ca, spiffe('callee'), [protocol]),
  });
  return sidecar({
    listeners: [virtual(HTTP, httpTo('callee-http')), virtual(TCP, tcpProxy('callee-tcp'))],
    clusters: [callee('callee-http', HTTP, 'istio-http/1.1'), callee('callee-tcp', TCP, 'istio')],
  });
}

/** Beside the callee: only mutual TLS comes in, and only from the caller. */
function calleeConfig(own: Identity, ca: string): Json {
  const chain = (port: number, protocol: string, filters: readonly Json[]): Json => ({
    filter_chain_match: { destination_port: port, transport_protocol: 'tls', application_protocols: [protocol] },
    filters,
    transport_socket: mutualTls('Downstream', own, ca, 'spiffe://cluster.local/', ['istio-http/1.1', 'istio']),
  });
  const identity = { forward_client_cert_details: 'SANITIZE_SET', set_current_client_cert_details: { uri: true } };
  return sidecar({
    inboundChains: [
      chain(HTTP, 'istio-http/1.1', [httpTo('inbound', [rbac('http', spiffe('caller'))], identity)]),
      chain(TCP, 'istio', [rbac('network', spiffe('caller')), tcpProxy('inbound')]),
    ],
    inboundRest: null,
    clusters: [originalDst('inbound', '127.0.0.6')],
  });
}

interface Mesh {
  readonly ca: Authority;
  readonly caller: Agent;
  /** In the caller's pod, but not captured: in the proxy's group. */
  readonly intruder: Agent;
  readonly calleeProxy: Sidecar;
  /** The proxy beside the caller, with that service account. */
  withCaller<Result>(account: string, work: (proxy: Sidecar) => Promise<Result>): Promise<Result>;
}

async function mesh(t: Test): Promise<Mesh> {
  const { client: callerPod, pod: calleePod, close } = network();
  t.teardown(close);
  const ca = await authority();
  const caller = await callerPod.agent(APPLICATION);
  const intruder = await callerPod.agent({ uid: APPLICATION_ID, gid: PROXY_ID });
  const callee = await calleePod.agent(APPLICATION);
  await callee.listenHttp('callee', HTTP);
  // Envoy's L4 RBAC judges when the caller has said something; who speaks first is heard before.
  await callee.listen('callee', TCP, { waits: true });
  const calleeProxy = new Sidecar(calleePod, calleeConfig(await ca.issue('callee'), ca.certificate));
  t.teardown(() => calleeProxy.close());
  await calleeProxy.start();
  for (const pod of [callerPod, calleePod]) t.equal(pod.iptables('apply', FLAGS).code, 0);
  return {
    ca,
    caller,
    intruder,
    calleeProxy,
    withCaller: async (account, work) => {
      const proxy = new Sidecar(callerPod, callerConfig(await ca.issue(account), ca.certificate));
      try {
        await proxy.start();
        return await work(proxy);
      } finally {
        await proxy.close();
      }
    },
  };
}

t.test('mutual TLS between applications that know of none', { skip: netnsSkip }, async (t) => {
  const { caller, intruder, calleeProxy, withCaller } = await mesh(t);

  await withCaller('caller', async (proxy) => {
    const reply = await caller.get(`http://${POD.v4}:${HTTP}/hello`);
    t.equal(reply.status, 200, reply.body);
    const seen = JSON.parse(reply.body) as { by: string; from: string; url: string; headers: Record<string, string> };
    t.match(seen, { by: 'callee', from: '127.0.0.6', url: '/hello' });
    t.match(seen.headers['x-forwarded-client-cert'], `By=${spiffe('callee')}`, 'the callee is told who it is');
    t.match(seen.headers['x-forwarded-client-cert'], `URI=${spiffe('caller')}`, 'and who calls');
    t.same(
      await caller.call(POD.v4, TCP, { says: 'who?' }),
      { by: 'callee', from: '127.0.0.6', at: `${POD.v4} ${TCP}` },
      'without HTTP',
    );
    t.equal(await proxy.stat('cluster.callee-http.ssl.handshake'), 1);
    t.equal(await proxy.stat('cluster.callee-tcp.ssl.handshake'), 1);
    t.equal(await calleeProxy.stat('listener.0.0.0.0_15006.ssl.handshake'), 2);
    t.equal(await calleeProxy.stat('http.inbound.rbac.allowed'), 1);
    t.equal(await calleeProxy.stat('tcp.rbac.allowed'), 1);

    const plain = await intruder.get(`http://${POD.v4}:${HTTP}/`);
    t.equal(plain.status, 0, 'without TLS nobody comes in');
    t.equal((await intruder.call(POD.v4, TCP, { says: 'who?' })).by === 'callee', false);
  });

  await withCaller('stranger', async () => {
    const { status, body } = await caller.get(`http://${POD.v4}:${HTTP}/hello`);
    t.same({ status, body }, { status: 403, body: 'RBAC: access denied' }, 'another identity is refused');
    t.not((await caller.call(POD.v4, TCP, { says: 'who?' })).by, 'callee', 'without HTTP, too');
    t.equal(await calleeProxy.stat('http.inbound.rbac.denied'), 1);
    t.equal(await calleeProxy.stat('tcp.rbac.denied'), 1);
  });
});

t.test('an identity of another authority gets nowhere', { skip: netnsSkip }, async (t) => {
  const { ca, caller, calleeProxy, withCaller } = await mesh(t);
  const elsewhere = await authority();
  Object.assign(ca, { issue: elsewhere.issue });
  await withCaller('caller', async () => {
    t.equal((await caller.get(`http://${POD.v4}:${HTTP}/hello`)).status, 503);
    t.not((await caller.call(POD.v4, TCP, { says: 'who?' })).by, 'callee');
  });
  t.ok((await calleeProxy.stat('listener.0.0.0.0_15006.ssl.fail_verify_error')) >= 1);
});
