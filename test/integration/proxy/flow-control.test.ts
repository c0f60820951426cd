// Sentences about peers that do not keep up: whoever sends is held back, and what the proxy holds is bounded by its
// watermarks. Asserted on bytes in flight: what the sender got rid of and the reader has not seen.
import type { Socket } from 'node:net';
import t, { type Test } from 'tap';
import { get, RawClient } from '../../support/client.ts';
import { type RunningProxy, remora } from '../../support/remora.ts';
import { turns, until } from '../../support/until.ts';
import { onRequest, upstream } from '../../support/upstream.ts';

const bodyBytes = 64 << 20;
const watermark = 256 << 10;
/**
 * The kernel's buffers on loopback (sender's and receiver's of two connections, up to 4 + 6 MB each by the defaults of
 * net.ipv4.tcp_wmem and tcp_rmem) are not ours: less than half of the body in all.
 */
const kernelBytes = 24 << 20;

const limits = {
  listener: { perConnectionBufferLimitBytes: watermark },
  cluster: { perConnectionBufferLimitBytes: watermark },
  route: { timeout: '0s' },
};

/** Writes as long as the socket takes it. Returns how many bytes the socket has let go. */
function pour(socket: Socket, total: number): () => number {
  const piece = Buffer.alloc(64 << 10, 'x');
  let written = 0;
  const more = (): void => {
    while (written < total) {
      written += piece.length;
      if (!socket.write(piece)) return;
    }
  };
  socket.on('drain', more);
  more();
  return () => written - socket.writableLength;
}

/** Until a number stands still: the sender is held back. */
async function standstill(read: () => number): Promise<number> {
  let last = -1;
  let same = 0;
  while (same < 200) {
    await turns(5);
    const now = read();
    same = now === last ? same + 1 : 0;
    last = now;
  }
  return last;
}

/** What the proxy's own sockets hold for their peers. */
function assertHeld(t: Test, sent: number, seen: number): void {
  t.ok(sent < bodyBytes / 2, `held back after ${sent} bytes`);
  t.ok(sent - seen < kernelBytes, `${sent - seen} bytes in flight`);
}

async function assertBalanced(t: Test, proxy: RunningProxy): Promise<void> {
  await until(() => proxy.stat('http.test.downstream_rq_active') === 0, 'the end of the request');
  for (const [paused, resumed] of [
    [
      'cluster.app.upstream_flow_control_paused_reading_total',
      'cluster.app.upstream_flow_control_resumed_reading_total',
    ],
    [
      'http.test.downstream_flow_control_paused_reading_total',
      'http.test.downstream_flow_control_resumed_reading_total',
    ],
    ['cluster.app.upstream_flow_control_backed_up_total', 'cluster.app.upstream_flow_control_drained_total'],
  ] as const) {
    t.equal(proxy.stat(paused), proxy.stat(resumed), `each pause has its end: ${paused}`);
  }
}

t.test('a client that reads slowly holds the upstream back', async (t) => {
  let sent = (): number => 0;
  const app = await upstream.raw(t, (socket) => {
    onRequest(socket, () => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${bodyBytes}\r\n\r\n`);
      sent = pour(socket, bodyBytes);
    });
  });
  const proxy = await remora(t, limits).to(app);
  const client = new RawClient(t, proxy.port, false).send(get());
  await until(() => client.bytes > 0, 'the first bytes');
  client.socket.pause();
  const seen = client.bytes;
  assertHeld(t, await standstill(() => sent()), seen);
  t.ok(proxy.stat('cluster.app.upstream_flow_control_paused_reading_total') > 0, 'the upstream connection is not read');
  client.socket.resume();
  await until(() => client.bytes > bodyBytes, 'the rest of the body');
  await assertBalanced(t, proxy);
});

t.test('an upstream that reads slowly holds the client back', async (t) => {
  let read = 0;
  let slow: Socket | null = null;
  const app = await upstream.raw(t, (socket) => {
    slow = socket;
    socket.on('data', (data: Buffer) => {
      if (read === 0) socket.pause();
      read += data.length;
      if (read > bodyBytes) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    });
  });
  const proxy = await remora(t, limits).to(app);
  const client = new RawClient(t, proxy.port);
  client.send(`POST / HTTP/1.1\r\nhost: test\r\ncontent-length: ${bodyBytes}\r\n\r\n`);
  const sent = pour(client.socket, bodyBytes);
  await until(() => read > 0, 'the first bytes');
  assertHeld(t, await standstill(sent), read);
  t.ok(proxy.stat('cluster.app.upstream_flow_control_backed_up_total') > 0, 'the upstream connection is backed up');
  (slow as Socket | null)?.resume();
  await client.see('ok');
  await assertBalanced(t, proxy);
});

t.test('an upstream that is still connecting holds the client back', async (t) => {
  // The accept queue is full of connections that nobody takes: the last one gets no answer.
  const app = await upstream.raw(t, () => {});
  const proxy = await remora(t, {
    ...limits,
    cluster: { ...limits.cluster, connectTimeout: '60s' },
    route: { timeout: '0s' },
  }).to({ address: { socketAddress: { address: '192.0.2.1', portValue: 9 } } });
  t.ok(app);
  const client = new RawClient(t, proxy.port);
  client.send(`POST / HTTP/1.1\r\nhost: test\r\ncontent-length: ${bodyBytes}\r\n\r\n`);
  const sent = pour(client.socket, bodyBytes);
  if (client.text === '') assertHeld(t, await standstill(sent), 0);
});

t.test('a slow reader of a response that ends the connection gets all of it', async (t) => {
  const bytes = 24 << 20;
  const app = await upstream.http1(t).respond(200, Buffer.alloc(bytes, 'x'));
  const proxy = await remora(t, { listener: { perConnectionBufferLimitBytes: 64 << 20 } })
    .fakeTime()
    .to(app);
  const client = new RawClient(t, proxy.port, false);
  // More than the kernel's buffers take: the rest of the response stays with the proxy.
  client.socket.pause();
  client.send(get('/', 'connection: close'));
  await until(() => proxy.stat('http.test.downstream_rq_completed') === 1, 'the response in the proxy');
  // The reader takes a part, again and again, each time within the delayed-close timeout of 1 s but for many of them: more
  // than a kernel holds back before it tells the sender of the room, or the proxy would see a reader that stands still.
  const part = 2 << 20;
  let seconds = 0;
  for (; client.bytes < bytes - part && !client.ended; seconds += 0.9) {
    client.socket.resume();
    const before = client.bytes;
    await until(() => client.bytes > before + part || client.ended, 'more bytes');
    client.socket.pause();
    await turns();
    proxy.advance(900);
  }
  t.ok(seconds > 3, `${seconds} s, several times the timeout`);
  client.socket.resume();
  await client.end();
  t.ok(client.bytes > bytes, `${client.bytes} of ${bytes} bytes and a head`);
});

t.test('a reader that stopped for good does not keep the connection', async (t) => {
  const app = await upstream.http1(t).respond(200, Buffer.alloc(32 << 20, 'x'));
  const proxy = await remora(t, { listener: { perConnectionBufferLimitBytes: 64 << 20 } })
    .fakeTime()
    .to(app);
  const client = new RawClient(t, proxy.port, false);
  client.socket.pause();
  client.send(get('/', 'connection: close'));
  await until(() => proxy.stat('http.test.downstream_rq_completed') === 1, 'the response in the proxy');
  await turns();
  proxy.advance(999);
  await turns();
  t.equal(proxy.stat('http.test.downstream_cx_active'), 1);
  for (let i = 0; i < 3; i++) {
    proxy.advance(1001);
    await turns();
  }
  t.equal(proxy.stat('http.test.downstream_cx_active'), 0);
});
