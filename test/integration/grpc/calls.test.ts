// Calls of every kind against grpc-js.
import { Metadata as GrpcJsMetadata, status as grpcStatus } from '@grpc/grpc-js';
import t from 'tap';
import { callUnary, clientOf, grpcServer, proxyWith, Recorder, service, serviceCluster } from './support.ts';

t.test('unary: message, metadata both ways, trailers', async (t) => {
  let seen: GrpcJsMetadata | null = null;
  const port = await grpcServer(t, {
    unary: (call, callback) => {
      seen = call.metadata;
      const initial = new GrpcJsMetadata();
      initial.set('x-first', '1');
      call.sendMetadata(initial);
      const trailers = new GrpcJsMetadata();
      trailers.set('x-last-bin', Buffer.from([0, 255, 7]));
      callback(null, Buffer.from(`<${call.request}>`), trailers);
    },
  });
  const client = clientOf(await proxyWith(t, [serviceCluster([port])]));
  const { response, trailers } = await callUnary(client, Buffer.from('hello'), {
    metadata: [
      { name: 'x-call', value: 'one' },
      { name: 'x-call-bin', value: '\x00\xff' },
    ],
  });
  t.equal(response?.toString(), '<hello>');
  t.same(trailers.all('x-last-bin'), ['\x00\xff\x07']);
  const metadata = seen as GrpcJsMetadata | null;
  t.same(metadata?.get('x-call'), ['one']);
  t.same(metadata?.get('x-call-bin'), [Buffer.from([0, 255])]);
});

t.test('unary: what the server says went wrong', async (t) => {
  const port = await grpcServer(t, {
    unary: (_call, callback) => callback({ code: grpcStatus.FAILED_PRECONDITION, details: 'not ☃ now' }),
  });
  const client = clientOf(await proxyWith(t, [serviceCluster([port])]));
  const { status } = await callUnary(client, Buffer.from(''));
  t.match(status, { code: 9, message: 'not%20%E2%98%83%20now', cause: /FailedPrecondition: not ☃ now/ });
  const unknown = await callUnary(client, Buffer.from(''), {}, '/test.Service/Nothing');
  t.equal(unknown.status?.code, grpcStatus.UNIMPLEMENTED);
});

t.test('streams: from the client, from the server, both ways', async (t) => {
  const port = await grpcServer(t, {
    clientStream: (call, callback) => {
      const parts: string[] = [];
      call.on('data', (part: Buffer) => parts.push(part.toString()));
      call.on('end', () => callback(null, Buffer.from(parts.join('+'))));
    },
    serverStream: (call) => {
      for (let i = 0; i < 100; i++) call.write(Buffer.from(`${call.request}${i}`));
      call.end();
    },
    bidi: (call) => {
      call.on('data', (part: Buffer) => call.write(Buffer.from(part.toString().toUpperCase())));
      call.on('end', () => call.end());
    },
  });
  const client = clientOf(await proxyWith(t, [serviceCluster([port])]));

  const up = new Recorder();
  const upload = client.stream(service.clientStream.path, up);
  for (const text of ['a', 'b', '', 'c']) upload.sendMessage(Buffer.from(text), false);
  upload.closeLocal();
  t.equal((await up.status).code, 0);
  t.same(up.texts(), ['a+b++c']);

  const down = new Recorder();
  client.stream(service.serverStream.path, down).sendMessage(Buffer.from('m'), true);
  t.equal((await down.status).code, 0);
  t.equal(down.messages.length, 100);
  t.equal(down.texts()[99], 'm99');

  const talk = new Recorder();
  const stream = client.stream(service.bidi.path, talk);
  let round = 0;
  talk.onEachMessage = () => {
    round++;
    if (round < 50) stream.sendMessage(Buffer.from(`r${round}`), false);
    else stream.closeLocal();
  };
  stream.sendMessage(Buffer.from('r0'), false);
  t.equal((await talk.status).code, 0);
  t.equal(talk.messages.length, 50);
  t.equal(talk.texts()[49], 'R49');
  t.equal(talk.statuses, 1);
});

t.test('large messages, and the limit', async (t) => {
  const big = Buffer.alloc(4 * 1024 * 1024 + 17, 'abcdefghij');
  const port = await grpcServer(t, { unary: (call, callback) => callback(null, call.request) });
  const proxy = await proxyWith(t, [serviceCluster([port])]);
  const { response } = await callUnary(clientOf(proxy), big);
  t.ok(response?.equals(big));
  const { status } = await callUnary(clientOf(proxy, { maxReceiveMessageLength: 1000 }), big);
  t.match(status, { code: 8, cause: /max_receive_message_length is 1000/ });
});

t.test('deadlines', async (t) => {
  let told: unknown;
  const port = await grpcServer(t, {
    unary: (call) => {
      told = call.getDeadline();
    },
    serverStream: (call) => call.write(Buffer.from('first')),
  });
  const proxy = await proxyWith(t, [serviceCluster([port])]);
  const { status } = await callUnary(clientOf(proxy, { timeoutMs: 50 }), Buffer.from('x'));
  t.match(status, { code: 14, message: 'upstream request timeout', cause: /timeout of 50 ms/ }, 'as Envoy');
  t.type(told, 'number', 'the server knows of it');
  const late = new Recorder();
  clientOf(proxy).stream(service.serverStream.path, late, { timeoutMs: 50 }).sendMessage(Buffer.from('x'), true);
  t.match(await late.status, { code: 13, cause: /had not finished its answer/ });
  t.same(late.texts(), ['first']);
  t.equal(proxy.stat('cluster.service.upstream_rq_timeout'), 2);
});

t.test('cancelling', async (t) => {
  const cancelled = Promise.withResolvers<void>();
  const port = await grpcServer(t, {
    bidi: (call) => {
      call.write(Buffer.from('here'));
      call.on('cancelled', () => cancelled.resolve());
    },
  });
  const proxy = await proxyWith(t, [serviceCluster([port])]);
  const recorder = new Recorder();
  const stream = clientOf(proxy).stream(service.bidi.path, recorder);
  stream.sendMessage(Buffer.from('x'), false);
  await new Promise<void>((resolve) => {
    recorder.onEachMessage = () => resolve();
  });
  stream.cancel();
  stream.cancel();
  stream.sendMessage(Buffer.from('y'), true);
  await cancelled.promise;
  t.equal(recorder.statuses, 0, 'nothing is told');
  t.equal(proxy.stat('cluster.service.upstream_rq_tx_reset'), 1);
  t.equal(proxy.stat('cluster.service.upstream_rq_active'), 0);
});

t.test('cancelling before there is a connection', async (t) => {
  const port = await grpcServer(t, {});
  const proxy = await proxyWith(t, [serviceCluster([port])]);
  const recorder = new Recorder();
  const stream = clientOf(proxy).stream(service.bidi.path, recorder);
  stream.sendMessage(Buffer.from('x'), false);
  stream.cancel();
  t.equal(recorder.statuses, 0);
  t.equal(proxy.stat('cluster.service.upstream_rq_pending_active'), 0);
});
