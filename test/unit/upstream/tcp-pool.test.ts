// Plain connections: one user each, both directions with an end of their own, nothing left behind.
import t from 'tap';
import type {
  Cancellable,
  Host,
  PoolFailureReason,
  TcpConnection,
  TcpConnectionUser,
  TcpPool,
  TcpPoolCallbacks,
} from '../../../src/upstream/api.ts';
import { PoolFixture } from './pool-fixture.ts';

class User implements TcpPoolCallbacks, TcpConnectionUser {
  waiting: Cancellable | null = null;
  connection: TcpConnection | null = null;
  failure: PoolFailureReason | null = null;
  received = '';
  ended = false;
  closed = false;
  watermarks = 0;

  onTcpPoolReady(connection: TcpConnection): void {
    this.connection = connection;
    connection.user = this;
  }
  onPoolFailure(reason: PoolFailureReason, _details: string, _host: Host | null): void {
    this.failure = reason;
  }
  onTcpData(data: Buffer, endStream: boolean): void {
    this.received += data.toString('latin1');
    this.ended = endStream;
  }
  onTcpClosed(): void {
    this.closed = true;
  }
  onAboveWriteBufferHighWatermark(): void {
    this.watermarks++;
  }
  onBelowWriteBufferLowWatermark(): void {
    this.watermarks--;
  }
}

function use(pool: TcpPool): User {
  const user = new User();
  user.waiting = pool.newConnection(user);
  return user;
}

const zeros = {
  upstream_cx_active: 0,
  upstream_rq_active: 0,
  upstream_rq_pending_active: 0,
  upstream_cx_http1_total: 0,
};

function statsOf(f: PoolFixture): Record<string, number> {
  return { ...zeros, ...f.stats() };
}

function start(changes: ConstructorParameters<typeof PoolFixture>[0] = {}): { f: PoolFixture; pool: TcpPool } {
  const f = new PoolFixture(changes);
  return { f, pool: f.cluster.tcpPool(f.host, 0) };
}

t.test('one pool for a host and priority, with connections that half-close', async (t) => {
  const { f, pool } = start();
  t.equal(f.cluster.tcpPool(f.host, 0), pool);
  t.not(f.cluster.tcpPool(f.host, 1), pool);
  use(pool);
  t.equal(f.options[0]?.halfClose, true);
});

t.test('bytes both ways, counted', async (t) => {
  const { f, pool } = start();
  const user = use(pool);
  t.equal(user.connection, null, 'it connects');
  f.last.accept();
  user.connection?.write(Buffer.from('up'), false);
  f.last.receive('down');
  t.equal(f.last.written, 'up');
  t.equal(user.received, 'down');
  t.equal(user.connection?.protocol, null);
  t.match(statsOf(f), {
    upstream_cx_total: 1,
    upstream_rq_total: 1,
    upstream_rq_active: 1,
    upstream_cx_rx_bytes_total: 4,
  });
  t.equal(statsOf(f)['upstream_cx_http1_total'], 0);
  user.connection?.abandon();
  t.equal(user.closed, false, 'who abandons is not told');
  t.match(statsOf(f), {
    upstream_cx_active: 0,
    upstream_rq_active: 0,
    upstream_cx_destroy_local_with_active_rq: 1,
    upstream_cx_tx_bytes_total: 2,
  });
});

t.test('the host closes, or refuses', async (t) => {
  const { f, pool } = start();
  const user = use(pool);
  f.last.accept();
  f.last.peerCloses();
  t.equal(user.closed, true);
  const refused = use(pool);
  f.last.refuse();
  t.equal(refused.failure, 2);
  t.match(statsOf(f), { upstream_cx_active: 0, upstream_rq_active: 0, upstream_rq_pending_active: 0 });
});

t.test(
  'a connection whose user left before it stood serves the next, unless the host speaks or leaves first',
  async (t) => {
    const { f, pool } = start();
    use(pool).waiting?.cancel();
    f.last.accept();
    t.equal(f.last.closed, false);
    const next = use(pool);
    t.equal(f.connections.length, 1);
    t.ok(next.connection);
    next.connection?.abandon();
    use(pool).waiting?.cancel();
    f.last.accept();
    f.last.receive('who is there');
    t.equal(f.last.closed, true);
    t.equal(statsOf(f)['upstream_cx_active'], 0);
  },
);

t.test('a host that does not take the rest of a finished exchange is not waited for', async (t) => {
  const { f, pool } = start();
  const user = use(pool);
  f.last.accept();
  user.connection?.write(Buffer.from('all'), true);
  user.connection?.release();
  t.equal(statsOf(f)['upstream_rq_active'], 0);
  t.equal(f.last.closed, false, 'it may still read');
  f.timers.advance(1000);
  t.equal(f.last.closed, true);
  t.equal(statsOf(f)['upstream_cx_active'], 0);
});

t.test('a host that is removed keeps its tunnels and takes no new ones back', async (t) => {
  const { f, pool } = start();
  const user = use(pool);
  f.last.accept();
  f.cluster.remove();
  t.equal(f.last.closed, false);
  user.connection?.abandon();
  t.equal(f.last.closed, true);
});
