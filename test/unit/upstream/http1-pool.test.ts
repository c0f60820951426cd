import t from 'tap';
import { ipAddress } from '../../../src/base/address.ts';
import { ResetReason } from '../../../src/http/codec/api.ts';
import { PoolFailureReason } from '../../../src/upstream/api.ts';
import { MemoryLog } from '../../support/memory-log.ts';
import { ok, PoolFixture, TestRequest } from './pool-fixture.ts';
import { clusterConfig, defaultBreaker, endpoint, endpoints } from './support.ts';

const http = clusterConfig().http;

t.test('a connection is made on demand and given out again, the caller served at once', async (t) => {
  const f = new PoolFixture();
  const first = f.request();
  t.equal(f.connections.length, 1);
  t.equal(first.stream, null, 'waits for the connection');
  f.last.accept();
  t.match(f.last.written, /^GET \/ HTTP\/1.1\r\n/);
  t.equal(first.reused, false);
  f.last.receive('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi');
  t.match(first, { status: 200, body: 'hi', complete: true });
  const second = f.request();
  t.equal(second.waiting, null);
  t.ok(second.stream, 'within newStream');
  t.equal(second.reused, true);
  t.equal(f.connections.length, 1);
  t.match(f.stats(), {
    upstream_cx_total: 1,
    upstream_cx_active: 1,
    upstream_cx_http1_total: 1,
    upstream_rq_total: 2,
    upstream_rq_active: 1,
    upstream_rq_pending_total: 1,
  });
  t.match(f.host.stats, { cxTotal: 1, cxActive: 1, rqTotal: 2, rqActive: 1, rqPendingActive: 0 });
  t.equal(f.stats()['upstream_cx_rx_bytes_total'], 40);
});

t.test('the connection used last is given out first', async (t) => {
  const f = new PoolFixture();
  f.request();
  f.request();
  const [a, b] = f.connections;
  a?.accept();
  b?.accept();
  a?.receive(ok);
  b?.receive(ok);
  f.request();
  t.equal(a?.written.match(/GET/g)?.length, 1);
  t.equal(b?.written.match(/GET/g)?.length, 2);
});

t.test('waiting requests are served in order, by whichever connection is free first', async (t) => {
  const f = new PoolFixture({ circuitBreakers: [{ ...defaultBreaker, maxConnections: 1 }, defaultBreaker] });
  const requests = [f.request(), f.request(), f.request()];
  t.equal(f.connections.length, 1, 'the breaker allows one');
  t.match(f.stats(), { upstream_cx_overflow: 2, upstream_rq_pending_active: 3, 'circuit_breakers.default.cx_open': 1 });
  f.last.accept();
  t.same(
    requests.map((request) => request.stream !== null),
    [true, false, false],
  );
  f.last.receive(ok);
  t.same(
    requests.map((request) => request.stream !== null),
    [true, true, false],
  );
  f.last.receive(ok);
  f.last.receive(ok);
  t.same(
    requests.map((request) => request.status),
    [200, 200, 200],
  );
  t.equal(f.stats()['upstream_rq_pending_active'], undefined);
});

t.test('a pool without a connection gets one though the breaker is open', async (t) => {
  const f = new PoolFixture({
    endpoints: endpoints({ endpoints: [{ port: 1 }, { port: 2 }] }),
    circuitBreakers: [{ ...defaultBreaker, maxConnections: 1 }, defaultBreaker],
  });
  f.request();
  const other = [...f.cluster.hostSets.all()].find((host) => host !== f.host);
  if (other === undefined) throw new Error('two hosts');
  const request = new TestRequest();
  f.cluster.httpPool(other, 0, 1)?.newStream(request, request);
  t.equal(f.connections.length, 2, 'or the second host would starve');
  t.equal(f.stats()['upstream_cx_overflow'], 1);
});

t.test('max_connection_pools: a second host gets no pool while the first has one', async (t) => {
  const f = new PoolFixture({
    endpoints: endpoints({ endpoints: [{ port: 1 }, { port: 2 }] }),
    circuitBreakers: [{ ...defaultBreaker, maxConnectionPools: 1 }, defaultBreaker],
  });
  f.request();
  const other = [...f.cluster.hostSets.all()].find((host) => host !== f.host);
  if (other === undefined) throw new Error('two hosts');
  t.equal(f.cluster.httpPool(other, 0, 1), null);
  t.equal(f.cluster.httpPool(f.host, 0, 1), f.pool);
  t.match(f.stats(), { upstream_cx_pool_overflow: 1, 'circuit_breakers.default.cx_pool_open': 1 });
  t.not(f.cluster.httpPool(other, 1, 1), null, 'each priority has its own limit');
});

t.test('the queue is bounded; the refusal names limit and value', async (t) => {
  const f = new PoolFixture({ circuitBreakers: [{ ...defaultBreaker, maxPendingRequests: 1 }, defaultBreaker] });
  f.request();
  const refused = f.request();
  t.equal(refused.waiting, null);
  t.equal(refused.failure, PoolFailureReason.Overflow);
  t.equal(refused.details, 'circuit breaker of cluster "one", priority DEFAULT: max_pending_requests (1) is reached');
  t.match(f.stats(), { upstream_rq_pending_overflow: 1, 'circuit_breakers.default.rq_pending_open': 1 });
});

t.test('max_requests refuses on an idle connection and keeps it', async (t) => {
  const f = new PoolFixture({ circuitBreakers: [{ ...defaultBreaker, maxRequests: 1 }, defaultBreaker] });
  const idle = f.warm();
  const other = f.request();
  const refused = f.request();
  f.last.accept();
  t.equal(refused.failure, PoolFailureReason.Overflow);
  t.match(refused.details, /max_requests \(1\)/);
  t.equal(f.stats()['upstream_rq_active_overflow'], 1);
  idle.receive(ok);
  t.equal(other.status, 200);
  f.request();
  t.equal(f.connections.length, 2, 'no third connection');
});

t.test("a refused connection fails all who wait, with the transport's reason", async (t) => {
  const f = new PoolFixture();
  const requests = [f.request(), f.request()];
  f.connections[0]?.refuse();
  for (const request of requests) {
    t.equal(request.failure, PoolFailureReason.RemoteConnectionFailure);
    t.equal(request.details, 'delayed connect error: Connection refused');
    t.equal(request.host, f.host);
  }
  t.match(f.stats(), {
    upstream_cx_connect_fail: 1,
    upstream_cx_destroy: 1,
    upstream_cx_destroy_remote: 1,
    upstream_rq_pending_failure_eject: 2,
    upstream_rq_pending_total: 2,
  });
  t.equal(f.host.stats.cxConnectFail, 1);
});

t.test('connect_timeout', async (t) => {
  const f = new PoolFixture({ connectTimeoutMs: 250 });
  const request = f.request();
  f.timers.advance(249);
  t.equal(request.failure, null);
  f.timers.advance(1);
  t.equal(request.failure, PoolFailureReason.Timeout);
  t.match(f.stats(), { upstream_cx_connect_timeout: 1, upstream_cx_connect_fail: 1, upstream_cx_destroy_local: 1 });
  t.same(f.timers.delays(), [], 'no timer is left');
});

t.test('a request that gives up waiting is forgotten; its connection serves the next', async (t) => {
  const f = new PoolFixture();
  const cancelled = f.request();
  cancelled.waiting?.cancel();
  cancelled.waiting?.cancel();
  t.match(f.stats(), { upstream_rq_cancelled: 1 });
  t.equal(f.stats()['upstream_rq_pending_active'], undefined);
  f.last.accept();
  t.equal(cancelled.stream, null);
  const next = f.request();
  t.ok(next.stream);
  t.equal(next.reused, false, 'nobody used it before');
  t.equal(f.connections.length, 1);
});

t.test('idle connections close after idle_timeout, and requests do not touch the timer', async (t) => {
  const f = new PoolFixture({ http: { ...http, idleTimeoutMs: 1000 } });
  const connection = f.warm();
  f.timers.advance(600);
  f.warm();
  t.same(f.timers.delays(), [1000], 'the timer of the first idle moment');
  f.timers.advance(400);
  t.notOk(connection.closed, 'used 400 ms ago');
  t.same(f.timers.delays(), [600]);
  f.timers.advance(600);
  t.ok(connection.closed);
  t.match(f.stats(), { upstream_cx_idle_timeout: 1, upstream_cx_destroy_local: 1 });
  t.equal(f.stats()['upstream_cx_active'], undefined);
});

t.test('a busy connection is not idle, however long it takes', async (t) => {
  const f = new PoolFixture({ http: { ...http, idleTimeoutMs: 1000 } });
  const connection = f.warm();
  const slow = f.request();
  f.timers.advance(5000);
  t.notOk(connection.closed);
  connection.receive(ok);
  t.equal(slow.status, 200);
  f.timers.advance(999);
  t.notOk(connection.closed);
  f.timers.advance(1);
  t.ok(connection.closed);
});

t.test('idle_timeout 0 is never', async (t) => {
  const f = new PoolFixture({ http: { ...http, idleTimeoutMs: 0 } });
  f.warm();
  t.same(f.timers.delays(), []);
});

t.test('Keep-Alive: timeout= closes a second before the peer would', async (t) => {
  const f = new PoolFixture();
  const connection = f.warm('HTTP/1.1 200 OK\r\nkeep-alive: timeout=5\r\ncontent-length: 0\r\n\r\n');
  f.timers.advance(3999);
  t.notOk(connection.closed);
  f.timers.advance(1);
  t.ok(connection.closed);
  t.equal(f.stats()['upstream_cx_idle_timeout'], 1);
});

t.test('a keep-alive that ran out while the timer was late is not given out', async (t) => {
  const f = new PoolFixture();
  const connection = f.warm('HTTP/1.1 200 OK\r\nkeep-alive: timeout=5\r\ncontent-length: 0\r\n\r\n');
  f.timers.clock.advance(4000);
  f.request();
  t.ok(connection.closed);
  t.equal(f.connections.length, 2);
});

t.test('max_requests_per_connection', async (t) => {
  const f = new PoolFixture({ http: { ...http, maxRequestsPerConnection: 2 } });
  const connection = f.warm();
  f.warm();
  t.ok(connection.closed);
  t.equal(f.connections.length, 1);
  t.match(f.stats(), { upstream_cx_max_requests: 1, upstream_cx_destroy_local: 1 });
  t.equal(f.stats()['upstream_cx_destroy_with_active_rq'], undefined);
});

t.test('max_connection_duration closes when the request is over', async (t) => {
  const f = new PoolFixture({ http: { ...http, maxConnectionDurationMs: 1000 } });
  const connection = f.warm();
  const request = f.request();
  f.timers.advance(1000);
  t.notOk(connection.closed);
  connection.receive(ok);
  t.equal(request.status, 200);
  t.ok(connection.closed);
  t.equal(f.stats()['upstream_cx_max_duration_reached'], 1);
});

t.test('a peer that closes while idle is forgotten without a word', async (t) => {
  const f = new PoolFixture();
  f.warm().peerEnds();
  t.match(f.stats(), { upstream_cx_destroy_remote: 1 });
  t.equal(f.stats()['upstream_cx_protocol_error'], undefined);
  const next = f.request();
  t.equal(f.connections.length, 2);
  t.equal(next.stream, null);
});

t.test('bytes that nobody asked for close the connection', async (t) => {
  const f = new PoolFixture();
  const connection = f.warm();
  connection.receive(ok);
  t.ok(connection.closed);
  t.match(f.stats(), { upstream_cx_protocol_error: 1, upstream_cx_destroy_local: 1 });
  const timedOut = new PoolFixture();
  timedOut.warm().receive('HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n');
  t.equal(timedOut.stats()['upstream_cx_protocol_error'], undefined, 'a 408 is a server that says why it closes');
  t.equal(timedOut.stats()['upstream_cx_destroy_local'], 1);
});

t.test('a reset closes the connection under the request', async (t) => {
  const f = new PoolFixture();
  const request = f.request();
  f.last.accept();
  request.stream?.resetStream(ResetReason.LocalReset);
  t.ok(f.last.closed);
  t.match(f.stats(), {
    upstream_cx_destroy_local_with_active_rq: 1,
    upstream_cx_destroy_with_active_rq: 1,
  });
  t.same([f.stats()['upstream_rq_active'], f.stats()['upstream_cx_close_notify']], [undefined, undefined]);
  t.equal(f.host.stats.rqActive, 0);
  t.equal(f.cluster.circuitBreakers[0].requests.count, 0);
});

t.test('a connection that ends under a request: out of the pool before the request hears of it', async (t) => {
  const f = new PoolFixture({
    circuitBreakers: [{ ...defaultBreaker, maxConnections: 1, maxRequests: 1 }, defaultBreaker],
  });
  const connection = f.warm();
  const request = f.request();
  t.ok(request.reused);
  let retry: TestRequest | null = null;
  request.onReset = () => {
    retry = f.request();
  };
  connection.peerCloses();
  t.equal(request.reset, ResetReason.ConnectionTermination);
  t.equal(f.connections.length, 2, 'the breakers have room for the retry');
  f.last.accept();
  t.ok((retry as TestRequest | null)?.stream);
  t.match(f.stats(), { upstream_cx_destroy_remote_with_active_rq: 1 });
});

t.test('connection: close ends it without a request in progress', async (t) => {
  const f = new PoolFixture();
  const connection = f.warm('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  t.ok(connection.closed);
  t.match(f.stats(), { upstream_cx_close_notify: 1, upstream_cx_destroy_local: 1 });
  t.equal(f.stats()['upstream_cx_destroy_with_active_rq'], undefined);
});

t.test('a body until close is ended by the peer', async (t) => {
  const f = new PoolFixture();
  const request = f.request();
  f.last.accept();
  f.last.receive('HTTP/1.0 200 OK\r\n\r\nall of it');
  f.last.peerEnds();
  t.match(request, { status: 200, body: 'all of it', complete: true, reset: null });
  t.match(f.stats(), { upstream_cx_close_notify: 1, upstream_cx_destroy_remote: 1 });
});

t.test('garbage is a protocol error', async (t) => {
  const f = new PoolFixture();
  const request = f.request();
  f.last.accept();
  f.last.receive('what is this\r\n\r\n');
  t.equal(request.reset, ResetReason.ProtocolError);
  t.match(f.stats(), { upstream_cx_protocol_error: 1, upstream_cx_destroy_local_with_active_rq: 1 });
});

t.test('a removed host drains: idle closes, busy when done, waiting is served', async (t) => {
  const f = new PoolFixture();
  const idle = f.warm();
  const busyRequest = f.request();
  const waiting = f.request();
  const [, second] = f.connections;
  f.cluster.setEndpoints(endpoints());
  t.notOk(idle.closed, 'it is busy');
  second?.accept();
  t.ok(waiting.stream, 'a request that was accepted is served');
  idle.receive(ok);
  t.equal(busyRequest.status, 200);
  t.ok(idle.closed);
  second?.receive(ok);
  t.ok(second?.closed);
  const late = f.request();
  f.last.accept();
  t.ok(late.stream, 'one that chose the host just before is served as well');
  f.last.receive(ok);
  t.ok(f.last.closed);
});

t.test('a removed host closes what is idle and what nobody waits for', async (t) => {
  const f = new PoolFixture();
  const idle = f.warm();
  f.request();
  const cancelled = f.request();
  cancelled.waiting?.cancel();
  f.connections[0]?.receive(ok);
  f.cluster.setEndpoints(endpoints());
  t.ok(idle.closed);
  t.ok(f.connections[1]?.closed, 'still connecting');
});

t.test('giving up a connection on its way fails nobody else', async (t) => {
  const f = new PoolFixture();
  const waiting = f.request();
  const cancelled = f.request();
  f.cluster.setEndpoints(endpoints());
  cancelled.waiting?.cancel();
  t.equal(waiting.failure, null);
  t.equal(f.connections.filter((connection) => connection.closed).length, 1);
  f.connections.find((connection) => !connection.closed)?.accept();
  t.ok(waiting.stream);
});

t.test('a removed cluster gives its statistics back when its last connection has gone', async (t) => {
  const f = new PoolFixture();
  f.request();
  f.last.accept();
  f.cluster.remove();
  t.ok(f.stats()['upstream_cx_active']);
  f.last.receive(ok);
  t.same(f.stats(), {});
});

// covers: envoy.config.cluster.v3.CircuitBreakers.per_host_thresholds
t.test('per-host connection limit', async (t) => {
  const f = new PoolFixture({ maxConnectionsPerHost: 1 });
  f.request();
  f.request();
  t.equal(f.connections.length, 1);
  t.equal(f.stats()['upstream_cx_overflow'], 1);
});

t.test('connect options come from the cluster', async (t) => {
  const f = new PoolFixture({
    tcpKeepalive: { timeSeconds: 7, intervalSeconds: undefined, probes: undefined },
    bindAddress: ipAddress('127.0.0.9', 0),
    perConnectionBufferLimitBytes: 4711,
  });
  f.request();
  t.match(f.options[0], {
    address: { text: '127.0.0.1:1' },
    bindAddress: { text: '127.0.0.9:0' },
    tcpKeepalive: { timeSeconds: 7 },
    bufferLimit: 4711,
  });
});

t.test('a source address that is not there is a failure of our own', async (t) => {
  const f = new PoolFixture({ bindAddress: ipAddress('192.0.2.7', 0) });
  const request = f.request();
  f.last.refuse('delayed connect error: Cannot assign requested address');
  t.equal(request.failure, PoolFailureReason.LocalConnectionFailure);
  t.match(f.stats(), { bind_errors: 1, upstream_cx_connect_fail: 1, upstream_cx_destroy_local: 1 });
});

const manyAddresses = endpoints({ endpoints: [] });
const happyEndpoints = {
  ...manyAddresses,
  localities: [
    {
      locality: { region: '', zone: '', subZone: '' },
      priority: 0,
      weight: 0,
      endpoints: [{ ...endpoint({ port: 1 }), additionalAddresses: [ipAddress('127.0.0.2', 1), ipAddress('::1', 1)] }],
    },
  ],
};

t.test('happy eyeballs: the next address after 300 ms, the first to answer wins', async (t) => {
  const f = new PoolFixture({ endpoints: happyEndpoints });
  const request = f.request();
  t.same(
    f.connections.map((connection) => connection.remoteAddress.text),
    ['127.0.0.1:1'],
  );
  f.timers.advance(300);
  t.same(
    f.connections.map((connection) => connection.remoteAddress.text),
    ['127.0.0.1:1', '[::1]:1'],
    'families alternate',
  );
  f.connections[1]?.accept();
  t.ok(f.connections[0]?.closed);
  t.equal(request.connection?.remoteAddress.text, '[::1]:1');
  t.match(f.stats(), { upstream_cx_total: 1, upstream_cx_active: 1 });
  f.connections[1]?.receive(ok);
  t.equal(request.status, 200);
});

t.test('happy eyeballs: a failure tries the next at once; when all fail the request fails', async (t) => {
  const f = new PoolFixture({ endpoints: happyEndpoints });
  const request = f.request();
  f.connections[0]?.refuse();
  f.connections[1]?.refuse();
  t.equal(request.failure, null);
  f.connections[2]?.refuse('delayed connect error: Network is unreachable');
  t.equal(request.failure, PoolFailureReason.RemoteConnectionFailure);
  t.equal(request.details, 'delayed connect error: Network is unreachable');
  t.match(f.stats(), { upstream_cx_connect_attempts_exceeded: 1, upstream_cx_connect_fail: 1 });
});

t.test('happy eyeballs: connect_timeout ends all attempts', async (t) => {
  const f = new PoolFixture({ endpoints: happyEndpoints, connectTimeoutMs: 500 });
  const request = f.request();
  f.timers.advance(500);
  t.equal(request.failure, PoolFailureReason.Timeout);
  t.ok(f.connections.every((connection) => connection.closed));
  t.same(f.timers.delays(), []);
});

t.test('REMORA_DEBUG=pool says what becomes of connections', async (t) => {
  const log = MemoryLog.capture();
  const f = new PoolFixture();
  f.request();
  f.last.accept();
  f.last.receive('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi');
  f.request();
  f.last.receive('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
  const where = String.raw`host \S+ of cluster 'one'`;
  t.match(
    log.lines.filter((line) => line.includes('[pool]')),
    [
      new RegExp(`connecting to ${where}: 1 requests wait`),
      new RegExp(`a request goes out on a new connection to ${where}`),
      new RegExp(`a request goes out on a kept-alive connection to ${where}`),
      new RegExp(`to ${where} ended after 2 requests`),
    ],
  );
});

t.test('a pool counts while it has connections or streams that wait (max_connection_pools)', async (t) => {
  const f = new PoolFixture();
  const { connectionPools } = f.cluster.circuitBreakers[0];
  t.equal(connectionPools.count, 0);
  const request = f.request();
  t.equal(connectionPools.count, 1);
  f.request();
  t.equal(connectionPools.count, 1);
  request.waiting?.cancel();
  t.equal(connectionPools.count, 1);
});
