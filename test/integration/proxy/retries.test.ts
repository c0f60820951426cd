// Sentences about attempts that fail: retries, circuit breakers, and what the client is told.
import t from 'tap';
import { freePort } from '../../../bench/machine/ports.ts';
import { address } from '../../support/bootstrap.ts';
import { Client, get, RawClient } from '../../support/client.ts';
import { MemoryLog } from '../../support/memory-log.ts';
import { remora } from '../../support/remora.ts';
import { turns, until } from '../../support/until.ts';
import { upstream } from '../../support/upstream.ts';

const log = MemoryLog.capture();

t.test('5xx answers are retried as often as the policy says, then passed on', async (t) => {
  const app = await upstream.http1(t).handle((request, response) => {
    request.resume();
    const good = request.url === '/third' && app.seen.filter(({ url }) => url === '/third').length === 3;
    response.writeHead(good ? 200 : 503).end(good ? 'good' : 'bad');
  });
  const retryPolicy = { retryOn: '5xx', numRetries: 2, retryBackOff: { baseInterval: '0.001s' } };
  const proxy = await remora(t, { route: { retryPolicy } }).to(app);
  const client = new Client(t);
  t.match(await client.get(proxy, '/third'), { status: 200, body: 'good' });
  t.match(await client.post(proxy, '/never', 'body'), { status: 503, body: 'bad' });
  t.equal(app.seen.length, 6);
  t.match(proxy.accessLog(), [
    { code: 200, attempts: 3, flags: '-' },
    { code: 503, attempts: 3, flags: 'URX' },
  ]);
  t.equal(proxy.stat('cluster.app.upstream_rq_retry'), 4);
  t.equal(proxy.stat('cluster.app.upstream_rq_retry_success'), 1);
  t.equal(proxy.stat('cluster.app.upstream_rq_retry_limit_exceeded'), 1);
  t.equal(proxy.stat('cluster.app.circuit_breakers.default.rq_retry_open'), 0);
});

t.test('a retried POST is sent with its whole body', async (t) => {
  const bodies: string[] = [];
  const app = await upstream.http1(t).handle((request, response) => {
    let body = '';
    request.on('data', (data: Buffer) => {
      body += data.toString();
    });
    request.on('end', () => {
      bodies.push(body);
      response.writeHead(bodies.length === 1 ? 500 : 200).end();
    });
  });
  const retryPolicy = { retryOn: '5xx', retryBackOff: { baseInterval: '0.001s' } };
  const proxy = await remora(t, { route: { retryPolicy } }).to(app);
  t.equal((await new Client(t).post(proxy, '/', 'the whole body')).status, 200);
  t.same(bodies, ['the whole body', 'the whole body']);
});

t.test('a request whose body is beyond the buffer limit is not retried', async (t) => {
  const app = await upstream.http1(t).handle((request, response) => {
    request.resume();
    request.on('end', () => response.writeHead(500).end());
  });
  const retryPolicy = { retryOn: '5xx', retryBackOff: { baseInterval: '0.001s' } };
  const proxy = await remora(t, {
    route: { retryPolicy },
    listener: { perConnectionBufferLimitBytes: 10_000 },
  }).to(app);
  const client = new Client(t);
  t.equal((await client.post(proxy, '/', Buffer.alloc(20_000))).status, 500);
  t.equal(app.seen.length, 1);
  t.equal(proxy.stat('cluster.app.retry_or_shadow_abandoned'), 1, 'it is counted');
  t.equal((await client.post(proxy, '/', Buffer.alloc(9_000))).status, 500);
  t.equal(app.seen.length, 3);
});

t.test('a connection that is refused is retried, then told', async (t) => {
  const port = await freePort();
  const proxy = await remora(t, {
    route: { retryPolicy: { retryOn: 'connect-failure', numRetries: 2, retryBackOff: { baseInterval: '0.001s' } } },
  }).to({ address: address(port) });
  const answer = await new Client(t).get(proxy, '/');
  t.match(answer, { status: 503, body: /retried and the latest reset reason: remote connection failure$/ });
  t.match(proxy.accessLog(), [{ flags: 'URX,UF', attempts: 3 }]);
  t.equal(proxy.stat('cluster.app.upstream_cx_connect_fail'), 3);
  t.ok(log.find(new RegExp(`could not connect to host 127.0.0.1:${port} of cluster 'app'.*Connection refused`)));
});

t.test('a circuit breaker that is open answers 503 and says which limit', async (t) => {
  const waiting: (() => void)[] = [];
  const app = await upstream.http1(t).handle((_request, response) => {
    waiting.push(() => response.end('late'));
  });
  const thresholds = [{ maxConnections: 1, maxPendingRequests: 1, maxRequests: 1 }];
  const proxy = await remora(t, { cluster: { circuitBreakers: { thresholds } } }).to(app);
  const first = new RawClient(t, proxy.port).send(get('/1'));
  await until(() => app.seen.length === 1, 'the first request');
  const second = new RawClient(t, proxy.port).send(get('/2'));
  await until(() => proxy.stat('cluster.app.upstream_rq_pending_active') === 1, 'the second request in the queue');
  log.clear();
  const third = await new Client(t).get(proxy, '/3');
  t.match(third, {
    status: 503,
    body: 'upstream connect error or disconnect/reset before headers. reset reason: overflow',
    headers: { 'x-envoy-overloaded': 'true' },
  });
  t.match(proxy.accessLog(), [
    { path: '/3', flags: 'UO', details: 'upstream_reset_before_response_started{overflow}' },
  ]);
  t.ok(log.find(/circuit breaker of cluster "app", priority DEFAULT: max_pending_requests \(1\) is reached/));
  waiting.shift()?.();
  await first.see('late');
  await until(() => waiting.length === 1, 'the second request');
  waiting.shift()?.();
  await second.see('late');
  t.equal(proxy.stat('cluster.app.upstream_rq_pending_active'), 0);
});

t.test('a full retry budget passes the failure on', async (t) => {
  const app = await upstream.http1(t).respond(503, 'bad');
  const proxy = await remora(t, {
    route: { retryPolicy: { retryOn: '5xx', retryBackOff: { baseInterval: '1s', maxInterval: '1s' } } },
    cluster: { circuitBreakers: { thresholds: [{ maxRetries: 1 }] } },
  })
    .fakeTime()
    .to(app);
  const first = new RawClient(t, proxy.port).send(get('/1'));
  await until(() => proxy.stat('cluster.app.circuit_breakers.default.rq_retry_open') === 1, 'the first retry to wait');
  t.match(await new Client(t).get(proxy, '/2'), { status: 503, body: 'bad' });
  t.equal(proxy.stat('cluster.app.upstream_rq_retry_overflow'), 1);
  // A client that leaves in the back-off gives the budget back.
  first.socket.destroy();
  await until(() => proxy.stat('cluster.app.circuit_breakers.default.rq_retry_open') === 0, 'the budget');
  const third = new RawClient(t, proxy.port).send(get('/3'));
  await until(() => proxy.stat('cluster.app.circuit_breakers.default.rq_retry_open') === 1, 'the next retry');
  await turns();
  proxy.advance(1001);
  await third.see('bad');
});

t.test('no host: UH, no cluster: NC', async (t) => {
  const proxy = await remora(t, {
    routes: [
      { match: { prefix: '/none' }, route: { cluster: 'app' } },
      { match: { prefix: '/header' }, route: { clusterHeader: 'x-cluster' } },
    ],
  }).to();
  const client = new Client(t);
  t.match(await client.get(proxy, '/none'), { status: 503, body: 'no healthy upstream' });
  t.match(await client.get(proxy, '/header', { headers: { 'x-cluster': 'gone' } }), { status: 503, body: '' });
  t.equal((await client.get(proxy, '/elsewhere')).status, 404);
  t.match(proxy.accessLog(), [
    { flags: 'UH', details: 'no_healthy_upstream' },
    { flags: 'NC', details: 'cluster_not_found' },
    { flags: 'NR', details: 'route_not_found' },
  ]);
});

t.test('an answer that breaks off is explained: the client has its beginning and gets no other', async (t) => {
  const app = await upstream.http1(t).handle((request, response) => {
    response.writeHead(200, { 'content-length': '10' }).write('half');
    if (request.url === '/closed') setImmediate(() => response.destroy());
  });
  const proxy = await remora(t, { route: { timeout: '3s' } })
    .fakeTime()
    .to(app);
  log.clear();
  const closed = new RawClient(t, proxy.port).send(get('/closed'));
  await until(() => closed.closed, 'the end of the first answer');
  t.match(proxy.accessLog(), [{ code: 200, flags: 'UPE' }]);
  t.ok(
    log.find(
      /\[info\].*\/closed: 200 UPE .* of cluster 'app' broke its answer off: .*ended the connection within a message/,
    ),
  );
  const slow = new RawClient(t, proxy.port).send(get('/slow'));
  await slow.see('half');
  proxy.advance(3001);
  await until(() => slow.closed, 'the end of the second answer');
  t.ok(
    log.find(
      /\[info\].*\/slow: 200 UT .* of cluster 'app' had not finished its answer within the route's timeout of 3000 ms/,
    ),
  );
});
