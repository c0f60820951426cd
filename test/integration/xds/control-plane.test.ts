// The control plane that tests use, asked by a client that nobody here wrote (grpc-js): who asks gets what was set, once.
import { fromBinary, fromJson, type JsonObject, toBinary, toJson } from '@bufbuild/protobuf';
import { Client, type ClientDuplexStream, credentials } from '@grpc/grpc-js';
import t, { type Test } from 'tap';
import { messageDescriptor, registry } from '../../../src/config/registry.ts';
import { ControlPlane } from '../../support/control-plane/control-plane.ts';
import { answers, type DiscoveryMode, types } from '../../support/control-plane/services.ts';
import { until } from '../../support/until.ts';

const ads = '/envoy.service.discovery.v3.AggregatedDiscoveryService';
const identity = (bytes: Buffer): Buffer => bytes;

class Subscriber {
  readonly received: JsonObject[] = [];
  failed = '';
  readonly #call: ClientDuplexStream<Buffer, Buffer>;
  readonly #mode: DiscoveryMode;

  constructor(t: Test, plane: ControlPlane, mode: DiscoveryMode) {
    this.#mode = mode;
    const client = new Client(`127.0.0.1:${plane.port}`, credentials.createInsecure());
    const method = mode === 'delta' ? 'DeltaAggregatedResources' : 'StreamAggregatedResources';
    this.#call = client.makeBidiStreamRequest(`${ads}/${method}`, identity, identity);
    const schema = messageDescriptor(answers[mode].response);
    this.#call.on('data', (bytes: Buffer) =>
      this.received.push(toJson(schema, fromBinary(schema, bytes), { registry: registry() }) as JsonObject),
    );
    this.#call.on('error', (error) => {
      this.failed = error.message;
    });
    t.teardown(() => client.close());
  }

  say(json: JsonObject): void {
    const schema = messageDescriptor(answers[this.#mode].request);
    this.#call.write(Buffer.from(toBinary(schema, fromJson(schema, json, { registry: registry() }))));
  }
}

const cluster = (name: string, timeout = '1s'): JsonObject => ({
  '@type': types.cluster,
  name,
  connectTimeout: timeout,
});

t.test('state of the world', async (t) => {
  const plane = await ControlPlane.start(t);
  plane.set(types.cluster, [cluster('a'), cluster('b')]);
  const proxy = new Subscriber(t, plane, 'world');
  proxy.say({ typeUrl: types.cluster, resourceNames: ['b', 'c'] });
  await until(() => proxy.received.length === 1, 'the answer');
  t.match(proxy.received[0], { versionInfo: '1', nonce: 'n1', resources: [{ name: 'b' }] });
  proxy.say({ typeUrl: types.cluster, resourceNames: ['b', 'c'], versionInfo: '1', responseNonce: 'n1' });
  plane.set(types.cluster, [cluster('c')]);
  await until(() => proxy.received.length === 2, 'the change');
  t.match(proxy.received[1], { versionInfo: '2', resources: [{ name: 'c' }] });
  t.match(plane.streams[0]?.last(types.cluster), { versionInfo: '1', responseNonce: 'n1' });
});

t.test('delta', async (t) => {
  const plane = await ControlPlane.start(t);
  plane.set(types.cluster, [cluster('a'), cluster('b')]);
  const proxy = new Subscriber(t, plane, 'delta');
  proxy.say({ typeUrl: types.cluster, initialResourceVersions: { a: '1' } });
  await until(() => proxy.received.length === 1, 'what it does not know');
  t.match(proxy.received[0], { resources: [{ name: 'b', version: '1' }] });
  plane.set(types.cluster, [cluster('b', '2s')]);
  await until(() => proxy.received.length === 2, 'the change');
  t.match(proxy.received[1], { resources: [{ name: 'b', version: '2' }], removedResources: ['a'] });
});

t.test('it goes away, and comes back at the same place', async (t) => {
  const plane = await ControlPlane.start(t);
  const proxy = new Subscriber(t, plane, 'world');
  proxy.say({ typeUrl: types.cluster });
  await until(() => plane.open.length === 1, 'the stream');
  plane.open[0]?.end();
  await until(() => proxy.failed !== '', 'its end');
  t.match(proxy.failed, /the test ends the stream/);
  plane.stop();
  await plane.restart();
  plane.set(types.cluster, [cluster('a')]);
  const again = new Subscriber(t, plane, 'world');
  again.say({ typeUrl: types.cluster });
  await until(() => again.received.length === 1, 'an answer');
});
