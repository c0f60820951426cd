// What a peer may not do, and what it costs us: floods, odd frames, messages that are none. Raw bytes over real sockets.
// covers: envoy.config.core.v3.Http2ProtocolOptions.{max_consecutive_inbound_frames_with_empty_payload, max_inbound_priority_frames_per_stream}
// covers: envoy.config.core.v3.Http2ProtocolOptions.{max_inbound_window_update_frames_per_data_frame_sent}
// covers: envoy.config.core.v3.Http2ProtocolOptions.{stream_error_on_invalid_http_messaging, override_stream_error_on_invalid_http_message}
import { connect } from 'node:net';
import t from 'tap';
import {
  FrameFlag,
  FrameType,
  frameHeader,
  goAwayFrame,
  H2ErrorCode,
  headersFrames,
  rstStreamFrame,
  settingsFrame,
  windowUpdateFrame,
} from '../../../../../src/http/codec/h2/frames.ts';
import { HpackEncoder } from '../../../../../src/http/codec/h2/hpack/encoder.ts';
import type { Http2Settings } from '../../../../../src/http/codec/h2/settings.ts';
import { headerName } from '../../../../../src/http/headers/name.ts';
import { echoServer } from './socket-codec.ts';

const preface = `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${settingsFrame([])}`;

function block(fields: readonly (readonly [string, string])[]): string {
  const encoder = new HpackEncoder();
  return fields.map(([name, value]) => encoder.field(headerName(name), value)).join('');
}

const basics = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', '/'],
  [':authority', 'a.test'],
] as const;
const open = (id: number, more: readonly (readonly [string, string])[] = [], end = false): string =>
  headersFrames(block([...basics, ...more]), id, end, 16_384);

interface Outcome {
  /** Code and words of GOAWAY; null: none came. */
  readonly goAway: string | null;
  readonly resets: string[];
  readonly counts: Record<string, number>;
  readonly active: number;
}

/** Until the server closes, or answers a ping behind it all. */
async function send(bytes: string, settings: Partial<Http2Settings> = {}): Promise<Outcome> {
  const server = await echoServer(settings);
  try {
    const received = await new Promise<Buffer>((resolve) => {
      const parts: Buffer[] = [];
      const socket = connect(server.port, '127.0.0.1');
      const done = (): void => {
        socket.destroy();
        resolve(Buffer.concat(parts));
      };
      socket.on('error', done);
      socket.on('close', done);
      socket.on('data', (data: Buffer) => {
        parts.push(data);
        if (Buffer.concat(parts).includes('the end.')) done();
      });
      socket.write(`${preface}${bytes}${frameHeader(8, FrameType.Ping, 0, 0)}the end.`, 'latin1');
    });
    const resets: string[] = [];
    let goAway: string | null = null;
    for (let at = 0; at + 9 <= received.length; ) {
      const length = received.readUIntBE(at, 3);
      const id = received.readUInt32BE(at + 5);
      const payload = received.subarray(at + 9, at + 9 + length);
      if (received[at + 3] === FrameType.RstStream) resets.push(`${id} ${payload.readUInt32BE(0)}`);
      if (received[at + 3] === FrameType.GoAway) goAway = `${payload.readUInt32BE(4)} ${payload.subarray(8)}`;
      at += 9 + length;
    }
    return { goAway, resets, counts: server.counts, active: server.active() };
  } finally {
    server.close();
  }
}

t.test('floods', async (t) => {
  const empty = `${frameHeader(0, FrameType.Data, 0, 1)}`;
  t.match(await send(open(1) + empty.repeat(3)), {
    goAway: /^11 too many empty/,
    counts: { inboundEmptyFramesFlood: 1 },
  });
  t.match(await send(open(1) + empty + `${frameHeader(1, FrameType.Data, 0, 1)}x${empty}`.repeat(50)), {
    goAway: null,
  });
  const priority = `${frameHeader(5, FrameType.Priority, 0, 3)}\0\0\0\0\x10`;
  t.match(await send(priority.repeat(101)), {
    goAway: /^11 too many PRIORITY/,
    counts: { inboundPriorityFramesFlood: 1 },
  });
  t.match(await send(priority.repeat(100)), { goAway: null });
  t.match(await send(windowUpdateFrame(0, 1).repeat(6)), {
    goAway: /^11 too many WINDOW_UPDATE/,
    counts: { inboundWindowUpdateFramesFlood: 1 },
  });
});

t.test('CONTINUATION without end', async (t) => {
  const begin = frameHeader(0, FrameType.Headers, 0, 1);
  const more = `${frameHeader(1, FrameType.Continuation, 0, 1)}\x82`;
  t.match(await send(begin + more.repeat(9)), { goAway: /^11 a header block has too many/, active: 0 });
  const large = frameHeader(16_384, FrameType.Continuation, 0, 1) + 'x'.repeat(16_384);
  t.match(await send(begin + large.repeat(6)), { goAway: /^11 a header block has too many/, active: 0 });
});

t.test('a small block that becomes a large message', async (t) => {
  const big = `\x40\x01a${String.fromCharCode(0x7f, 0xa1, 0x1e)}${'x'.repeat(4000)}`;
  const bomb = block(basics) + big + '\xbe'.repeat(12_000);
  t.match(await send(headersFrames(bomb, 1, true, 16_384)), {
    goAway: null,
    resets: [`1 ${H2ErrorCode.InternalError}`],
    active: 0,
  });
});

t.test('streams beyond the limit are refused, the others live', async (t) => {
  const { goAway, resets } = await send(open(1) + open(3) + open(5), { maxConcurrentStreams: 2 });
  t.equal(goAway, null);
  t.same(resets, [`5 ${H2ErrorCode.RefusedStream}`]);
});

t.test('streams that are reset at once leave nothing', async (t) => {
  let bytes = '';
  for (let id = 1; id < 2000; id += 2) bytes += open(id) + rstStreamFrame(id, H2ErrorCode.Cancel);
  t.match(await send(bytes), { goAway: null, resets: [], counts: { rxReset: 1000 }, active: 0 });
});

t.test('more than the windows', async (t) => {
  const data = (id: number, size: number): string => frameHeader(size, FrameType.Data, 0, id) + 'x'.repeat(size);
  const settings = { initialStreamWindow: 65_535, initialConnectionWindow: 200_000 };
  t.match(await send(open(1) + data(1, 16_384).repeat(5), { ...settings }), { goAway: null }, 'windows are given back');
  t.match(await send(windowUpdateFrame(0, 0x7fffffff)), { goAway: /^3 / });
  t.match(await send(open(1) + windowUpdateFrame(1, 0x7fffffff)), { goAway: null, resets: ['1 3'] });
  t.match(await send(windowUpdateFrame(0, 0)), { goAway: null, active: 0 });
});

t.test('messages that are none end the connection, or with the option their stream', async (t) => {
  const bad: readonly (readonly [string, string])[][] = [
    [['connection', 'close']],
    [['te', 'gzip']],
    [['content-length', 'x']],
    [
      ['content-length', '1'],
      ['content-length', '2'],
    ],
    [
      ['host', 'a'],
      ['host', 'b'],
    ],
    [['x', ' y']],
  ];
  for (const fields of bad) {
    const text = JSON.stringify(fields);
    t.match(await send(open(1, fields)), { goAway: null, counts: { rxMessagingError: 1 }, active: 0 }, text);
    t.match(
      await send(open(1, fields), { streamErrorOnInvalidMessage: true }),
      { goAway: null, resets: ['1 1'], active: 0 },
      text,
    );
  }
  t.match(await send(open(1, [['content-length', '5']], true)), { goAway: null, counts: { rxMessagingError: 1 } });
  const three = `${frameHeader(3, FrameType.Data, FrameFlag.EndStream, 1)}abc`;
  t.match(await send(open(1, [['content-length', '5']]) + three), { goAway: null, resets: ['1 1'] });
});

t.test('GOAWAY of a client, and frames that nobody knows', async (t) => {
  t.match(await send(`${goAwayFrame(0, 0, 'bye')}${frameHeader(3, 0x42, 0xff, 9)}abc`), { goAway: null, active: 0 });
});
