// The pool over real sockets, against upstreams that close, stall and babble at bad moments. What is counted was read off
// the real Envoy 1.40 with the same upstreams.
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { freePort } from '../../../bench/machine/ports.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { systemTimers } from '../../../src/base/timers.ts';
import type { ClientStream } from '../../../src/http/codec/api.ts';
import { ResetReason } from '../../../src/http/codec/api.ts';
import { createClientCodec } from '../../../src/http/codec/h1/api.ts';
import { createHttp2ClientCodec } from '../../../src/http/codec/h2/api.ts';
import { RequestHeaders } from '../../../src/http/headers/header-map.ts';
import { Names } from '../../../src/http/headers/name.ts';
import { connect } from '../../../src/network/connect.ts';
import { type Host, PoolFailureReason, type UpstreamConnectionInfo } from '../../../src/upstream/api.ts';
import { UpstreamCluster } from '../../../src/upstream/cluster.ts';
import type { ClusterConfig } from '../../../src/upstream/cluster-config.ts';
import { FakeRuntime } from '../../support/fake-runtime.ts';
import { ok, TestRequest } from '../../unit/upstream/pool-fixture.ts';
import { anyHost, clusterConfig, endpoints, StatsStore, statsOf } from '../../unit/upstream/support.ts';

/** Far below tap's own limit: a test that fails says what it waited for. */
const untilLimitMs = 10_000;

/** A request that tells when it is over, one way or the other. */
class Exchange extends TestRequest {
  readonly #over = Promise.withResolvers<this>();
  readonly over = this.#over.promise;

  override decodeHeaders(...args: Parameters<TestRequest['decodeHeaders']>): void {
    super.decodeHeaders(...args);
    if (this.complete) this.#over.resolve(this);
  }
  override decodeData(data: Buffer, endStream: boolean): void {
    super.decodeData(data, endStream);
    if (endStream) this.#over.resolve(this);
  }
  override onResetStream(reason: ResetReason): void {
    super.onResetStream(reason);
    this.#over.resolve(this);
  }
  override onPoolFailure(reason: PoolFailureReason, details: string, host: Host): void {
    super.onPoolFailure(reason, details, host);
    this.#over.resolve(this);
  }
}

/** Sends headers and half of a body, and never the rest. */
class HalfPost extends Exchange {
  override onPoolReady(stream: ClientStream, host: Host, connection: UpstreamConnectionInfo): void {
    this.stream = stream;
    this.host = host;
    this.connection = connection;
    stream.callbacks = this;
    const headers = new RequestHeaders();
    headers.method = 'POST';
    headers.path = '/';
    headers.authority = 'test';
    headers.append(Names.contentLength, '100');
    stream.encodeHeaders(headers, false);
    stream.encodeData(Buffer.from('half'), false);
  }
}

class Upstream {
  readonly sockets: Socket[] = [];
  readonly #server: Server;
  readonly store = new StatsStore();
  cluster!: UpstreamCluster;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(
    test: Test,
    behave: (socket: Socket) => void,
    changes: Partial<ClusterConfig> = {},
  ): Promise<Upstream> {
    const server = createServer({ allowHalfOpen: true });
    const upstream = new Upstream(server);
    server.on('connection', (socket) => {
      upstream.sockets.push(socket);
      socket.on('error', () => {});
      behave(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    upstream.cluster = new UpstreamCluster(
      clusterConfig({ endpoints: endpoints({ endpoints: [{ port }] }), ...changes }),
      {
        clock: systemClock,
        timers: systemTimers,
        random: systemRandom,
        runtime: new FakeRuntime(),
        stats: upstream.store,
        connect,
        createHttp1Codec: createClientCodec,
        createHttp2Codec: createHttp2ClientCodec,
        dnsResolver: () => {
          throw new Error('no names here');
        },
      },
      { onClusterReady: () => {} },
    );
    upstream.cluster.start();
    test.teardown(() => upstream.stop());
    return upstream;
  }

  send<Request extends Exchange>(request: Request): Request {
    const host = this.cluster.chooseHost(anyHost);
    if (host === null) throw new Error('no host');
    request.waiting = this.cluster.httpPool(host, 0, 1)?.newStream(request, request) ?? null;
    return request;
  }

  get(): Promise<Exchange> {
    return this.send(new Exchange()).over;
  }

  stats(): Record<string, number> {
    return statsOf(this.store, 'cluster.one.');
  }

  /** Waits until the pool has noticed; throws with what it shows instead when that takes too long. */
  async until(condition: (stats: Record<string, number>) => boolean): Promise<Record<string, number>> {
    const end = Date.now() + untilLimitMs;
    for (let stats = this.stats(); ; stats = this.stats()) {
      if (condition(stats)) return stats;
      if (Date.now() > end) throw new Error(`the pool did not get there in time: ${JSON.stringify(stats)}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  stop(): void {
    this.cluster.remove();
    for (const socket of this.sockets) socket.destroy();
    this.#server.close();
  }
}

function connectionStats(stats: Record<string, number>): Record<string, number> {
  const kept = Object.entries(stats).filter(([name]) => name.startsWith('upstream_cx_') && !name.includes('bytes'));
  return Object.fromEntries(kept.map(([name, value]) => [name.slice('upstream_cx_'.length), value]));
}

const answer = (text: string) => (socket: Socket) => {
  socket.on('data', () => socket.write(text));
};

t.test('one connection serves one request after the other', async (t) => {
  const upstream = await Upstream.start(t, answer('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi'));
  const first = await upstream.get();
  const second = await upstream.get();
  t.match(
    [first, second],
    [
      { body: 'hi', reused: false },
      { body: 'hi', reused: true },
    ],
  );
  t.equal(upstream.sockets.length, 1);
  t.equal(
    first.connection?.localAddress.kind === 'ip' && first.connection.localAddress.port,
    upstream.sockets[0]?.remotePort,
  );
  t.strictSame(connectionStats(upstream.stats()), { total: 1, active: 1, http1_total: 1 });
  t.match(upstream.stats(), { upstream_cx_rx_bytes_total: 80 });
});

t.test('nobody listens', async (t) => {
  const gone = await Upstream.start(t, () => {}, {
    endpoints: endpoints({ endpoints: [{ port: await freePort() }] }),
  });
  const failed = await gone.get();
  t.match(failed, {
    failure: PoolFailureReason.RemoteConnectionFailure,
    details: 'delayed connect error: Connection refused',
  });
  t.strictSame(connectionStats(gone.stats()), {
    total: 1,
    http1_total: 1,
    connect_fail: 1,
    destroy: 1,
    destroy_remote: 1,
  });
});

t.test('the first address refuses, the second serves', async (t) => {
  const upstream = await Upstream.start(t, answer(ok));
  const nobody = endpoints({ endpoints: [{ port: await freePort() }] });
  const [working] = upstream.cluster.config.endpoints.localities;
  const [refusing] = nobody.localities;
  const serving = working?.endpoints[0]?.address;
  const endpoint = refusing?.endpoints[0];
  if (refusing === undefined || endpoint === undefined || !serving) throw new Error('two endpoints');
  const two = await Upstream.start(t, () => {}, {
    endpoints: {
      ...nobody,
      localities: [{ ...refusing, endpoints: [{ ...endpoint, additionalAddresses: [serving] }] }],
    },
  });
  const request = await two.get();
  t.match(request, { status: 200, connection: { remoteAddress: { text: serving.text } } });
  t.strictSame(
    connectionStats(two.stats()),
    { total: 1, active: 1, http1_total: 1 },
    'one connection for all that counts',
  );
});

t.test('the peer closes in the middle of a request', async (t) => {
  const upstream = await Upstream.start(t, (socket) => socket.on('data', () => socket.destroy()));
  t.equal((await upstream.get()).reset, ResetReason.ConnectionTermination);
  t.strictSame(connectionStats(upstream.stats()), {
    total: 1,
    http1_total: 1,
    destroy: 1,
    destroy_remote: 1,
    destroy_with_active_rq: 1,
    destroy_remote_with_active_rq: 1,
  });
});

t.test('the peer resets in the middle of a request', async (t) => {
  const upstream = await Upstream.start(t, (socket) => socket.on('data', () => socket.resetAndDestroy()));
  const request = await upstream.get();
  t.equal(request.reset, ResetReason.ConnectionTermination);
  t.equal(upstream.stats()['upstream_cx_destroy_remote_with_active_rq'], 1);
});

t.test('the peer says close and stays', async (t) => {
  const upstream = await Upstream.start(t, answer('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'));
  await upstream.get();
  t.equal((await upstream.get()).reused, false);
  t.strictSame(connectionStats(upstream.stats()), {
    total: 2,
    http1_total: 2,
    close_notify: 2,
    destroy: 2,
    destroy_local: 2,
  });
});

t.test('an answer before the request has gone up spoils the connection', async (t) => {
  const upstream = await Upstream.start(t, answer(ok));
  const post = await upstream.send(new HalfPost()).over;
  t.equal(post.status, 200);
  await upstream.until((stats) => stats['upstream_cx_destroy'] === 1);
  t.strictSame(connectionStats(upstream.stats()), {
    total: 1,
    http1_total: 1,
    destroy: 1,
    destroy_local: 1,
    destroy_with_active_rq: 1,
    destroy_local_with_active_rq: 1,
  });
  t.equal((await upstream.get()).reused, false);
});

t.test('bytes on an idle connection', async (t) => {
  const upstream = await Upstream.start(t, answer(ok));
  await upstream.get();
  upstream.sockets[0]?.write(ok);
  await upstream.until((stats) => stats['upstream_cx_destroy'] === 1);
  t.match(connectionStats(upstream.stats()), { protocol_error: 1, destroy_local: 1 });
});

t.test('a response and more behind it: the rest belongs to nobody', async (t) => {
  const upstream = await Upstream.start(t, answer(ok + ok));
  t.equal((await upstream.get()).status, 200);
  t.equal((await upstream.get()).reused, false);
  t.equal(upstream.sockets.length, 2);
});

t.test('a FIN on an idle connection: the next request goes elsewhere', async (t) => {
  const upstream = await Upstream.start(t, answer(ok));
  await upstream.get();
  upstream.sockets[0]?.end();
  await upstream.until((stats) => stats['upstream_cx_destroy_remote'] === 1);
  const next = await upstream.get();
  t.match(next, { status: 200, reused: false });
  t.equal(upstream.stats()['upstream_cx_protocol_error'], undefined);
});

t.test('a FIN together with the request that is under way: known as a reused connection', async (t) => {
  const upstream = await Upstream.start(t, (socket) => {
    let requests = 0;
    socket.on('data', () => {
      if (++requests === 1) socket.write(ok);
      else socket.destroy();
    });
  });
  await upstream.get();
  const unlucky = await upstream.get();
  t.match(unlucky, { reset: ResetReason.ConnectionTermination, reused: true, status: 0 });
});

t.test('a body without length ends with the connection', async (t) => {
  const upstream = await Upstream.start(t, (socket) =>
    socket.on('data', () => socket.end('HTTP/1.0 200 OK\r\n\r\nall of it')),
  );
  t.match(await upstream.get(), { body: 'all of it', complete: true, reset: null });
  await upstream.until((stats) => stats['upstream_cx_destroy'] === 1);
  t.strictSame(connectionStats(upstream.stats()), {
    total: 1,
    http1_total: 1,
    close_notify: 1,
    destroy: 1,
    destroy_remote: 1,
  });
});

t.test('a cut body is no body', async (t) => {
  const upstream = await Upstream.start(t, (socket) =>
    socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf')),
  );
  const request = await upstream.get();
  t.match(request, { status: 200, body: 'half', complete: false });
  t.not(request.reset, null);
});

t.test('a response in single bytes', async (t) => {
  const text = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';
  const upstream = await Upstream.start(t, (socket) => {
    socket.setNoDelay(true);
    socket.on('data', async () => {
      for (const character of text) {
        socket.write(character);
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
  });
  t.match(await upstream.get(), { status: 200, body: 'abc' });
  t.equal((await upstream.get()).reused, true);
});

t.test('two hundred requests at once over four connections, none lost', async (t) => {
  const breaker = { ...clusterConfig().circuitBreakers[0], maxConnections: 4 };
  const upstream = await Upstream.start(t, answer(ok), { circuitBreakers: [breaker, breaker] });
  const requests = await Promise.all(Array.from({ length: 200 }, () => upstream.get()));
  t.ok(requests.every((request) => request.status === 200));
  t.equal(upstream.sockets.length, 4);
  t.match(upstream.stats(), { upstream_rq_total: 200, upstream_cx_active: 4 });
  t.same(
    [upstream.stats()['upstream_rq_active'], upstream.stats()['upstream_rq_pending_active']],
    [undefined, undefined],
  );
});

t.test('connections that close at any time lose only what was under way, and counts come back', async (t) => {
  let served = 0;
  const upstream = await Upstream.start(t, (socket) => {
    socket.on('data', () => {
      // Every seventh answer is followed by a FIN, every eleventh request gets only that.
      served++;
      if (served % 11 === 0) socket.destroy();
      else if (served % 7 === 0) socket.end(ok);
      else socket.write(ok);
    });
  });
  let answered = 0;
  let reset = 0;
  let failed = 0;
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let i = 0; i < 100; i++) {
        const request = await upstream.get();
        if (request.status === 200) answered++;
        else if (request.reset !== null) reset++;
        else failed++;
      }
    }),
  );
  t.equal(answered + reset, 800);
  t.equal(failed, 0);
  t.ok(answered >= 600, `${answered} answered, ${reset} reset`);
  const stats = upstream.stats();
  t.same([stats['upstream_rq_active'], stats['upstream_rq_pending_active']], [undefined, undefined]);
  t.equal(upstream.cluster.circuitBreakers[0].requests.count, 0);
  t.equal(upstream.cluster.circuitBreakers[0].pendingRequests.count, 0);
  const [host] = upstream.cluster.hostSets.all();
  t.equal(host?.stats.rqActive, 0);
  t.equal(upstream.cluster.circuitBreakers[0].connections.count, host?.stats.cxActive);
});
