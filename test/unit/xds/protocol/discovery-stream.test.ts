// The conversation: order, answers, the server that is slow, dies, or sends what nobody asked for.
import t from 'tap';
import { GrpcCode, type GrpcStatus } from '../../../../src/grpc/api.ts';
import { StatsStore } from '../../../../src/observability/stats/store.ts';
import {
  DiscoveryStream,
  type DiscoveryTransport,
  type TransportCallbacks,
} from '../../../../src/xds/protocol/discovery-stream.ts';
import type { DiscoveryUpdate, NamedResource, Refusal, StateRequest } from '../../../../src/xds/protocol/messages.ts';
import { ReconnectDelay } from '../../../../src/xds/protocol/reconnect-delay.ts';
import { StateOfTheWorld } from '../../../../src/xds/protocol/state-of-the-world.ts';
import { controlPlaneStats } from '../../../../src/xds/protocol/stats.ts';
import { TimeToLive } from '../../../../src/xds/protocol/time-to-live.ts';
import { FakeTimers } from '../../../support/fake-timers.ts';

class FakeTransport implements DiscoveryTransport<StateRequest> {
  readonly sent: string[] = [];
  isAboveWriteBufferHighWatermark = false;
  closed = false;
  held = 0;
  send({ typeUrl, versionInfo, responseNonce, refusal }: StateRequest, withNode: boolean): void {
    const verdict = refusal === null ? '' : ' refused';
    this.sent.push(`${withNode ? 'node ' : ''}${typeUrl} ${versionInfo}/${responseNonce}${verdict}`);
  }
  close(): void {
    this.closed = true;
  }
  readDisable(disable: boolean): void {
    this.held += disable ? 1 : -1;
  }
}

function fixture(nodeOnFirstOnly = true) {
  const timers = new FakeTimers();
  const protocol = new StateOfTheWorld();
  const transports: FakeTransport[] = [];
  const store = new StatsStore();
  let callbacks: TransportCallbacks | null = null;
  const applied: string[] = [];
  const settings = {
    verdict: (_update: DiscoveryUpdate): Promise<Refusal | null> | Refusal | null => null,
    disconnects: 0,
    failsAtOnce: false,
  };
  const stream = new DiscoveryStream({
    name: 'test stream',
    protocol,
    open: (given) => {
      callbacks = given;
      const transport = new FakeTransport();
      transports.push(transport);
      if (settings.failsAtOnce) given.onEnd(status(GrpcCode.Unavailable));
      return transport;
    },
    handler: {
      apply: (update) => {
        applied.push(update.version);
        return settings.verdict(update);
      },
      onDisconnected: () => {
        settings.disconnects++;
      },
    },
    delay: new ReconnectDelay(null, { fraction: () => 0.5 }),
    timers,
    stats: controlPlaneStats(store),
    nodeOnFirstOnly,
  });
  const hear = async (version: string, typeUrl = 'C'): Promise<void> => {
    callbacks?.onUpdate({ typeUrl, version, nonce: `n${version}`, resources: [], removed: [], controlPlane: 'cp' });
    await settled();
  };
  const end = (code: number): void => callbacks?.onEnd(status(code));
  const connected = (): number =>
    [...store.gauges()].find(({ name }) => name === 'control_plane.connected_state')?.value ?? -1;
  const below = (): void => callbacks?.onBelowWriteBufferLowWatermark();
  return { timers, protocol, transports, stream, hear, end, below, applied, settings, connected };
}

function status(code: number): GrpcStatus {
  return { code, message: '', details: '', cause: 'a test' };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

t.test('requests, answers, and the node with the first alone', async (t) => {
  const { stream, protocol, transports, hear, connected } = fixture();
  protocol.subscribe('C', '*');
  stream.start();
  t.equal(connected(), 1);
  await hear('1');
  protocol.subscribe('E', 'a');
  stream.flush();
  t.same(transports[0]?.sent, ['node C /', 'C 1/n1', 'E /']);
  stream.stop();
  t.ok(transports[0]?.closed);
  t.equal(connected(), 0);
});

t.test('the node with every request', async (t) => {
  const { stream, protocol, transports, hear } = fixture(false);
  protocol.subscribe('C', '*');
  stream.start();
  await hear('1');
  t.same(transports[0]?.sent, ['node C /', 'node C 1/n1']);
});

t.test('refusals, exceptions, and types that nobody wants', async (t) => {
  const { stream, protocol, transports, hear, settings, applied } = fixture();
  protocol.subscribe('C', '*');
  stream.start();
  settings.verdict = () => ({ code: 13, message: 'no' });
  await hear('1');
  settings.verdict = () => {
    throw new Error('a bug');
  };
  await hear('2');
  settings.verdict = () => Promise.reject(new Error('another'));
  await hear('3');
  await hear('4', 'unknown');
  t.same(transports[0]?.sent, ['node C /', 'C /n1 refused', 'C /n2 refused', 'C /n3 refused']);
  t.same(applied, ['1', '2', '3']);
});

t.test('one update of a type after the other; another type does not wait for it', async (t) => {
  const { stream, protocol, transports, hear, settings, applied } = fixture();
  protocol.subscribe('L', '*');
  protocol.subscribe('R', 'r');
  stream.start();
  const routes = Promise.withResolvers<null>();
  settings.verdict = ({ typeUrl }) => (typeUrl === 'L' ? routes.promise : null);
  await hear('1', 'L');
  await hear('2', 'L');
  await hear('3', 'R');
  t.same(applied, ['1', '3'], 'a listener waits for its routes');
  routes.resolve(null);
  await settled();
  t.same(applied, ['1', '3', '2']);
  t.same(transports[0]?.sent, ['node L /', 'R /', 'R 3/n3', 'L 1/n1', 'L 2/n2']);
});

t.test('a server that sends faster than updates are applied is held back', async (t) => {
  const { stream, protocol, transports, hear, settings } = fixture();
  protocol.subscribe('C', '*');
  stream.start();
  const slow = Promise.withResolvers<null>();
  settings.verdict = () => slow.promise;
  for (let i = 0; i < 16; i++) await hear(String(i));
  t.equal(transports[0]?.held, 1);
  slow.resolve(null);
  await settled();
  t.equal(transports[0]?.held, 0);
});

t.test('a server that does not read gets no more', async (t) => {
  const { stream, protocol, transports, below } = fixture();
  protocol.subscribe('C', '*');
  stream.start();
  const [transport] = transports;
  if (transport === undefined) throw new Error('not opened');
  transport.isAboveWriteBufferHighWatermark = true;
  protocol.subscribe('E', 'a');
  stream.flush();
  t.equal(transport.sent.length, 1);
  transport.isAboveWriteBufferHighWatermark = false;
  below();
  t.equal(transport.sent.length, 2);
  await settled();
});

t.test('it comes back: longer waits, from the beginning once the server has answered', async (t) => {
  const { stream, protocol, transports, timers, end, hear, settings, connected } = fixture();
  protocol.subscribe('C', '*');
  stream.start();
  await hear('1');
  const waits: number[] = [];
  for (let i = 0; i < 9; i++) {
    end(GrpcCode.Unavailable);
    waits.push(...timers.delays());
    timers.advance(30_000);
  }
  t.same(waits, [250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
  t.equal(settings.disconnects, 9);
  t.equal(connected(), 1);
  t.same(transports.at(-1)?.sent, ['node C 1/'], 'the version is told, no nonce');
  await hear('2');
  end(GrpcCode.Ok);
  t.same(timers.delays(), [250]);
  stream.stop();
  t.same(timers.delays(), []);
});

t.test('a stream that cannot be opened', (t) => {
  const { stream, protocol, transports, timers, settings, connected } = fixture();
  protocol.subscribe('C', '*');
  settings.failsAtOnce = true;
  stream.start();
  t.equal(connected(), 0);
  t.same(transports[0]?.sent, []);
  settings.failsAtOnce = false;
  timers.advance(250);
  t.same(transports[1]?.sent, ['node C /']);
  t.end();
});

t.test('an update that is applied when its stream is gone answers nobody', async (t) => {
  const { stream, protocol, transports, timers, end, hear, settings } = fixture();
  protocol.subscribe('C', '*');
  stream.start();
  const slow = Promise.withResolvers<null>();
  settings.verdict = () => slow.promise;
  await hear('1');
  end(GrpcCode.Unavailable);
  timers.advance(250);
  slow.resolve(null);
  await settled();
  t.same(transports[1]?.sent, ['node C /']);
  t.end();
});

t.test('time to live', (t) => {
  const timers = new FakeTimers();
  const expired: string[] = [];
  const lives = new TimeToLive(timers.clock, timers, (names) => expired.push(...names));
  const resource = (name: string, ttlMs: number): NamedResource => ({ name, version: '', ttlMs, resource: null });
  lives.note(resource('a', 500));
  lives.note(resource('b', 300));
  lives.note(resource('c', 0));
  timers.advance(250);
  lives.note(resource('b', 300));
  timers.advance(260);
  t.same(expired, ['a']);
  lives.forget('b');
  timers.advance(1000);
  t.same(expired, ['a']);
  lives.note(resource('d', 100));
  lives.note(resource('d', 0));
  timers.advance(1000);
  t.same(expired, ['a'], 'it lives for good now');
  lives.note(resource('e', 100));
  lives.stop();
  timers.advance(1000);
  t.same(expired, ['a']);
  t.same(timers.delays(), []);
  t.end();
});
