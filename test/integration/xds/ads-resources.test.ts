// Clusters from a management server, on the road that files take: put in force, refused, removed, for a while.
import { create, fromJson, type JsonObject, toBinary } from '@bufbuild/protobuf';
import t, { type Test } from 'tap';
import { messageDescriptor } from '../../../src/config/api.ts';
import { nodeJson } from '../../../src/server/admin/node.ts';
import { AggregatedDiscovery } from '../../../src/xds/ads.ts';
import { ClusterDiscovery } from '../../../src/xds/discovery-config.ts';
import { GrpcSubscription } from '../../../src/xds/grpc-subscription.ts';
import type { NodeMessage } from '../../../src/xds/protocol/wire-config.ts';
import { ReloadStats, subscriptionStats } from '../../../src/xds/subscription-stats.ts';
import type { RunningProxy } from '../../support/remora.ts';
import { turns, until } from '../../support/until.ts';
import { proxyWith, serviceCluster, target } from '../grpc/support.ts';
import { type AdsStream, adsServer, type Init } from './ads-server.ts';

const clusterType = 'type.googleapis.com/envoy.config.cluster.v3.Cluster';
const schema = messageDescriptor('envoy.config.cluster.v3.Cluster');

/** A STATIC cluster without endpoints; `seconds`: connect_timeout, which must be more than 0. */
function packed(name: string, seconds = 1n): Init {
  const message = create(schema, { name, connectTimeout: { seconds }, loadAssignment: { clusterName: name } });
  return { typeUrl: clusterType, value: toBinary(schema, message) };
}

function clustersOver(t: Test, proxy: RunningProxy, delta: boolean, initialFetchTimeoutMs = 15_000) {
  const { services, clusters } = proxy.server;
  const node = fromJson(messageDescriptor('envoy.config.core.v3.Node'), nodeJson(proxy.server)) as NodeMessage;
  const config = { unknownFields: 'ignore' as const };
  const ads = new AggregatedDiscovery({
    target: { ...target, reconnectBackOff: { baseMs: 20, maxMs: 20 } },
    delta,
    nodeOnFirstOnly: true,
    node,
    services,
    config,
  });
  t.teardown(() => ads.stop());
  const scope = services.stats.scope('cluster_manager.cds.');
  const subscription = new GrpcSubscription({
    mux: ads.mux,
    typeUrl: clusterType,
    name: '*',
    handler: new ClusterDiscovery(clusters, services, undefined, new ReloadStats(scope)),
    stats: subscriptionStats(scope),
    clock: services.clock,
    timers: services.timers,
    config,
    initialFetchTimeoutMs,
  });
  const ready = subscription.start();
  ads.start();
  return { ready, subscription, names: () => [...clusters.entries().keys()].filter((name) => name !== 'service') };
}

/** Answers request after request of the first stream. */
function script(answers: readonly Init[]): (request: JsonObject, stream: AdsStream) => void {
  return (_request, stream) => {
    const answer = answers[stream.requests.length - 1];
    if (stream.number === 1 && answer !== undefined) stream.send({ typeUrl: clusterType, ...answer });
  };
}

function requestsOf(stream: AdsStream | undefined): JsonObject[] {
  return (stream?.requests ?? []).map(({ node: _node, typeUrl: _type, ...rest }) => rest as JsonObject);
}

t.test('the state of the world', async (t) => {
  const answers = [
    { versionInfo: '1', nonce: 'n1', resources: [packed('a'), packed('b')] },
    { versionInfo: '2', nonce: 'n2', resources: [packed('a'), packed('c', -1n)] },
    { versionInfo: '3', nonce: 'n3', resources: [packed('b'), packed('b')] },
    { versionInfo: '4', nonce: 'n4', resources: [packed('b'), packed('d')] },
  ];
  const server = await adsServer(t, script(answers));
  const proxy = await proxyWith(t, [serviceCluster([server.port])]);
  const { ready, subscription, names } = clustersOver(t, proxy, false);
  await ready;
  t.same(names(), ['a', 'b']);
  await until(() => server.streams[0]?.requests.length === 5, 'four answers');
  t.same(names(), ['b', 'd']);
  const [, first, second, third, fourth] = requestsOf(server.streams[0]);
  t.same(first, { versionInfo: '1', responseNonce: 'n1' });
  t.match(second, { versionInfo: '1', responseNonce: 'n2', errorDetail: { code: 13 } });
  t.match(JSON.stringify(second), /Cluster\[\\"c\\"\].connect_timeout/, 'resource, field and reason are named');
  t.match(third, { versionInfo: '1', errorDetail: { message: /two resources 'b'/ } });
  t.same(fourth, { versionInfo: '4', responseNonce: 'n4' });
  t.match(subscription.state, { version: '4', rejectedVersion: '3' });
  t.equal(proxy.stat('cluster_manager.cds.update_success'), 2);
  t.equal(proxy.stat('cluster_manager.cds.update_rejected'), 2);
  t.equal(proxy.stat('cluster_manager.cds.update_attempt'), 5, 'as Envoy: one for the start');
});

t.test('delta: changes alone come, what was refused is not refused again', async (t) => {
  const resource = (name: string, version: string, seconds = 1n): Init => ({
    name,
    version,
    resource: packed(name, seconds),
  });
  const answers = [
    { nonce: 'n1', resources: [resource('a', 'a1'), resource('b', 'b1')] },
    { nonce: 'n2', resources: [resource('x', 'x1', -1n), resource('a', 'a2', 2n)] },
    { nonce: 'n3', resources: [resource('d', 'd1')], removedResources: ['b', 'nope'] },
    { nonce: 'n4', resources: [{ ...resource('t', 't1'), ttl: { seconds: 0n, nanos: 50_000_000 } }] },
    { nonce: 'n5', resources: [{ ...resource('e', 'e1'), name: 'other' }] },
  ];
  const server = await adsServer(t, script(answers));
  const proxy = await proxyWith(t, [serviceCluster([server.port])]);
  const { ready, names } = clustersOver(t, proxy, true);
  await ready;
  t.same(names(), ['a', 'b']);
  await until(() => server.streams[0]?.requests.length === 6, 'five answers');
  const requests = requestsOf(server.streams[0]);
  t.same(requests[1], { responseNonce: 'n1' });
  t.match(requests[2], { responseNonce: 'n2', errorDetail: { code: 13 } });
  t.same(requests[3], { responseNonce: 'n3' });
  t.same(requests[4], { responseNonce: 'n4' });
  t.match(requests[5], { responseNonce: 'n5', errorDetail: { message: /calls 'other' calls itself 'e'/ } });
  await until(() => !names().includes('t'), 'the end of t');
  t.same(names(), ['a', 'd']);
  server.streams[0]?.end();
  await until(() => (server.streams[1]?.requests.length ?? 0) > 0, 'another stream');
  t.same(requestsOf(server.streams[1])[0], { initialResourceVersions: { a: 'a1', d: 'd1' } });
  t.same(names(), ['a', 'd'], 'the last state serves on');
});

t.test('nobody answers: the wait has an end', async (t) => {
  const server = await adsServer(t, () => undefined);
  const proxy = await proxyWith(t, [serviceCluster([server.port])]);
  const { ready, subscription } = clustersOver(t, proxy, false, 50);
  await ready;
  t.equal(proxy.stat('cluster_manager.cds.init_fetch_timeout'), 1);
  server.close();
  await until(() => proxy.stat('cluster_manager.cds.update_failure') > 0, 'the end of the stream');
  subscription.stop();
  await turns();
});
