// Sentences about time, without waiting for it.
import t from 'tap';
import { Client, get, RawClient } from '../../support/client.ts';
import { remora } from '../../support/remora.ts';
import { turns, until } from '../../support/until.ts';
import { onRequest, upstream } from '../../support/upstream.ts';

t.test('a route’s timeout answers 504 and ends the upstream request', async (t) => {
  const app = await upstream.http1(t).handle(() => {});
  const proxy = await remora(t, { route: { timeout: '3s' } })
    .fakeTime()
    .to(app);
  const answer = new Client(t).get(proxy, '/slow');
  await until(() => app.seen.length === 1, 'the request');
  proxy.advance(2999);
  await turns();
  t.equal(proxy.stat('cluster.app.upstream_rq_timeout'), 0);
  proxy.advance(2);
  t.match(await answer, { status: 504, body: 'upstream request timeout' });
  t.equal(proxy.stat('cluster.app.upstream_cx_active'), 0);
  t.match(proxy.accessLog(), [{ code: 504, flags: 'UT', details: 'response_timeout' }]);
});

t.test('the route’s timeout starts when the request is complete', async (t) => {
  let complete = false;
  const app = await upstream.http1(t).handle((request) => {
    request.resume().on('end', () => {
      complete = true;
    });
  });
  const proxy = await remora(t, { route: { timeout: '3s' } })
    .fakeTime()
    .to(app);
  const client = new RawClient(t, proxy.port);
  client.send('POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 2\r\n\r\na');
  await until(() => app.seen.length === 1, 'the request');
  proxy.advance(10_000);
  client.send('b');
  await until(() => complete, 'the rest');
  await turns();
  t.equal(client.text, '');
  proxy.advance(3001);
  await client.see('504');
});

t.test('a request that waits for a connection is within its route’s timeout', async (t) => {
  const app = await upstream.http1(t).handle(() => {});
  const proxy = await remora(t, {
    routes: [
      { match: { prefix: '/first' }, route: { cluster: 'app', timeout: '0s' } },
      {
        match: { prefix: '/' },
        route: { cluster: 'app', timeout: '3s', retryPolicy: { retryOn: '5xx', perTryTimeout: '1s' } },
      },
    ],
    cluster: { circuitBreakers: { thresholds: [{ maxConnections: 1 }] } },
  })
    .fakeTime()
    .to(app);
  new RawClient(t, proxy.port).send(get('/first'));
  await until(() => app.seen.length === 1, 'the first request');
  const client = new RawClient(t, proxy.port).send(get('/queued'));
  await until(() => proxy.stat('cluster.app.upstream_rq_pending_active') === 1, 'the second in the queue');
  proxy.advance(2999);
  await turns();
  t.equal(client.text, '', 'an attempt’s own timeout begins with its connection');
  proxy.advance(2);
  await client.see('upstream request timeout');
  t.match(proxy.accessLog(), [{ code: 504, flags: 'UT', details: 'response_timeout' }]);
  t.equal(proxy.stat('cluster.app.upstream_rq_pending_active'), 0);
});

t.test('a per-try timeout makes another attempt, on another connection', async (t) => {
  const app = await upstream.raw(t, (socket, connection) => {
    onRequest(socket, () => {
      if (connection === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    });
  });
  const retryPolicy = { retryOn: '5xx', numRetries: 1, perTryTimeout: '1s' };
  const proxy = await remora(t, { route: { timeout: '10s', retryPolicy } })
    .fakeTime()
    .to(app);
  const answer = new Client(t).get(proxy, '/');
  await until(
    () => proxy.stat('cluster.app.upstream_rq_active') === 1 && app.sockets.length === 1,
    'the first attempt',
  );
  await turns();
  proxy.advance(1001);
  await turns();
  // The back-off, at most 25 ms.
  proxy.advance(30);
  t.match(await answer, { status: 200, body: 'ok' });
  t.equal(proxy.stat('cluster.app.upstream_rq_per_try_timeout'), 1);
  t.match(proxy.accessLog(), [{ code: 200, attempts: 2 }]);
});

t.test('a per-try timeout of the last attempt answers 504', async (t) => {
  const app = await upstream.http1(t).handle(() => {});
  const proxy = await remora(t, { route: { retryPolicy: { retryOn: 'connect-failure', perTryTimeout: '1s' } } })
    .fakeTime()
    .to(app);
  const answer = new Client(t).get(proxy, '/');
  await until(() => app.seen.length === 1, 'the request');
  proxy.advance(1001);
  t.match(await answer, { status: 504, body: 'upstream request timeout' });
  t.match(proxy.accessLog(), [{ flags: 'UT', details: 'upstream_per_try_timeout' }]);
});

t.test('a stream without bytes for stream_idle_timeout', async (t) => {
  const idle = { connectionManager: { streamIdleTimeout: '5s' }, route: { timeout: '0s' } };

  await t.test('before the request is complete: 408', async (t) => {
    const app = await upstream.http1(t).handle((request) => request.resume());
    const proxy = await remora(t, idle).fakeTime().to(app);
    const client = new RawClient(t, proxy.port);
    client.send('POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 2\r\n\r\n');
    await until(() => app.seen.length === 1, 'the request');
    proxy.advance(5001);
    await client.see('HTTP/1.1 408 Request Timeout');
    await client.see('stream timeout');
    t.match(proxy.accessLog(), [{ flags: 'SI', details: 'stream_idle_timeout' }]);
  });

  await t.test('behind it: 504', async (t) => {
    const app = await upstream.http1(t).handle(() => {});
    const proxy = await remora(t, idle).fakeTime().to(app);
    const answer = new Client(t).get(proxy, '/');
    await until(() => app.seen.length === 1, 'the request');
    proxy.advance(5001);
    t.match(await answer, { status: 504, body: 'stream timeout' });
  });

  await t.test('bytes in either direction count', async (t) => {
    const app = await upstream.http1(t).handle((_request, response) => {
      response.writeHead(200, { 'content-length': '3' }).write('a');
      release = () => response.write('b');
    });
    let release = (): unknown => false;
    const proxy = await remora(t, idle).fakeTime().to(app);
    const client = new RawClient(t, proxy.port).send(get());
    await client.see(/\r\n\r\na$/);
    proxy.advance(4000);
    release();
    await client.see(/\r\n\r\nab$/);
    proxy.advance(4000);
    await turns();
    t.notOk(client.ended, 'eight seconds in, no pause was longer than four');
    proxy.advance(1001);
    await client.end();
  });
});

t.test('a connection without requests ends after idle_timeout', async (t) => {
  const app = await upstream.http1(t).respond(200, 'ok');
  const proxy = await remora(t, { connectionManager: { commonHttpProtocolOptions: { idleTimeout: '10s' } } })
    .fakeTime()
    .to(app);
  const client = new RawClient(t, proxy.port).send(get());
  await client.see('ok');
  proxy.advance(9999);
  await turns();
  t.notOk(client.ended);
  proxy.advance(2);
  await client.end();
  t.equal(proxy.stat('http.test.downstream_cx_idle_timeout'), 1);
});

t.test('a head that does not end is answered 408 after request_headers_timeout', async (t) => {
  const app = await upstream.http1(t).respond(200, 'ok');
  const proxy = await remora(t, { connectionManager: { requestHeadersTimeout: '2s' } })
    .fakeTime()
    .to(app);
  const client = new RawClient(t, proxy.port).send('GET / HTTP/1.1\r\nhost: te');
  await until(() => proxy.stat('http.test.downstream_cx_http1_active') === 1, 'the first bytes');
  proxy.advance(1500);
  client.send('st\r\nx: ');
  await turns();
  proxy.advance(501);
  await client.see('HTTP/1.1 408 Request Timeout');
  await client.end();
});

t.test('a stream that lasts longer than max_stream_duration ends', async (t) => {
  const app = await upstream.http1(t).handle(() => {});
  const proxy = await remora(t, {
    connectionManager: { commonHttpProtocolOptions: { maxStreamDuration: '4s' } },
    route: { timeout: '0s' },
  })
    .fakeTime()
    .to(app);
  const answer = new Client(t).get(proxy, '/');
  await until(() => app.seen.length === 1, 'the request');
  proxy.advance(4001);
  t.match(await answer, { status: 504, body: 'downstream duration timeout' });
});

t.test('no timer is left when every request and connection has ended', async (t) => {
  const app = await upstream.http1(t).respond(200, 'ok');
  const proxy = await remora(t, { route: { timeout: '3s' } })
    .fakeTime()
    .to(app);
  const quiet = proxy.timers?.pending.size ?? -1;
  const client = new RawClient(t, proxy.port);
  for (let i = 0; i < 20; i++) client.send(get());
  await until(() => client.text.split('200 OK').length === 21, 'twenty answers');
  client.socket.destroy();
  await until(() => proxy.stat('http.test.downstream_cx_active') === 0, 'the end of the connection');
  // Each delay keeps one sleeping timer for the next request (base/lazy-timeout.ts): they end by themselves.
  proxy.advance(4_000_000);
  await until(() => proxy.stat('cluster.app.upstream_cx_active') === 0, 'idle upstream connections');
  t.equal(proxy.timers?.pending.size, quiet);
});
