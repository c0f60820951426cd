// Pools whose connections carry many streams: how many the peer allows, who waits, when a connection goes.
import t from 'tap';
import {
  FrameType,
  frameHeader,
  goAwayFrame,
  headersFrames,
  settingsFrame,
} from '../../../src/http/codec/h2/frames.ts';
import { SettingId } from '../../../src/http/codec/h2/settings.ts';
import type { HttpConnectionPool } from '../../../src/upstream/pool/http-pool.ts';
import { PoolFixture } from './pool-fixture.ts';
import { clusterConfig, defaultBreaker } from './support.ts';

const http = { ...clusterConfig().http, protocol: 'http2' as const };

const drain = ({ pool }: PoolFixture): void => (pool as HttpConnectionPool).drain();
const allows = (streams: number): string => settingsFrame([[SettingId.MaxConcurrentStreams, streams]]);
/** `:status: 200`, and nothing else. */
const answered = (id: number): string => headersFrames('\x88', id, true, 16_384);
const refused = (id: number): string => `${frameHeader(4, FrameType.RstStream, 0, id)}\0\0\0\x07`;

/** Connections, streams, streams that wait: what must not drift. */
function counts(f: PoolFixture): number[] {
  const stats = f.stats();
  return ['cx', 'rq', 'rq_pending'].map((kind) => stats[`upstream_${kind}_active`] ?? 0);
}

t.test('a host that comes to allow no stream keeps no connection that is idle for too long', async (t) => {
  const f = new PoolFixture({ http: { ...http, idleTimeoutMs: 1000 } });
  const first = f.request();
  f.last.accept();
  f.last.receive(settingsFrame([]));
  f.last.receive(allows(0));
  f.last.receive(answered(1));
  t.equal(first.status, 200);
  t.same(counts(f), [1, 0, 0]);
  f.timers.advance(1001);
  t.same(counts(f), [0, 0, 0]);
  t.match(f.stats(), { upstream_cx_idle_timeout: 1 });
});

t.test('nor one that its pool, drained, has no use for', async (t) => {
  for (const before of [true, false]) {
    const f = new PoolFixture({ http });
    f.request();
    f.last.accept();
    f.last.receive(settingsFrame([]));
    f.last.receive(allows(0));
    if (before) drain(f);
    f.last.receive(answered(1));
    if (!before) drain(f);
    t.same(counts(f), [0, 0, 0]);
  }
});

t.test('a host that comes to allow fewer streams than it has', async (t) => {
  const f = new PoolFixture({ http });
  const three = [f.request(), f.request(), f.request()];
  f.last.accept();
  f.last.receive(allows(3));
  t.ok(three.every(({ stream }) => stream !== null));
  f.last.receive(allows(1));
  const fourth = f.request();
  t.equal(fourth.stream, null);
  t.equal(f.connections.length, 2, 'it goes elsewhere');
  const [a, b] = f.connections;
  a?.receive(answered(1) + answered(3) + answered(5));
  t.ok(fourth.stream, 'the old one was free first');
  a?.receive(answered(7));
  b?.accept();
  b?.receive(allows(1));
  t.same(counts(f), [2, 0, 0]);
  drain(f);
  t.same(counts(f), [0, 0, 0]);
});

t.test('streams that wait go elsewhere when the host says GOAWAY', async (t) => {
  const circuitBreakers = [{ ...defaultBreaker, maxConnections: 1 }, defaultBreaker] as const;
  const f = new PoolFixture({ http, circuitBreakers });
  const first = f.request();
  f.last.accept();
  f.last.receive(allows(1));
  const second = f.request();
  t.equal(second.stream, null, 'one stream, one connection');
  f.last.receive(goAwayFrame(1, 0, ''));
  t.equal(f.connections.length, 1);
  f.last.receive(answered(1));
  t.equal(first.status, 200);
  t.equal(f.connections.length, 2, 'the old one is closed');
  f.last.accept();
  f.last.receive(allows(1) + refused(1));
  t.same(counts(f), [1, 0, 0]);
  t.match(f.stats(), { upstream_cx_close_notify: 1 });
});
