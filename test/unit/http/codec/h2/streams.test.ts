// Streams and windows octet by octet: what the fuzzers and a reading of the code have found, once each.
import t from 'tap';
import { type ClientStream, ResetReason, type ServerStream } from '../../../../../src/http/codec/api.ts';
import {
  FrameFlag,
  FrameType,
  frameHeader,
  headersFrames,
  settingsAck,
  settingsFrame,
  windowUpdateFrame,
} from '../../../../../src/http/codec/h2/frames.ts';
import { SettingId } from '../../../../../src/http/codec/h2/settings.ts';
import { type HeaderMap, RequestHeaders, ResponseHeaders } from '../../../../../src/http/headers/header-map.ts';
import {
  clientPreface,
  encodeBlock,
  type Fields,
  type Frame,
  linesOf,
  MemoryClient,
  MemoryServer,
  type ServerHooks,
  type Told,
} from './memory-codec.ts';

const request: Fields = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', '/'],
  [':authority', 'a.test'],
];
const open = (id: number, end = false): string => headersFrames(encodeBlock(request), id, end, 16_384);
const data = (id: number, size: number, end = false): string =>
  frameHeader(size, FrameType.Data, end ? FrameFlag.EndStream : 0, id) + 'x'.repeat(size);
const shortWindow = settingsFrame([[SettingId.InitialWindowSize, 10]]);

function bodies(frames: readonly Frame[], id: number): number[] {
  return frames
    .filter((frame) => frame.type === FrameType.Data && frame.id === id)
    .map(({ payload }) => payload.length);
}

/** The request of that number, from 0. */
function requestOf(server: MemoryServer, index: number): Told<ServerStream> {
  return server.requests[index] as Told<ServerStream>;
}

function answer(server: MemoryServer, index: number, size: number, end = true): void {
  const { stream } = requestOf(server, index);
  stream.encodeHeaders(new ResponseHeaders(200), false);
  stream.encodeData(Buffer.alloc(size, 'y'), end);
}

t.test('a stream that ends within a frame takes nothing from the connection’s window', async (t) => {
  const settings = { initialStreamWindow: 100_000, initialConnectionWindow: 100_000 };
  const hooks: ServerHooks = { onData: (_told, stream) => stream.resetStream(ResetReason.LocalReset) };
  const server = new MemoryServer(settings, hooks);
  server.feed(clientPreface + settingsAck);
  let given = 0;
  for (let id = 1; id < 100; id += 2) {
    for (const frame of server.feed(open(id) + data(id, 16_384), 1000))
      if (frame.type === FrameType.WindowUpdate && frame.id === 0) given += frame.payload.readUInt32BE(0);
    t.equal(server.error, null, `stream ${id}`);
  }
  t.ok(given > 50 * 16_384 - 100_000, 'all but what is not told yet was given back');
});

t.test('who is not read leaves the others their part of the connection’s window, and it comes back', async (t) => {
  const settings = { initialStreamWindow: 150_000, initialConnectionWindow: 200_000 };
  const server = new MemoryServer(settings);
  server.feed(clientPreface + settingsAck + open(1) + open(3));
  requestOf(server, 0).stream.readDisable(true);
  server.feed(data(1, 15_000).repeat(10));
  // 50,000 octets are left for all others.
  let left = 50_000;
  for (let i = 0; i < 20; i++) {
    left -= 12_000;
    if (left < 0) break;
    for (const frame of server.feed(data(3, 12_000)))
      if (frame.type === FrameType.WindowUpdate && frame.id === 0) left += frame.payload.readUInt32BE(0);
  }
  t.ok(left > 0, 'it goes on and on');
  t.equal(server.error, null);
});

t.test('an end without octets takes no window, not even a negative one', async (t) => {
  const server = new MemoryServer();
  server.feed(clientPreface + open(1, true));
  answer(server, 0, 1000, false);
  server.feed(shortWindow);
  requestOf(server, 0).stream.encodeData(Buffer.alloc(0), true);
  t.same(
    server.frames().map(({ type, flags, payload }) => [type, flags, payload.length]),
    [[FrameType.Data, FrameFlag.EndStream, 0]],
  );
  t.equal(server.codec.activeStreams, 0);
});

t.test('one frame of each stream in turn, whatever waits in one piece', async (t) => {
  const server = new MemoryServer();
  server.feed(
    clientPreface + settingsFrame([[SettingId.InitialWindowSize, 1_000_000]]) + open(1, true) + open(3, true),
  );
  answer(server, 0, 200_000);
  answer(server, 1, 200_000);
  const first = server.frames().filter(({ type }) => type === FrameType.Data);
  t.ok(
    first.every(({ id }) => id === 1),
    'the window of the connection is used up by the first',
  );
  const next = server.feed(windowUpdateFrame(0, 16_384 * 4));
  t.same(
    next.map(({ id, payload }) => [id, payload.length]),
    [
      [1, 16_384],
      [3, 16_384],
      [1, 16_384],
      [3, 16_384],
    ],
  );
});

t.test('an answer that waits for the client’s window is whole before the stream ends', async (t) => {
  const server = new MemoryServer();
  server.feed(clientPreface + shortWindow + open(1));
  answer(server, 0, 25);
  const told = requestOf(server, 0);
  t.equal(told.stream.endWithOutput?.(), true);
  t.same(bodies(server.frames(), 1), [10]);
  t.same(server.feed(data(1, 100)), [], 'what comes meanwhile is taken');
  t.equal(server.completed.length, 0);
  const last = server.feed(windowUpdateFrame(1, 100));
  t.same(
    last.map(({ type, flags, payload }) => [type, flags, payload.length]),
    [
      [FrameType.Data, FrameFlag.EndStream, 15],
      [FrameType.RstStream, 0, 4],
    ],
  );
  t.equal(last.at(-1)?.payload.readUInt32BE(0), 0);
  t.equal(server.completed.length, 1);
  t.equal(server.codec.activeStreams, 0);
});

t.test('the table of HPACK changes when the client has acknowledged it', async (t) => {
  // Two requests before the client has heard of our settings: the second refers to the first.
  const [one, two] = ['\x82\x86\x84\x41\x06a.test', '\x82\x86\x84\xbe'].map((block, i) =>
    headersFrames(block, 1 + 2 * i, true, 16_384),
  );
  const server = new MemoryServer({ hpackTableSize: 0 });
  server.feed(`${clientPreface}${one}${two}`);
  t.equal(server.error, null);
  t.equal(server.requests[1]?.request?.authority, 'a.test');
  server.feed(settingsAck + headersFrames('\x20\x82\x86\x84\x01\x06a.test', 5, true, 16_384));
  t.equal(server.error, null);
  t.equal(server.requests.length, 3);
  const stubborn = new MemoryServer({ hpackTableSize: 0 });
  stubborn.feed(`${clientPreface}${settingsAck}${one}`);
  t.match(stubborn.error?.message, /was to become smaller/);
});

t.test('of two sizes of the table in one SETTINGS the smaller is kept to', async (t) => {
  const server = new MemoryServer();
  const table = SettingId.HeaderTableSize;
  server.feed(
    clientPreface +
      settingsFrame([
        [table, 0],
        [table, 4096],
      ]) +
      open(1, true),
  );
  requestOf(server, 0).stream.encodeHeaders(new ResponseHeaders(200), true);
  const [head] = server.frames();
  t.equal(head?.payload.toString('latin1', 0, 4), '\x20\x3f\xe1\x1f');
});

function ask(client: MemoryClient, method = 'GET'): Told<ClientStream> {
  const told = client.open();
  const headers = new RequestHeaders();
  Object.assign(headers, { method, scheme: 'http', path: '/', authority: 'a.test' });
  told.stream.encodeHeaders(headers, true);
  return told;
}

t.test('a server must begin with its head, and gives no body where there is none', async (t) => {
  for (const bytes of [data(1, 3), data(1, 0, true)]) {
    const client = new MemoryClient();
    const told = ask(client);
    client.feed(settingsFrame([]) + bytes);
    t.match(client.error?.message, /in front of the head/);
    t.equal(told.body, '');
  }
  for (const [method, status] of [
    ['HEAD', '200'],
    ['GET', '204'],
    ['GET', '304'],
  ] as const) {
    const client = new MemoryClient();
    const told = ask(client, method);
    const head = encodeBlock([
      [':status', status],
      ['content-length', status === '204' ? '0' : '3'],
    ]);
    client.feed(settingsFrame([]) + headersFrames(head, 1, false, 16_384) + data(1, 3, true));
    t.equal(told.reset, ResetReason.ProtocolError, `${method} ${status}`);
    t.equal(told.body, '');
  }
});

t.test('a stream that nobody has heard of is not reset', async (t) => {
  const client = new MemoryClient();
  client.open().stream.resetStream(ResetReason.LocalReset);
  t.equal(client.sink.take(), '');
  t.equal(client.codec.activeStreams, 0);
});

t.test('what stands in front of all others is SETTINGS, not its acknowledgement', async (t) => {
  const server = new MemoryServer();
  server.feed(`PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${settingsAck}${settingsFrame([])}`);
  t.match(server.error?.message, 'SETTINGS expected');
});

t.test('trailers that would frame a message are dropped', async (t) => {
  const server = new MemoryServer();
  const trailers = encodeBlock([
    ['content-length', '0'],
    ['host', 'b.test'],
    ['content_length', '1'],
    ['x-sum', '7'],
  ]);
  server.feed(clientPreface + open(1) + data(1, 3) + headersFrames(trailers, 1, true, 16_384));
  t.equal(server.error, null);
  t.same(linesOf(requestOf(server, 0).trailers as HeaderMap), ['x-sum: 7']);
});

t.test('no name of a user in :authority, and never nothing', async (t) => {
  for (const authority of ['user@a.test', '']) {
    const server = new MemoryServer();
    const fields: Fields = [...request.slice(0, 3), [':authority', authority], ['host', 'a.test']];
    server.feed(clientPreface + headersFrames(encodeBlock(fields), 1, true, 16_384));
    t.match(server.error?.message, /^:authority/);
    t.equal(server.requests[0]?.request, null);
  }
});

t.test('a server may not announce a body where there is none, nor that it takes pushes', async (t) => {
  for (const status of ['100', '103', '204']) {
    const client = new MemoryClient();
    const told = ask(client);
    const head = encodeBlock([
      [':status', status],
      ['content-length', '3'],
    ]);
    client.feed(settingsFrame([]) + headersFrames(head, 1, status === '204', 16_384));
    t.match(client.error?.message, /has a length/, status);
    t.equal(told.response, null);
    t.same(told.interim, []);
  }
  const client = new MemoryClient();
  client.feed(settingsFrame([[SettingId.EnablePush, 1]]));
  t.match(client.error?.message, /ENABLE_PUSH may not be 1/);
});

t.test('what is left of the window goes to a stream that nobody reads: the others’ part is told at once', async (t) => {
  const client = new MemoryClient({ initialConnectionWindow: 65_535, initialStreamWindow: 65_535 });
  const [read, stands] = [ask(client), ask(client)];
  stands?.stream.readDisable(true);
  const head = encodeBlock([[':status', '200']]);
  client.feed(settingsFrame([]) + headersFrames(head, 1, false, 16_384) + headersFrames(head, 3, false, 16_384));
  const ofConnection = (told: readonly Frame[]): number[] =>
    told
      .filter(({ type, id }) => type === FrameType.WindowUpdate && id === 0)
      .map(({ payload }) => payload.readUInt32BE(0));
  // Too little to be told by itself.
  t.strictSame(ofConnection(client.feed(data(1, 16_000))), []);
  t.strictSame(
    ofConnection(client.feed(data(3, 16_000) + data(3, 16_000) + data(3, 16_000) + data(3, 1535))),
    [16_000],
  );
  t.equal(read?.body.length, 16_000);
});

t.test('streams that end while they wait for a window are not kept until it opens', async (t) => {
  for (const shut of ['connection', 'stream']) {
    const server = new MemoryServer();
    server.feed(clientPreface + (shut === 'stream' ? shortWindow : ''));
    server.feed(open(1, true));
    answer(server, 0, 70_000);
    for (let i = 1; i <= 2000; i++) {
      const id = 2 * i + 1;
      server.feed(open(id, true));
      answer(server, i, 20);
      if (i % 100 !== 0) server.feed(`${frameHeader(4, FrameType.RstStream, 0, id)}\0\0\0\x08`);
    }
    t.equal(server.codec.activeStreams, 21, shut);
    t.ok(server.codec.writer.queued <= 2 * 21, `${shut}: ${server.codec.writer.queued} in the queue`);
    const windows = windowUpdateFrame(0, 1_000_000) + settingsFrame([[SettingId.InitialWindowSize, 100_000]]);
    const frames = server.feed(windows);
    t.equal(server.codec.activeStreams, 0, 'who is left is served');
    t.equal(server.codec.writer.queued, 0);
    t.equal(bodies(frames, 201).length, 1);
  }
});
