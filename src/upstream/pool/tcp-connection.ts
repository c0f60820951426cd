// Owns one plain connection of a pool: bytes both ways for one user at a time, each direction with its own end.
import type { Timer } from '../../base/timers.ts';
import { CloseType, type StreamTransportOptions } from '../../network/api.ts';
import type { DetectedCloseType } from '../../observability/stream-info.ts';
import type { PoolFailureReason, Priority, TcpConnection, TcpConnectionUser, TcpPoolCallbacks } from '../api.ts';
import type { UpstreamHost } from '../host.ts';
import type { ConnectionOwner, PooledConnection } from './connection-pool.ts';
import type { PoolCluster, PoolEnvironment } from './environment.ts';
import { PoolConnection } from './pool-connection.ts';

/** Milliseconds after both ends for the host to take what is left; then only one that still reads is waited for. */
const lingerMs = 1000;

export class PooledTcpConnection
  extends PoolConnection
  implements TcpConnection, PooledConnection<null, TcpPoolCallbacks>
{
  readonly protocol = null;
  user: TcpConnectionUser | null = null;
  requests = 0;
  surplus = false;
  ready = false;
  readonly expired = false;
  expected = 1;
  readonly #pool: ConnectionOwner<PooledTcpConnection>;
  #active = false;
  #linger: Timer | null = null;

  constructor(
    pool: ConnectionOwner<PooledTcpConnection>,
    environment: PoolEnvironment,
    cluster: PoolCluster,
    host: UpstreamHost,
    priority: Priority,
    options: StreamTransportOptions | null,
  ) {
    super(environment, cluster, host, priority, options, null);
    this.#pool = pool;
  }

  get reused(): boolean {
    return this.requests > 1;
  }

  get activeStreams(): number {
    return this.#active ? 1 : 0;
  }

  get capacity(): number {
    return this.state === 1 && !this.#active ? 1 : 0;
  }

  // --- the pool --------------------------------------------------------------------------------------------------------

  becomeIdle(): void {}

  startStream(_decoder: null, callbacks: TcpPoolCallbacks): void {
    this.#active = true;
    this.requests++;
    if (this.requests === this.cluster.config.http.maxRequestsPerConnection)
      this.cluster.stats.upstreamCxMaxRequests.inc();
    callbacks.onTcpPoolReady(this, this.host);
  }

  // --- the user --------------------------------------------------------------------------------------------------------

  write(data: Buffer, endStream: boolean): void {
    if (data.length !== 0) this.connection.writeBuffer(data);
    if (endStream) this.connection.endWrite();
  }

  readDisable(disable: boolean): void {
    this.connection.readDisable(disable);
  }

  release(): void {
    this.user = null;
    this.#endStream();
    // It closes by itself once the host has all of it.
    if (this.state === 1) this.#linger = this.environment.timers.schedule(lingerMs, this);
  }

  abandon(): void {
    this.user = null;
    if (this.state !== 1) return;
    this.close();
  }

  get detectedCloseType(): DetectedCloseType {
    return this.connection.detectedCloseType ?? 'Normal';
  }

  setFlushPatience(milliseconds: number): void {
    this.connection.setFlushPatience?.(milliseconds);
  }

  #endStream(): void {
    if (!this.#active) return;
    this.#active = false;
    this.#pool.onStreamEnded();
  }

  // --- connection ------------------------------------------------------------------------------------------------------

  onData(data: Buffer, endStream: boolean): void {
    if (data.length !== 0) {
      this.cluster.stats.upstreamCxRxBytesTotal.add(data.length);
      this.countWritten();
    }
    const { user } = this;
    if (user !== null) user.onTcpData(data, endStream);
    // Nobody has asked: whoever speaks first, or leaves, on an idle connection cannot be given out.
    else if (!this.#active && this.#linger === null) this.close();
  }

  onAboveWriteBufferHighWatermark(): void {
    this.user?.onAboveWriteBufferHighWatermark();
  }

  onBelowWriteBufferLowWatermark(): void {
    this.user?.onBelowWriteBufferLowWatermark();
  }

  protected onOpen(): void {
    this.#pool.onConnectionOpen(this, 0);
  }

  protected onConnectFailed(reason: PoolFailureReason, details: string): void {
    this.#pool.onConnectFailed(this, reason, details);
  }

  protected onClosed(): void {
    this.#linger?.cancel();
    this.#pool.onConnectionClosed(this);
    this.#endStream();
    const { user } = this;
    this.user = null;
    user?.onTcpClosed();
  }

  /** What is under way goes on; it is the connection's last anyway. */
  protected onMaxDuration(): void {
    if (!this.#active) this.close();
  }

  protected onOtherTimer(timer: Timer): void {
    if (timer === this.#linger && this.state === 1) this.close(CloseType.Flush);
  }
}
