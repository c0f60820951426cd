// Owns the plain far side: a connection of the host's TCP pool, which outlives the client until the host has all of it.
import type { LazyTimeout, TimeoutHandler, TimeoutPool } from '../../../../base/lazy-timeout.ts';
import { CloseType } from '../../../../network/api.ts';
import type {
  Cancellable,
  Host,
  PoolFailureReason,
  TcpConnection,
  TcpConnectionUser,
  TcpPool,
  TcpPoolCallbacks,
} from '../../../../upstream/api.ts';
import type { TcpProxyStats } from './stats.ts';
import type { DownstreamEnd, Upstream, UpstreamOwner } from './upstream.ts';

export interface TcpUpstreamServices {
  readonly stats: TcpProxyStats;
  readonly timeouts: TimeoutPool;
  readonly clock: { monotonic(): number };
  /** Milliseconds; 0: none. */
  readonly idleTimeoutMs: number;
}

/** With no idle timeout a host that takes nothing is waited for this long (setTimeout's limit). */
const forEver = 0x7fffffff;

export class TcpUpstream implements Upstream, TcpPoolCallbacks, TcpConnectionUser, TimeoutHandler {
  readonly takesReason = true;
  readonly #services: TcpUpstreamServices;
  #owner: UpstreamOwner | null;
  #waiting: Cancellable | null = null;
  #connection: TcpConnection | null = null;
  #flushing: LazyTimeout | null = null;
  #isFlushing = false;

  constructor(owner: UpstreamOwner, services: TcpUpstreamServices) {
    this.#owner = owner;
    this.#services = services;
  }

  /** May fail, and tell so, before it returns. */
  start(pool: TcpPool): void {
    this.#waiting = pool.newConnection(this);
  }

  onTcpPoolReady(connection: TcpConnection, host: Host): void {
    this.#waiting = null;
    this.#connection = connection;
    connection.user = this;
    connection.setFlushPatience(this.#services.idleTimeoutMs || forEver);
    this.#owner?.onUpstreamConnected(this, host, connection);
  }

  onPoolFailure(reason: PoolFailureReason, details: string, host: Host | null): void {
    this.#waiting = null;
    this.#owner?.onUpstreamFailed(reason, details, host);
  }

  write(data: Buffer, endStream: boolean): void {
    this.#connection?.write(data, endStream);
  }

  readDisable(disable: boolean): void {
    this.#connection?.readDisable(disable);
  }

  onDownstreamClosed(end: DownstreamEnd, reason: string): void {
    this.#owner = null;
    this.#waiting?.cancel();
    this.#waiting = null;
    const connection = this.#connection;
    if (connection === null) return;
    if (end !== 'remote') {
      this.#connection = null;
      connection.close(end === 'reset' ? CloseType.Abort : CloseType.NoFlush, reason);
      return;
    }
    connection.close(CloseType.Flush);
    // What the client sent last is still on its way.
    if (this.#connection === null) return;
    const { stats, timeouts, clock, idleTimeoutMs } = this.#services;
    this.#isFlushing = true;
    stats.upstreamFlushTotal.inc();
    stats.upstreamFlushActive.inc();
    this.#flushing = timeouts.start(idleTimeoutMs, this, clock.monotonic());
  }

  onTimeout(): void {
    this.#flushing = null;
    this.#services.stats.idleTimeout.inc();
    this.#connection?.close(CloseType.NoFlush);
  }

  onTcpData(data: Buffer, endStream: boolean): void {
    this.#owner?.onUpstreamData(data, endStream);
  }

  onTcpClosed(): void {
    const reset = this.#connection?.detectedCloseType === 'RemoteReset';
    this.#connection = null;
    this.#flushing?.release();
    if (this.#isFlushing) this.#services.stats.upstreamFlushActive.dec();
    const owner = this.#owner;
    this.#owner = null;
    owner?.onUpstreamClosed(reset);
  }

  onAboveWriteBufferHighWatermark(): void {
    this.#owner?.onUpstreamAboveHighWatermark();
  }

  onBelowWriteBufferLowWatermark(): void {
    this.#owner?.onUpstreamBelowLowWatermark();
  }
}
