// HTTP/2 from clients that nobody here wrote (node:http2) through the proxy to an upstream of HTTP/1.1.
// covers: envoy.config.core.v3.Http2ProtocolOptions.{hpack_table_size, max_concurrent_streams, initial_stream_window_size, initial_connection_window_size}
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2';
import t, { type Test } from 'tap';
import { pki } from '../../parity/lib/pki.ts';
import type { Json } from '../../support/bootstrap.ts';
import { remora } from '../../support/remora.ts';
import { until } from '../../support/until.ts';
import { echoUpstream } from './upstreams.ts';

const { files } = await pki();

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

function session(t: Test, origin: string, options: Parameters<typeof connect>[1] = {}): ClientHttp2Session {
  const made = connect(origin, options ?? {});
  made.on('error', () => undefined);
  t.teardown(() => made.destroy());
  return made;
}

async function ask(client: ClientHttp2Session, headers: Record<string, string>, body?: Buffer): Promise<Answer> {
  const stream = client.request({ ':path': '/', ...headers }, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  const received: Buffer[] = [];
  stream.on('data', (piece: Buffer) => received.push(piece));
  const ended = once(stream, 'end');
  const [head] = (await once(stream, 'response')) as [IncomingHttpHeaders & { ':status'?: number }];
  await ended;
  return { status: head[':status'] ?? 0, headers: head, body: Buffer.concat(received) };
}

const h2: Json = { codecType: 'HTTP2' };

t.test('a request, and what the upstream sees of it', async (t) => {
  const app = await echoUpstream(t);
  const proxy = await remora(t, { connectionManager: h2 }).to(app);
  const client = session(t, proxy.origin);
  const { status, headers } = await ask(client, { ':path': '/a?b', 'x-one': '1', cookie: 'a=1; b=2' });
  t.equal(status, 200);
  t.equal(headers['x-path'], '/a?b');
  t.equal(headers['x-cookie'], 'a=1; b=2');
  t.equal(headers.connection, undefined);
  t.match(app.seen[0], {
    method: 'GET',
    headers: { 'x-one': '1', host: `127.0.0.1:${proxy.port}`, 'x-forwarded-proto': 'http' },
  });
  t.equal(proxy.stat('http.test.downstream_cx_http2_total'), 1);
  t.equal(proxy.stat('http.test.downstream_rq_http2_total'), 1);
  t.equal(proxy.stat('http.test.downstream_rq_http1_total'), 0);
});

t.test('many at a time, with bodies, each its own', async (t) => {
  const app = await echoUpstream(t);
  const windows = { initialStreamWindowSize: 65_535, initialConnectionWindowSize: 65_535 };
  const proxy = await remora(t, { connectionManager: { ...h2, http2ProtocolOptions: windows } }).to(app);
  const client = session(t, proxy.origin);
  for (let round = 0; round < 5; round++) {
    const answers = await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const body = Buffer.alloc((i % 4) * 70_000, String.fromCharCode(97 + (i % 26)));
        const answer = await ask(client, { ':method': 'POST', 'x-id': `${round} ${i}` }, body);
        return answer.status === 200 && answer.headers['x-id'] === `${round} ${i}` && answer.body.equals(body);
      }),
    );
    t.ok(answers.every((right) => right));
  }
  t.equal(proxy.stat('http.test.downstream_cx_total'), 1);
  await until(() => proxy.stat('http.test.downstream_rq_active') === 0, 'the end of all requests');
});

t.test('AUTO: by the first bytes, by ALPN; HTTP1 takes no HTTP/2', async (t) => {
  const app = await echoUpstream(t);
  const auto = await remora(t, {}).to(app);
  t.equal((await ask(session(t, auto.origin), {})).status, 200);
  t.equal((await fetch(auto.origin)).status, 200);
  t.equal(auto.stat('http.test.downstream_cx_http2_total'), 1);
  t.equal(auto.stat('http.test.downstream_cx_http1_total'), 1);
  const old = await remora(t, { connectionManager: { codecType: 'HTTP1' } }).to(app);
  const refused = session(t, old.origin);
  await new Promise((closed) => refused.once('close', closed));
  t.equal(old.stat('http.test.downstream_cx_protocol_error'), 1);
});

t.test('TLS with ALPN', async (t) => {
  const app = await echoUpstream(t);
  const pem = (name: string): Json => ({ inlineString: String(files.get(name)) });
  const transportSocket = {
    name: 'tls',
    typedConfig: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
      commonTlsContext: {
        tlsCertificates: [{ certificateChain: pem('server.pem'), privateKey: pem('server.key') }],
        alpnProtocols: ['h2', 'http/1.1'],
      },
    },
  };
  const proxy = await remora(t, { chain: { transportSocket } }).to(app);
  const client = session(t, `https://127.0.0.1:${proxy.port}`, { rejectUnauthorized: false });
  t.match(await ask(client, {}), { status: 200 });
  t.equal(app.seen[0]?.headers['x-forwarded-proto'], 'https');
  t.equal(proxy.stat('http.test.downstream_cx_http2_total'), 1);
});

t.test('a client that resets: the request upstream ends too', async (t) => {
  const app = await echoUpstream(t);
  const proxy = await remora(t, { connectionManager: h2 }).to(app);
  const client = session(t, proxy.origin);
  const stream: ClientHttp2Stream = client.request({ ':path': '/', ':method': 'POST' });
  stream.on('error', () => undefined);
  stream.write('half');
  await until(() => app.seen.length === 1, 'the request upstream');
  stream.close(8);
  await until(() => proxy.stat('cluster.app.upstream_cx_active') === 0, 'the end of the upstream connection');
  t.equal(proxy.stat('http2.rx_reset'), 1);
  t.equal(proxy.stat('http.test.downstream_rq_rx_reset'), 1);
  t.match(await ask(client, {}), { status: 200 }, 'the connection lives on');
  t.match(proxy.accessLog()[0], { flags: 'DR' });
});

t.test('an answer before the request was read ends the stream, not the connection', async (t) => {
  const route = { match: { prefix: '/direct' }, directResponse: { status: 403 } };
  const app = await echoUpstream(t);
  const proxy = await remora(t, { connectionManager: h2, routes: [route] }).to(app);
  const client = session(t, proxy.origin);
  const stream = client.request({ ':path': '/direct', ':method': 'POST' });
  stream.on('error', () => undefined).resume();
  const ended = once(stream, 'end');
  const [head] = (await once(stream, 'response')) as [{ ':status': number }];
  t.equal(head[':status'], 403);
  await ended;
  t.match(await ask(client, { ':path': '/direct' }), { status: 403 }, 'the connection lives on');
});

t.test('max_concurrent_streams refuses what is beyond, and says so beforehand', async (t) => {
  const app = await echoUpstream(t);
  const options = { maxConcurrentStreams: 2, hpackTableSize: 0 };
  const proxy = await remora(t, { connectionManager: { ...h2, http2ProtocolOptions: options } }).to(app);
  const client = session(t, proxy.origin);
  await once(client, 'remoteSettings');
  t.match(client.remoteSettings, { maxConcurrentStreams: 2, headerTableSize: 0, enableConnectProtocol: false });
});

t.test('max_requests_per_connection: GOAWAY, and nothing is lost', async (t) => {
  const app = await echoUpstream(t);
  const options = { ...h2, drainTimeout: '0.05s', commonHttpProtocolOptions: { maxRequestsPerConnection: 2 } };
  const proxy = await remora(t, { connectionManager: options }).to(app);
  const client = session(t, proxy.origin);
  const goAway = once(client, 'goaway');
  t.equal((await ask(client, {})).status, 200);
  t.equal((await ask(client, {})).status, 200);
  const [code] = (await goAway) as [number];
  t.equal(code, 0);
  await until(() => proxy.stat('http.test.downstream_cx_active') === 0, 'the end of the connection');
  t.equal(proxy.stat('http.test.downstream_cx_max_requests_reached'), 1);
});
