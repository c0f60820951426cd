// Peers that do not read what they make us write, and peers that are dead: counted, timed, ended. Codecs without sockets, fake time.
// covers: envoy.config.core.v3.Http2ProtocolOptions.{max_outbound_frames, max_outbound_control_frames, connection_keepalive}
// covers: envoy.config.core.v3.Http2ProtocolOptions.{stream_reset_burst, stream_reset_rate, custom_settings_parameters}
// covers: envoy.config.core.v3.Http2ProtocolOptions.SettingsParameter.{identifier, value}
// covers: envoy.config.core.v3.KeepaliveSettings.{interval, timeout, interval_jitter, connection_idle_interval}
import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import type { ResponseDecoder } from '../../../../../src/http/codec/api.ts';
import { ResetReason } from '../../../../../src/http/codec/api.ts';
import { Http2ClientCodec } from '../../../../../src/http/codec/h2/client-codec.ts';
import {
  FrameType,
  headersFrames,
  pingFrame,
  rstStreamFrame,
  settingsFrame,
} from '../../../../../src/http/codec/h2/frames.ts';
import type { KeepaliveSettings } from '../../../../../src/http/codec/h2/keepalive.ts';
import { Http2ServerCodec } from '../../../../../src/http/codec/h2/server-codec.ts';
import { defaultHttp2Settings, type Http2Settings } from '../../../../../src/http/codec/h2/settings.ts';
import { ResponseHeaders } from '../../../../../src/http/headers/header-map.ts';
import { FakeTimers } from '../../../../support/fake-timers.ts';
import { SeededRandom } from '../../../../support/seeded-random.ts';
import { clientPreface, encodeBlock, MemorySink, parseFrames } from './memory-codec.ts';
import { countingStats } from './socket-codec.ts';

/** The kernel takes only what the test lets it. */
class HeldSink extends MemorySink {
  readonly outgoing = { given: 0, taken: 0 };

  override writeLatin1(text: string): void {
    this.outgoing.given += text.length;
    super.writeLatin1(text);
  }

  override writeBuffer(data: Buffer): void {
    this.outgoing.given += data.length;
    super.writeBuffer(data);
  }
}

class Bench {
  readonly sink = new HeldSink();
  readonly counts: Record<string, number>;
  readonly timers = new FakeTimers();
  readonly useless: string[] = [];
  readonly server: Http2ServerCodec;
  readonly streams: Parameters<ConstructorParameters<typeof Http2ServerCodec>[1]['newStream']>[0][] = [];

  constructor(settings: Partial<Http2Settings> = {}) {
    const { stats, counts } = countingStats();
    this.counts = counts;
    const nothing = (): void => undefined;
    this.server = new Http2ServerCodec(
      this.sink,
      {
        newStream: (stream) => {
          this.streams.push(stream);
          stream.callbacks = {
            onResetStream: nothing,
            onAboveWriteBufferHighWatermark: nothing,
            onBelowWriteBufferLowWatermark: nothing,
          };
          return { decodeHeaders: nothing, decodeData: nothing, decodeTrailers: nothing, onMalformed: nothing };
        },
        onStreamComplete: nothing,
        onGoAway: nothing,
        onCodecException: nothing,
        onConnectionUseless: (details) => void this.useless.push(details),
      },
      { ...defaultHttp2Settings, ...settings },
      stats,
      64 * 1024,
      { clock: this.timers.clock, timers: this.timers, random: new SeededRandom(1) },
    );
    this.feed(clientPreface);
    this.sink.outgoing.taken = this.sink.outgoing.given;
  }

  feed(text: string): string | null {
    return this.server.dispatch(Buffer.from(text, 'latin1'))?.details ?? null;
  }

  pings(): number {
    const frames = parseFrames(Buffer.from(this.sink.take(), 'latin1'));
    return frames.filter(({ type, flags }) => type === FrameType.Ping && flags === 0).length;
  }
}

const controlFlood = 'codec_error:Too_many_control_frames_in_the_outbound_queue.';
const ping = pingFrame('12345678', false);
const request = (id: number): string => {
  const fields = [
    [':method', 'GET'],
    [':scheme', 'http'],
    [':path', '/'],
    [':authority', 'a.test'],
  ] as const;
  return headersFrames(encodeBlock(fields), id, true, 16_384);
};

t.test('answers that nobody reads: PING, SETTINGS, RST_STREAM', async (t) => {
  const resets = Array.from({ length: 30 }, (_, i) => request(2 * i + 1)).join('');
  for (const [name, frames] of [
    ['PING', ping.repeat(40)],
    ['SETTINGS', settingsFrame([]).repeat(40)],
    ['RST_STREAM', resets],
  ] as const) {
    const bench = new Bench({ maxOutboundControlFrames: 20, maxConcurrentStreams: 0 });
    t.equal(bench.feed(frames), controlFlood, name);
    t.match(bench.counts, { outboundControlFlood: 1, outboundFlood: undefined, goawaySent: undefined }, name);
    t.equal(bench.feed(ping), null, 'it reads no further');
    bench.server.onConnectionClosed(ResetReason.ConnectionTermination);
    t.equal(bench.counts['outboundControlFramesActive'], 0, 'the gauge goes back');
  }
});

t.test('answers that are read are none too many', async (t) => {
  const bench = new Bench({ maxOutboundControlFrames: 20 });
  for (let i = 0; i < 1000; i++) {
    t.equal(bench.feed(ping), null);
    if (i % 15 === 0) bench.sink.outgoing.taken = bench.sink.outgoing.given;
  }
});

t.test('a peer that reads slowly, never all, is none that does not read', async (t) => {
  const bench = new Bench({ maxOutboundControlFrames: 320, maxOutboundFrames: 320 });
  for (let i = 0; i < 5000; i++) {
    if (bench.feed(ping) !== null) return void t.fail(`ended after ${i}`);
    bench.sink.outgoing.taken = Math.max(0, bench.sink.outgoing.given - 200 * ping.length);
  }
  t.equal(bench.counts['outboundControlFlood'], undefined);
});

t.test('frames of all kinds, found while nothing is read: told at the end of the turn', async (t) => {
  const bench = new Bench({ maxOutboundFrames: 20 });
  bench.feed(request(1));
  const [stream] = bench.streams;
  stream?.encodeHeaders(new ResponseHeaders(200), false);
  for (let i = 0; i < 40; i++) stream?.encodeData(Buffer.from('x'), false);
  t.same(bench.useless, []);
  await turn();
  t.same(bench.useless, ['http2.outbound_frames_flood']);
  t.match(bench.counts, { outboundFlood: 1, outboundFramesActive: 21 });
  bench.server.onConnectionClosed(ResetReason.ConnectionTermination);
  t.match(bench.counts, { outboundFramesActive: 0, streamsActive: 0, pendingSendBytes: 0 });
});

t.test('marks stay few however much is written', async (t) => {
  const bench = new Bench({ maxOutboundFrames: 1600, maxOutboundControlFrames: 1600 });
  let looked = 0;
  Object.defineProperty(bench.sink.outgoing, 'taken', {
    get: () => {
      looked++;
      return bench.sink.outgoing.given - 1500 * ping.length;
    },
  });
  for (let i = 0; i < 16_000; i++) bench.feed(ping);
  t.equal(bench.counts['outboundControlFlood'], undefined);
  t.ok(looked <= 330, `${looked} looks for 16,000 frames`);
});

t.test('streams that are reset: a burst, then so many a second', async (t) => {
  const bench = new Bench({ streamResetBurst: 10, streamResetRate: 2 });
  let id = 1;
  const reset = (): string | null => {
    const error = bench.feed(request(id) + rstStreamFrame(id, 8));
    id += 2;
    return error;
  };
  for (let i = 0; i < 10; i++) t.equal(reset(), null);
  bench.timers.advance(1000);
  t.equal(reset(), null);
  t.equal(reset(), null);
  t.not(reset(), null);
  t.match(parseFrames(Buffer.from(bench.sink.take(), 'latin1')).at(-1), { type: FrameType.GoAway });
});

t.test('what our SETTINGS say besides', async (t) => {
  const bench = new Bench({ customSettings: [[10, 5]] });
  const [settings] = parseFrames(Buffer.from(bench.sink.take(), 'latin1'));
  t.equal(settings?.payload.subarray(0, 6).toString('hex'), '000a00000005');
});

const keepalive: KeepaliveSettings = { intervalMs: 1000, timeoutMs: 300, jitter: 0, idleIntervalMs: 0 };

t.test('keepalive: PING by time, its answer, the next after it', async (t) => {
  const bench = new Bench({ keepalive });
  bench.pings();
  bench.timers.advance(999);
  t.equal(bench.pings(), 0);
  bench.timers.advance(1);
  t.equal(bench.pings(), 1);
  bench.timers.advance(200);
  bench.feed(pingFrame('remora  ', true));
  bench.timers.advance(999);
  t.equal(bench.pings(), 0);
  bench.timers.advance(1);
  t.equal(bench.pings(), 1);
  bench.timers.advance(299);
  t.same(bench.useless, []);
  bench.timers.advance(1);
  t.same(bench.useless, ['downstream_local_disconnect(http2_ping_timeout)']);
  t.equal(bench.counts['keepaliveTimeout'], 1);
  bench.server.onConnectionClosed(ResetReason.ConnectionTermination);
  t.same(bench.timers.delays(), []);
});

t.test('keepalive: who sends anything lives', async (t) => {
  const bench = new Bench({ keepalive });
  bench.timers.advance(1000);
  for (let i = 0; i < 10; i++) {
    bench.timers.advance(250);
    bench.feed(request(2 * i + 1) + rstStreamFrame(2 * i + 1, 8));
  }
  t.same(bench.useless, []);
  bench.timers.advance(300);
  t.equal(bench.useless.length, 1);
});

t.test('keepalive: jitter', async (t) => {
  const delays = new Set<number>();
  const bench = new Bench({ keepalive: { ...keepalive, jitter: 0.15 } });
  for (let i = 0; i < 50; i++) {
    const [delay = 0] = bench.timers.delays();
    delays.add(Math.round(delay));
    if (delay < 1000 || delay > 1150) t.fail(`${delay} ms`);
    bench.timers.advance(1150);
    bench.feed(pingFrame('remora  ', true));
  }
  t.ok(delays.size > 10);
});

t.test('keepalive of a client: in front of a stream, when the connection was quiet', async (t) => {
  const timers = new FakeTimers();
  const { stats } = countingStats();
  const sink = new MemorySink();
  const useless: string[] = [];
  const nothing = (): void => undefined;
  const client = new Http2ClientCodec(
    sink,
    {
      onStreamComplete: nothing,
      onGoAway: nothing,
      onKeepAliveTimeout: nothing,
      onMaxStreamsChanged: nothing,
      onConnectionUseless: (details) => void useless.push(details),
    },
    { ...defaultHttp2Settings, keepalive: { ...keepalive, intervalMs: 0, idleIntervalMs: 500 } },
    stats,
    64 * 1024,
    { clock: timers.clock, timers, random: new SeededRandom(1) },
  );
  const decoder: ResponseDecoder = {
    decode1xxHeaders: nothing,
    decodeHeaders: nothing,
    decodeData: nothing,
    decodeTrailers: nothing,
  };
  sink.take();
  client.dispatch(Buffer.from(settingsFrame([]), 'latin1'));
  sink.take();
  timers.advance(400);
  client.newStream(decoder);
  t.equal(sink.take(), '', 'not yet idle');
  timers.advance(200);
  client.newStream(decoder);
  const [frame] = parseFrames(Buffer.from(sink.take(), 'latin1'));
  t.match(frame, { type: FrameType.Ping, flags: 0 });
  client.newStream(decoder);
  t.equal(sink.take(), '', 'one at a time');
  client.dispatch(Buffer.from(pingFrame('remora  ', true), 'latin1'));
  t.same(timers.delays(), []);
  timers.advance(600);
  client.newStream(decoder);
  timers.advance(300);
  t.same(useless, ['downstream_local_disconnect(http2_ping_timeout)']);
});
