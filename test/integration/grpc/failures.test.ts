// What a call is told when things go wrong, with servers that do what a gRPC server would not.
// Codes as the real Envoy's ADS client logs them for the same servers.
import type { OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { createServer } from 'node:net';
import t, { type Test } from 'tap';
import { ConfigContext } from '../../../src/config/api.ts';
import { frameMessage } from '../../../src/grpc/framing.ts';
import { readCoreRetryPolicy } from '../../../src/router/api.ts';
import { callUnary, clientOf, grpcHead, proxyWith, Recorder, rawServer, service, serviceCluster } from './support.ts';

type RawHandler = Parameters<typeof rawServer>[1];

async function outcome(t: Test, handler: RawHandler): Promise<Awaited<ReturnType<typeof callUnary>>> {
  const server = await rawServer(t, handler);
  const proxy = await proxyWith(t, [serviceCluster([server.port])]);
  return callUnary(clientOf(proxy), Buffer.from('x'));
}

function answer(stream: ServerHttp2Stream, head: OutgoingHttpHeaders): ServerHttp2Stream {
  stream.respond(head);
  return stream;
}

const one = frameMessage(Buffer.from('1'));

t.test('answers that are none', async (t) => {
  const cases: readonly (readonly [string, number, RawHandler])[] = [
    ['HTTP 404', 12, (s) => s.respond({ ':status': 404 }, { endStream: true })],
    ['HTTP 503 with a body', 14, (s) => answer(s, { ':status': 503 }).end('sorry')],
    ['HTTP 503 with a grpc-status', 9, (s) => s.respond({ ':status': 503, 'grpc-status': '9' }, { endStream: true })],
    ['no trailers', 2, (s) => answer(s, grpcHead).end(one)],
    ['headers alone, without a status', 2, (s) => s.respond(grpcHead, { endStream: true })],
    ['trailers alone', 7, (s) => s.respond({ ...grpcHead, 'grpc-status': '7' }, { endStream: true })],
    ['an unknown status', -1, (s) => s.respond({ ...grpcHead, 'grpc-status': '99' }, { endStream: true })],
    ['success without a message', 13, (s) => s.respond({ ...grpcHead, 'grpc-status': '0' }, { endStream: true })],
    ['a compressed message', 13, (s) => answer(s, grpcHead).write(Buffer.from([1, 0, 0, 0, 0]))],
    ['a reset before the answer', 14, (s) => s.close(2)],
    ['the connection ends before the answer', 14, (s) => setTimeout(() => s.session?.destroy(), 20)],
  ];
  for (const [name, code, handler] of cases) {
    const { status } = await outcome(t, handler);
    t.equal(status?.code, code, name);
  }
});

t.test('cut off in the middle of its answer', async (t) => {
  const { status } = await outcome(t, (s) => {
    s.respond(grpcHead);
    s.write(one);
    setTimeout(() => s.session?.destroy(), 50);
  });
  t.match(status, { code: 13, details: 'upstream_reset_after_response_started{connection_termination}' });
});

t.test('nobody to call', async (t) => {
  const empty = { load_assignment: { cluster_name: 'service', endpoints: [] } };
  const none = await proxyWith(t, [serviceCluster([], empty)]);
  const noHost = await callUnary(clientOf(none), Buffer.from('x'));
  t.match(noHost.status, { code: 14, message: 'no healthy upstream', cause: /no host that may take a request/ });
  t.equal(none.stat('cluster.service.upstream_cx_none_healthy'), 1);
  t.equal(none.stat('cluster.service.internal.upstream_rq_503'), 1);
  t.equal(none.stat('http.async-client.rq_total'), 1);
  const noCluster = await callUnary(clientOf(none, { clusterName: 'other' }), Buffer.from('x'));
  t.match(noCluster.status, { code: 14, cause: /cluster 'other' is unknown/ });
  const refused = await callUnary(clientOf(await proxyWith(t, [serviceCluster([1])])), Buffer.from('x'));
  t.match(refused.status, { code: 14, cause: /could not connect to host 127.0.0.1:1/ });
});

t.test('a cluster of HTTP/1', async (t) => {
  const server = createServer((socket) => {
    socket.on('data', () => t.fail('nothing is sent'));
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const proxy = await proxyWith(t, [serviceCluster([port], { typed_extension_protocol_options: {} })]);
  const { status } = await callUnary(clientOf(proxy), Buffer.from('x'));
  t.match(status, { code: 14, cause: /gRPC needs HTTP\/2/ });
});

t.test('a circuit breaker', async (t) => {
  const server = await rawServer(t, () => undefined);
  const limits = { circuit_breakers: { thresholds: [{ max_requests: 1 }] } };
  const proxy = await proxyWith(t, [serviceCluster([server.port], limits)]);
  const client = clientOf(proxy);
  const first = new Recorder();
  client.stream(service.bidi.path, first).sendMessage(Buffer.from('x'), false);
  await new Promise<void>((resolve) => {
    const look = (): void => (server.requests.length > 0 ? resolve() : void setTimeout(look, 5));
    look();
  });
  const { status } = await callUnary(client, Buffer.from('x'));
  t.match(status, { code: 14, cause: /max_requests/ });
});

t.test('retries of unary calls, and only of those', async (t) => {
  const context = new ConfigContext();
  const retryPolicy = readCoreRetryPolicy(
    {
      $typeName: 'envoy.config.core.v3.RetryPolicy',
      retryOn: 'unavailable,reset',
      numRetries: 3,
      retryBackOff: {
        $typeName: 'envoy.config.core.v3.BackoffStrategy',
        baseInterval: { $typeName: 'google.protobuf.Duration', seconds: 0n, nanos: 20_000_000 },
      },
      retryHostPredicate: [],
      hostSelectionRetryMaxAttempts: 0n,
    },
    context,
  );
  const server = await rawServer(t, (stream, _headers, count) => {
    if (count === 1) stream.close(2);
    else if (count === 2) stream.respond({ ...grpcHead, 'grpc-status': '14' }, { endStream: true });
    else {
      stream.respond(grpcHead, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(one);
    }
  });
  const proxy = await proxyWith(t, [serviceCluster([server.port])]);
  const client = clientOf(proxy, { retryPolicy, timeoutMs: 5000 });
  const { response } = await callUnary(client, Buffer.from('x'));
  t.equal(response?.toString(), '1');
  t.equal(proxy.stat('cluster.service.upstream_rq_retry'), 2);
  t.equal(proxy.stat('cluster.service.upstream_rq_retry_success'), 1);
  t.equal(proxy.stat('cluster.service.retry.upstream_rq_200'), 1);
  t.match(
    server.requests[0]?.['x-envoy-expected-rq-timeout-ms'],
    '200',
    'no attempt lasts longer than the longest wait',
  );
  const failing = await rawServer(t, (stream) => stream.close(2));
  const other = await proxyWith(t, [serviceCluster([failing.port])]);
  const recorder = new Recorder();
  clientOf(other, { retryPolicy }).stream(service.bidi.path, recorder).sendMessage(Buffer.from('x'), true);
  t.equal((await recorder.status).code, 14);
  t.equal(failing.requests.length, 1);
});

t.test('the head of a call', async (t) => {
  const server = await rawServer(t, (s) => s.respond({ ...grpcHead, 'grpc-status': '5' }, { endStream: true }));
  const proxy = await proxyWith(t, [serviceCluster([server.port])]);
  await callUnary(clientOf(proxy, { timeoutMs: 1500, authority: 'auth.example' }), Buffer.from('x'));
  const [head] = server.requests;
  t.same(Object.keys(head ?? {}).slice(4), [
    'te',
    'grpc-timeout',
    'content-type',
    'x-envoy-internal',
    'x-forwarded-for',
    'x-envoy-expected-rq-timeout-ms',
  ]);
  t.match(head, {
    ':method': 'POST',
    ':path': '/test.Service/Unary',
    ':authority': 'auth.example',
    ':scheme': 'http',
    te: 'trailers',
    'grpc-timeout': '1500m',
    'x-envoy-internal': 'true',
    'x-envoy-expected-rq-timeout-ms': '1500',
  });
  await callUnary(clientOf(proxy, { skipEnvoyHeaders: true }), Buffer.from('x'));
  t.same(Object.keys(server.requests[1] ?? {}).slice(4), ['te', 'content-type']);
  t.equal(proxy.stat('cluster.service.external.upstream_rq_200'), 1);
});

t.test('GOAWAY in the middle: what is open goes on, what was not heard goes elsewhere', async (t) => {
  const server = await rawServer(t, (stream, _headers, count) => {
    stream.respond(grpcHead, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    if (count > 1) {
      stream.end(one);
      return;
    }
    stream.write(one);
    stream.session?.goaway(0);
    setTimeout(() => stream.end(one), 100);
  });
  const proxy = await proxyWith(t, [serviceCluster([server.port])]);
  const client = clientOf(proxy);
  const recorder = new Recorder();
  const stream = client.stream(service.bidi.path, recorder);
  await new Promise<void>((resolve) => {
    recorder.onEachMessage = () => resolve();
    stream.sendMessage(Buffer.from('x'), false);
  });
  const { response } = await callUnary(client, Buffer.from('y'));
  t.equal(response?.toString(), '1');
  t.equal((await recorder.status).code, 0);
  t.equal(recorder.messages.length, 2);
  t.equal(server.sessions.length, 2);
});

t.test('the server dies: every call is told, the next one finds the new server', async (t) => {
  const server = await rawServer(t, (stream) => stream.respond(grpcHead));
  const proxy = await proxyWith(t, [serviceCluster([server.port])]);
  const recorders = Array.from({ length: 20 }, () => new Recorder());
  for (const recorder of recorders)
    clientOf(proxy).stream(service.bidi.path, recorder).sendMessage(Buffer.from('x'), false);
  await Promise.all(
    recorders.map(
      (recorder) =>
        new Promise<void>((resolve) => {
          const look = (): void => (recorder.initial !== null ? resolve() : void setTimeout(look, 5));
          look();
        }),
    ),
  );
  server.close();
  for (const recorder of recorders) t.equal((await recorder.status).code, 13);
  t.equal(proxy.stat('cluster.service.upstream_rq_active'), 0);
  const { status } = await callUnary(clientOf(proxy), Buffer.from('x'));
  t.equal(status?.code, 14);
});
