// Discovery streams over the proxy's own gRPC client, against a management server of grpc-js.
import { create, fromJson, toBinary } from '@bufbuild/protobuf';
import t, { type Test } from 'tap';
import { messageDescriptor } from '../../../src/config/api.ts';
import type { GrpcClient } from '../../../src/grpc/api.ts';
import { nodeJson } from '../../../src/server/admin/node.ts';
import { Delta } from '../../../src/xds/protocol/delta.ts';
import {
  DiscoveryStream,
  type DiscoveryTransport,
  type TransportCallbacks,
} from '../../../src/xds/protocol/discovery-stream.ts';
import type { DiscoveryUpdate, Refusal } from '../../../src/xds/protocol/messages.ts';
import type { DiscoveryProtocol } from '../../../src/xds/protocol/protocol.ts';
import { ReconnectDelay } from '../../../src/xds/protocol/reconnect-delay.ts';
import { StateOfTheWorld } from '../../../src/xds/protocol/state-of-the-world.ts';
import { controlPlaneStats } from '../../../src/xds/protocol/stats.ts';
import { type NodeMessage, openDeltaStream, openStateStream } from '../../../src/xds/protocol/wire-config.ts';
import type { RunningProxy } from '../../support/remora.ts';
import { until } from '../../support/until.ts';
import { clientOf, proxyWith, serviceCluster } from '../grpc/support.ts';
import { adsServer } from './ads-server.ts';

const clusterType = 'type.googleapis.com/envoy.config.cluster.v3.Cluster';
const endpointType = 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment';

function clusterAny(name: string): { typeUrl: string; value: Uint8Array } {
  const schema = messageDescriptor('envoy.config.cluster.v3.Cluster');
  return { typeUrl: clusterType, value: toBinary(schema, create(schema, { name })) };
}

type Open<Request> = (
  client: GrpcClient,
  node: NodeMessage,
  callbacks: TransportCallbacks,
) => DiscoveryTransport<Request>;

function streamOf<Request>(
  t: Test,
  proxy: RunningProxy,
  protocol: DiscoveryProtocol<Request>,
  open: Open<Request>,
): { stream: DiscoveryStream<Request>; updates: DiscoveryUpdate[]; verdict: { refusal: Refusal | null } } {
  const { server } = proxy;
  const client = clientOf(proxy);
  const node = fromJson(messageDescriptor('envoy.config.core.v3.Node'), nodeJson(server)) as NodeMessage;
  const updates: DiscoveryUpdate[] = [];
  const verdict: { refusal: Refusal | null } = { refusal: null };
  const stream = new DiscoveryStream<Request>({
    name: 'ads',
    protocol,
    open: (callbacks) => open(client, node, callbacks),
    handler: {
      apply: (update) => {
        updates.push(update);
        return verdict.refusal;
      },
      onDisconnected: () => undefined,
    },
    delay: new ReconnectDelay({ baseMs: 20, maxMs: 20 }, { fraction: () => 1 }),
    timers: server.services.timers,
    stats: controlPlaneStats(server.services.stats),
    nodeOnFirstOnly: true,
  });
  t.teardown(() => stream.stop());
  return { stream, updates, verdict };
}

t.test('the state of the world: node, resources, answers, another stream', async (t) => {
  const server = await adsServer(t, (request, stream) => {
    const count = stream.requests.length;
    const send = (versionInfo: string, names: readonly string[]): void =>
      stream.send({
        typeUrl: clusterType,
        versionInfo,
        nonce: `n${versionInfo}`,
        resources: names.map(clusterAny),
        controlPlane: { identifier: 'cp-1' },
      });
    if (stream.number === 1 && request.typeUrl === clusterType) {
      if (count === 1) send('1', ['a', 'b']);
      if (count === 2) send('2', ['a']);
      if (count === 3) stream.end();
    }
  });
  const proxy = await proxyWith(t, [serviceCluster([server.port])]);
  const protocol = new StateOfTheWorld();
  const { stream, updates, verdict } = streamOf(t, proxy, protocol, openStateStream);
  protocol.subscribe(clusterType, '*');
  stream.start();
  await until(() => updates.length === 1, 'the first update');
  verdict.refusal = { code: 13, message: 'cluster a: no' };
  await until(() => server.streams[1]?.requests.length === 1, 'another stream');
  const [first, second, third] = server.streams[0]?.requests ?? [];
  t.match(first, {
    typeUrl: clusterType,
    node: {
      id: 'test',
      cluster: 'test',
      userAgentName: 'envoy',
      userAgentBuildVersion: { version: { majorNumber: 1 } },
    },
  });
  t.same(second, { typeUrl: clusterType, versionInfo: '1', responseNonce: 'n1' });
  t.same(third, {
    typeUrl: clusterType,
    versionInfo: '1',
    responseNonce: 'n2',
    errorDetail: { code: 13, message: 'cluster a: no' },
  });
  const { node, ...again } = server.streams[1]?.requests[0] ?? {};
  t.ok(node);
  t.same(again, { typeUrl: clusterType, versionInfo: '1' });
  t.same(
    updates.map(({ resources }) =>
      resources.map(({ resource }) => Buffer.from(resource?.value ?? []).toString('latin1')),
    ),
    [['\n\x01a', '\n\x01b'], ['\n\x01a']],
  );
  t.equal(proxy.stat('control_plane.connected_state'), 1);
});

t.test('delta: subscriptions, versions, times to live, removals', async (t) => {
  const server = await adsServer(t, (request, stream) => {
    const { typeUrl } = request;
    const count = stream.requests.filter((sent) => sent.typeUrl === typeUrl).length;
    if (stream.number > 1 || count !== 1) return;
    if (typeUrl === clusterType) {
      stream.send({
        typeUrl,
        nonce: 'n1',
        resources: [
          { name: 'a', version: '1', resource: clusterAny('a') },
          { name: 'b', version: '7', resource: clusterAny('b'), ttl: { seconds: 3n, nanos: 500_000_000 } },
        ],
      });
      stream.send({ typeUrl, nonce: 'n2', removedResources: ['a'] });
      stream.send({ typeUrl, nonce: 'n3', resources: [{ name: 'b', version: '7', ttl: { seconds: 9n } }] });
    } else stream.end();
  });
  const proxy = await proxyWith(t, [serviceCluster([server.port])]);
  const protocol = new Delta();
  const { stream, updates } = streamOf(t, proxy, protocol, openDeltaStream);
  protocol.subscribe(clusterType, '*');
  stream.start();
  await until(() => (server.streams[0]?.requests.length ?? 0) >= 4, 'three answers');
  protocol.subscribe(endpointType, 'x');
  stream.flush();
  await until(() => server.streams[1]?.requests.length === 2, 'another stream');
  t.same(server.streams[0]?.requests.slice(1), [
    { typeUrl: clusterType, responseNonce: 'n1' },
    { typeUrl: clusterType, responseNonce: 'n2' },
    { typeUrl: clusterType, responseNonce: 'n3' },
    { typeUrl: endpointType, resourceNamesSubscribe: ['x'] },
  ]);
  t.match(server.streams[1]?.requests[0], { typeUrl: clusterType, initialResourceVersions: { b: '7' } });
  t.match(updates[0]?.resources, [
    { name: 'a', version: '1', ttlMs: 0, resource: { typeUrl: clusterType } },
    { name: 'b', version: '7', ttlMs: 3500 },
  ]);
  t.same(updates[1]?.removed, ['a']);
  t.same(updates[2]?.resources, [{ name: 'b', version: '7', ttlMs: 9000, resource: null }], 'a sign of life');
});

t.test('resources in a wrapper, and garbage', async (t) => {
  const resourceSchema = messageDescriptor('envoy.service.discovery.v3.Resource');
  const wrapped = toBinary(
    resourceSchema,
    create(resourceSchema, { name: 'w', ttl: { seconds: 2n }, resource: clusterAny('w') }),
  );
  const server = await adsServer(t, (_request, stream) => {
    if (stream.requests.length > 1) return;
    if (stream.number > 1) {
      const typeUrl = 'type.googleapis.com/envoy.service.discovery.v3.Resource';
      const resources = [
        { typeUrl, value: wrapped },
        { typeUrl, value: Buffer.from([0xff]) },
      ];
      stream.send({ typeUrl: clusterType, versionInfo: '1', nonce: 'n', resources });
    } else stream.sendRaw(Buffer.from([0xff, 0xff, 0xff]));
  });
  const proxy = await proxyWith(t, [serviceCluster([server.port])]);
  const protocol = new StateOfTheWorld();
  const { stream, updates } = streamOf(t, proxy, protocol, openStateStream);
  protocol.subscribe(clusterType, '*');
  stream.start();
  await until(() => updates.length === 1, 'a stream after the one with garbage');
  t.match(updates[0]?.resources, [
    { name: 'w', ttlMs: 2000, resource: { typeUrl: clusterType } },
    { name: '', ttlMs: 0, resource: { typeUrl: /Resource$/ } },
  ]);
});

t.test('a server that comes late, dies, and comes back', async (t) => {
  const reserved = await adsServer(t, () => undefined);
  const { port } = reserved;
  reserved.close();
  const proxy = await proxyWith(t, [serviceCluster([port])]);
  const protocol = new StateOfTheWorld();
  const { stream, updates } = streamOf(t, proxy, protocol, openStateStream);
  protocol.subscribe(clusterType, '*');
  stream.start();
  await until(() => proxy.stat('cluster.service.upstream_cx_connect_fail') >= 2, 'two attempts');
  t.equal(proxy.stat('control_plane.connected_state'), 0);
  const answer: Parameters<typeof adsServer>[1] = (_request, to) =>
    to.send({ typeUrl: clusterType, versionInfo: 'v', nonce: 'n', resources: [] });
  const first = await adsServer(t, (request, to) => (to.requests.length === 1 ? answer(request, to) : undefined), port);
  await until(() => updates.length === 1, 'the first server');
  first.close();
  await until(() => proxy.stat('control_plane.connected_state') === 0, 'its end');
  await adsServer(t, (request, to) => (to.requests.length === 1 ? answer(request, to) : undefined), port);
  await until(() => updates.length === 2, 'the second server');
  t.equal(proxy.stat('control_plane.connected_state'), 1);
});
