// HTTP/2 to hosts that nobody here wrote (node:http2): which protocol is spoken, how many streams share a connection, and that
// a host that ends a connection loses no request.
import { once } from 'node:events';
import {
  createSecureServer,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type Settings,
} from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import t, { type Test } from 'tap';
import { pki } from '../../parity/lib/pki.ts';
import type { Json } from '../../support/bootstrap.ts';
import { type RunningProxy, remora } from '../../support/remora.ts';
import { until } from '../../support/until.ts';

const { files } = await pki();
const httpOptions = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

/** A cluster that speaks as `choice` says. */
function speaking(choice: Json, more: Json = {}): Json {
  return {
    typedExtensionProtocolOptions: { [httpOptions]: { '@type': `type.googleapis.com/${httpOptions}`, ...choice } },
    ...more,
  };
}

const http2: Json = { explicitHttpConfig: { http2ProtocolOptions: {} } };
const overTls: Json = {
  transportSocket: {
    name: 'tls',
    typedConfig: { '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext' },
  },
};

type Answering = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, session: ServerHttp2Session) => void;

class Host {
  readonly sessions: ServerHttp2Session[] = [];
  readonly server: Http2Server;
  active = 0;
  most = 0;

  constructor(server: Http2Server, answer: Answering) {
    this.server = server;
    server.on('session', (session) => {
      this.sessions.push(session);
      session.on('error', () => undefined);
    });
    server.on('stream', (stream, headers) => {
      this.most = Math.max(this.most, ++this.active);
      stream.on('close', () => this.active--);
      stream.on('error', () => undefined);
      answer(stream as ServerHttp2Stream, headers, stream.session as ServerHttp2Session);
    });
  }

  get address(): Json {
    return { socketAddress: { address: '127.0.0.1', portValue: (this.server.address() as AddressInfo).port } };
  }
}

async function listening(t: Test, server: Http2Server, answer: Answering = echo): Promise<Host> {
  const host = new Host(server, answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const session of host.sessions) session.destroy();
    server.close();
  });
  return host;
}

const plainHost = (t: Test, answer?: Answering, settings: Settings = {}): Promise<Host> =>
  listening(t, createServer({ settings }), answer);

function echo(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
  stream.respond({ ':status': 200, 'x-id': headers['x-id'] ?? '', 'x-path': headers[':path'] ?? '' });
  stream.pipe(stream);
}

interface Answer {
  readonly status: number;
  readonly id: string;
  readonly body: string;
}

/** Over HTTP/1.1, each on a connection of its own. */
async function ask(proxy: RunningProxy, id: string, body = '', method = body === '' ? 'GET' : 'POST'): Promise<Answer> {
  const response = await fetch(`${proxy.origin}/${id}`, {
    method,
    headers: { 'x-id': id },
    ...(body === '' ? {} : { body }),
  });
  return { status: response.status, id: response.headers.get('x-id') ?? '', body: await response.text() };
}

t.test('many requests of HTTP/1.1 share one connection, with bodies, each its own', async (t) => {
  const app = await plainHost(t);
  const proxy = await remora(t, { cluster: speaking(http2) }).to(app);
  await ask(proxy, 'first');
  const answers = await Promise.all(
    Array.from({ length: 60 }, async (_, i) => {
      const body = String.fromCharCode(97 + (i % 26)).repeat((i % 5) * 30_000);
      const answer = await ask(proxy, `n${i}`, body);
      return answer.status === 200 && answer.id === `n${i}` && answer.body === body;
    }),
  );
  t.ok(answers.every((right) => right));
  t.equal(app.sessions.length, 1);
  t.equal(proxy.stat('cluster.app.upstream_cx_http2_total'), 1);
  t.equal(proxy.stat('cluster.app.upstream_cx_http1_total'), 0);
  await until(() => proxy.stat('cluster.app.upstream_rq_active') === 0, 'the end of all requests');
});

t.test('more connections where the host allows few streams on each', async (t) => {
  const held: ServerHttp2Stream[] = [];
  const app = await plainHost(t, (stream) => held.push(stream), { maxConcurrentStreams: 3 });
  const proxy = await remora(t, { cluster: speaking(http2) }).to(app);
  // The limit is known with the first answer.
  const first = ask(proxy, 'first');
  await until(() => held.length === 1, 'the first request');
  held.pop()?.respond({ ':status': 200 }, { endStream: true });
  t.equal((await first).status, 200);
  const others = Array.from({ length: 7 }, (_, i) => ask(proxy, `n${i}`));
  await until(() => held.length >= 3, 'three on the first connection');
  // What the second connection could take was not known when its requests went out.
  for (let answered = 0; answered < 7; ) {
    await until(() => held.length > 0, 'another');
    for (const stream of held.splice(0)) {
      stream.respond({ ':status': 200 }, { endStream: true });
      answered++;
    }
  }
  for (const { status } of await Promise.all(others)) t.equal(status, 200);
  t.ok(app.sessions.length >= 2, `${app.sessions.length} connections`);
});

t.test('no more than 100 streams before the host has said how many it allows', async (t) => {
  const app = await plainHost(t, echo, { maxConcurrentStreams: 100 });
  const proxy = await remora(t, { cluster: speaking(http2) }).to(app);
  // All at once, and none of them refused.
  const answers = await Promise.all(Array.from({ length: 250 }, (_, i) => ask(proxy, `n${i}`)));
  for (const { status } of answers) t.equal(status, 200);
  t.ok(app.most <= 100 * app.sessions.length, `${app.most} streams at a time on ${app.sessions.length} connections`);
  t.equal(proxy.stat('cluster.app.upstream_rq_5xx'), 0);
});

t.test('max_requests_per_connection, and how long a connection may be idle', async (t) => {
  const app = await plainHost(t);
  const limits = { commonHttpProtocolOptions: { maxRequestsPerConnection: 2, idleTimeout: '5s' } };
  const proxy = await remora(t, { cluster: speaking({ ...http2, ...limits }) })
    .fakeTime()
    .to(app);
  for (const id of ['a', 'b', 'c']) t.equal((await ask(proxy, id)).id, id);
  t.equal(app.sessions.length, 2);
  t.equal(proxy.stat('cluster.app.upstream_cx_max_requests'), 1);
  await until(() => proxy.stat('cluster.app.upstream_rq_active') === 0, 'the end of the last request');
  proxy.advance(5001);
  await until(() => proxy.stat('cluster.app.upstream_cx_active') === 0, 'the idle connection to be closed');
  t.equal(proxy.stat('cluster.app.upstream_cx_idle_timeout'), 1);
});

t.test('use_downstream_protocol_config: each client is answered in what it speaks', async (t) => {
  const app = await plainHost(t);
  const setup = { cluster: speaking({ useDownstreamProtocolConfig: { http2ProtocolOptions: {} } }) };
  const proxy = await remora(t, setup).to(app);
  const { connect: connectHttp2 } = await import('node:http2');
  const client = connectHttp2(proxy.origin);
  t.teardown(() => client.destroy());
  const stream = client.request({ ':path': '/two' });
  const [head] = (await once(stream, 'response')) as [IncomingHttpHeaders & { ':status': number }];
  t.equal(head[':status'], 200);
  t.equal(head['x-path'], '/two');
  // HTTP/1.1 goes up as such, which this host does not understand.
  t.equal((await ask(proxy, 'one')).status, 502);
  t.equal(proxy.stat('cluster.app.upstream_cx_http2_total'), 1);
  t.equal(proxy.stat('cluster.app.upstream_cx_http1_total'), 1);
});

t.test('auto_config: what the host chooses by ALPN', async (t) => {
  const setup = { cluster: speaking({ autoConfig: {} }, overTls) };
  const identity = { cert: files.get('server.pem') ?? '', key: files.get('server.key') ?? '' };
  const old = createHttpsServer(identity, (request, response) => response.end(request.url));
  for (const [server, version] of [
    [createSecureServer(identity), 'http2'],
    [old, 'http1'],
  ] as const) {
    const app = await listening(t, server as Http2Server);
    const proxy = await remora(t, setup).to(app);
    const answers = await Promise.all(['a', 'b', 'c'].map((id) => ask(proxy, id)));
    for (const { status } of answers) t.equal(status, 200, version);
    t.ok(proxy.stat(`cluster.app.upstream_cx_${version}_total`) > 0, version);
    t.equal(
      proxy.stat('cluster.app.upstream_cx_total'),
      proxy.stat(`cluster.app.upstream_cx_${version}_total`),
      `nothing but ${version}`,
    );
  }
});

t.test('GOAWAY: what the host has not heard goes out again, also a POST; what it has heard is finished', async (t) => {
  let asked = 0;
  const app = await plainHost(t, (stream, headers, session) => {
    asked++;
    if (headers['x-id'] === 'unheard' && asked === 2) {
      // Says that it began with nothing beyond the first stream.
      session.goaway(0, 1);
      return;
    }
    echo(stream, headers);
  });
  const proxy = await remora(t, { cluster: speaking(http2) }).to(app);
  t.equal((await ask(proxy, 'first')).status, 200);
  t.match(await ask(proxy, 'unheard', 'a body'), { status: 200, id: 'unheard', body: 'a body' });
  t.equal(asked, 3);
  t.equal(app.sessions.length, 2);
  t.equal(proxy.stat('cluster.app.upstream_cx_close_notify'), 1);
  await until(() => proxy.stat('cluster.app.upstream_cx_active') === 1, 'the first connection to be closed');
});

t.test('GOAWAY while requests are under way: they end, the next goes elsewhere', async (t) => {
  const held: ServerHttp2Stream[] = [];
  const app = await plainHost(t, (stream) => held.push(stream));
  const proxy = await remora(t, { cluster: speaking(http2) }).to(app);
  const first = ask(proxy, 'a');
  await until(() => held.length === 1, 'the first request');
  app.sessions[0]?.close();
  await until(() => proxy.stat('cluster.app.upstream_cx_close_notify') === 1, 'GOAWAY');
  const second = ask(proxy, 'b');
  await until(() => held.length === 2, 'the second request');
  t.equal(app.sessions.length, 2);
  for (const stream of held) stream.respond({ ':status': 200 }, { endStream: true });
  t.equal((await first).status, 200);
  t.equal((await second).status, 200);
});

t.test('streams that the host resets, refuses, or leaves with its connection', async (t) => {
  const app = await plainHost(t, (stream, headers, session) => {
    if (headers['x-id'] === 'reset') stream.close(8);
    else if (headers['x-id'] === 'refused') stream.close(7);
    else if (headers['x-id'] === 'late') {
      stream.respond({ ':status': 200 });
      stream.write('half', () => stream.destroy(new Error('enough')));
    } else session.destroy();
  });
  const proxy = await remora(t, { cluster: speaking(http2) }).to(app);
  t.match(await ask(proxy, 'reset'), { status: 503, body: /remote reset$/ });
  t.match(await ask(proxy, 'refused'), { status: 503, body: /remote refused stream reset$/ });
  await t.rejects(ask(proxy, 'late'), 'the client sees that there is more');
  t.match(await ask(proxy, 'gone', 'x'), { status: 503, body: /connection termination$/ });
  t.equal(proxy.stat('cluster.app.upstream_rq_rx_reset'), 2);
  t.equal(proxy.stat('cluster.app.upstream_rq_pending_failure_eject'), 1);
  t.equal(proxy.stat('cluster.app.http2.rx_reset'), 3);
  t.match(
    proxy.accessLog().map(({ flags }) => flags),
    ['UR', 'UR', 'UR', 'UC'],
  );
});

t.test('a client that leaves resets its stream only', async (t) => {
  const held: ServerHttp2Stream[] = [];
  const app = await plainHost(t, (stream) => held.push(stream));
  const proxy = await remora(t, { cluster: speaking(http2) }).to(app);
  const client = connect(proxy.port, '127.0.0.1');
  client.write('GET /a HTTP/1.1\r\nhost: a\r\n\r\n');
  await until(() => held.length === 1, 'the request');
  const other = ask(proxy, 'b');
  await until(() => held.length === 2, 'the other request');
  client.destroy();
  await until(() => held[0]?.closed === true, 'the end of the stream');
  t.equal(held[0]?.rstCode, 2);
  t.equal(proxy.stat('cluster.app.upstream_rq_tx_reset'), 1);
  held[1]?.respond({ ':status': 200 }, { endStream: true });
  t.equal((await other).status, 200);
  t.equal(app.sessions.length, 1);
});

t.test('preconnect_policy: connections ahead of need', async (t) => {
  const app = await plainHost(t, undefined, { maxConcurrentStreams: 100 });
  const one = { explicitHttpConfig: { http2ProtocolOptions: { maxConcurrentStreams: 1 } } };
  const ahead = { preconnectPolicy: { perUpstreamPreconnectRatio: 3 } };
  const proxy = await remora(t, { cluster: speaking(one, ahead) }).to(app);
  t.equal((await ask(proxy, 'a')).status, 200);
  await until(() => app.sessions.length === 3, 'three connections for one stream');
});

t.test('preconnect_policy: a connection to the host that comes next', async (t) => {
  const [first, second] = [await plainHost(t), await plainHost(t)];
  const ahead = { preconnectPolicy: { predictivePreconnectRatio: 2 } };
  const proxy = await remora(t, { cluster: speaking(http2, ahead) }).to(first, second);
  t.equal((await ask(proxy, 'a')).status, 200);
  await until(() => first.sessions.length + second.sessions.length === 2, 'a connection to each');
  t.equal(proxy.stat('cluster.app.upstream_rq_total'), 1);
  for (const id of ['b', 'c', 'd']) t.equal((await ask(proxy, id)).id, id);
  t.equal(first.sessions.length, 1);
  t.equal(second.sessions.length, 1);
});
