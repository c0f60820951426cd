// Windows that are small, and readers that stand still: nothing is lost, nobody waits for another, shares are equal.
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type Settings } from 'node:http2';
import t, { type Test } from 'tap';
import { upstreamHttp2 } from '../../interop/tls-setup.ts';
import { type RunningProxy, remora } from '../../support/remora.ts';
import { turns, until } from '../../support/until.ts';
import { echoUpstream, http2Upstream, upstream } from './upstreams.ts';

const connectionManager = { codecType: 'HTTP2' };

function session(t: Test, proxy: RunningProxy, settings: Settings = {}): ClientHttp2Session {
  const client = connect(proxy.origin, { settings });
  client.on('error', () => undefined);
  t.teardown(() => client.destroy());
  return client;
}

/** Counts what has come; reads unless `stands` still. */
class Download {
  received = 0;
  ended = false;
  readonly stream: ClientHttp2Stream;

  constructor(client: ClientHttp2Session, path = '/', stands = false) {
    this.stream = client.request({ ':path': path });
    this.stream.on('error', () => undefined);
    if (!stands) this.read();
  }

  read(): void {
    this.stream.on('data', (piece: Buffer) => (this.received += piece.length));
    this.stream.on('end', () => (this.ended = true));
  }
}

t.test('an answer before the end of the request is whole, however small the window', async (t) => {
  const text = 'no, '.repeat(1000);
  const route = { match: { prefix: '/direct' }, directResponse: { status: 403, body: { inlineString: text } } };
  const app = await echoUpstream(t);
  const proxy = await remora(t, { connectionManager, routes: [route] }).to(app);
  const client = session(t, proxy, { initialWindowSize: 100 });
  const stream = client.request({ ':path': '/direct', ':method': 'POST' });
  stream.on('error', () => undefined);
  stream.write('the beginning');
  let body = '';
  stream.setEncoding('latin1').on('data', (piece: string) => (body += piece));
  await once(stream, 'end');
  t.equal(body.length, text.length);
  await until(() => proxy.stat('http.test.downstream_rq_active') === 0, 'the end of the request');
  t.equal(proxy.stat('http2.tx_reset'), 1);
  t.equal(proxy.stat('http.test.downstream_rq_rx_reset'), 1);
});

const megabyte = Buffer.alloc(1 << 20, 'x');

for (const up of ['HTTP/1.1', 'HTTP/2'] as const) {
  t.test(`who stands still holds nobody up; upstream ${up}`, { timeout: 60_000 }, async (t) => {
    const pieces = 30;
    const send = (response: NodeJS.WritableStream, path: string): void => {
      // In one go: while the connection's window is shut, node:http2 resets a stream (NO_ERROR) whose end comes later.
      if (path !== '/long') {
        response.end(megabyte);
        return;
      }
      let left = pieces;
      const more = (): void => {
        while (left-- > 0) {
          if (!response.write(megabyte)) {
            response.once('drain', more);
            return;
          }
        }
        response.end();
      };
      more();
    };
    const app =
      up === 'HTTP/2'
        ? await http2Upstream(t, (stream, headers) => {
            stream.respond({ ':status': 200 });
            send(stream, String(headers[':path']));
          })
        : await upstream(t, (request, response) => send(response, request.url ?? ''));
    const setup = { connectionManager, ...(up === 'HTTP/2' ? { cluster: upstreamHttp2() } : {}) };
    const proxy = await remora(t, setup).to(app);
    const client = session(t, proxy);
    const slow = new Download(client, '/long', true);
    await once(slow.stream, 'response');
    for (let round = 0; round < 5; round++) {
      const others = Array.from({ length: 8 }, () => new Download(client));
      await until(() => others.every(({ ended }) => ended), 'the end of all others');
      t.ok(others.every(({ received }) => received === megabyte.length));
    }
    t.equal(slow.received, 0);
    slow.read();
    await until(() => slow.ended, 'the end of the slow one');
    t.equal(slow.received, pieces * megabyte.length);
    await until(() => proxy.stat('http.test.downstream_rq_active') === 0, 'the end of all requests');
  });
}

t.test('streams get equal shares of a connection’s window', async (t) => {
  const app = await http2Upstream(t, (stream) => {
    stream.respond({ ':status': 200 });
    stream.end(megabyte);
  });
  const proxy = await remora(t, { connectionManager, cluster: upstreamHttp2() }).to(app);
  // Streams may have all they like, the connection 64 KB at a time.
  const client = session(t, proxy, { initialWindowSize: 1 << 24 });
  const downloads = Array.from({ length: 10 }, () => new Download(client));
  await until(() => downloads.some(({ ended }) => ended), 'the end of the first');
  for (const { received } of downloads)
    t.ok(received > megabyte.length * 0.75, `${received} octets when the first ended`);
  await until(() => downloads.every(({ ended }) => ended), 'the end of all');
});

t.test('uploads: an upstream that does not read one of them reads the others', async (t) => {
  const app = await http2Upstream(t, (stream, headers) => {
    if (headers[':path'] === '/slow') return;
    let received = 0;
    stream.on('data', (piece: Buffer) => (received += piece.length));
    stream.on('end', () => {
      stream.respond({ ':status': 200, 'x-received': String(received) });
      stream.end();
    });
  });
  const proxy = await remora(t, { connectionManager, cluster: upstreamHttp2() }).to(app);
  const client = session(t, proxy);
  const stuck = client.request({ ':path': '/slow', ':method': 'POST' });
  stuck.on('error', () => undefined);
  for (let i = 0; i < 8; i++) stuck.write(megabyte);
  await turns(50);
  for (let i = 0; i < 10; i++) {
    const stream = client.request({ ':path': '/', ':method': 'POST' });
    stream.on('error', () => undefined);
    stream.end(megabyte);
    const [head] = (await once(stream, 'response')) as [Record<string, string>];
    t.equal(head['x-received'], String(megabyte.length));
    stream.resume();
  }
  stuck.close(8);
  await until(() => proxy.stat('cluster.app.upstream_rq_active') === 0, 'the end of all requests');
});
