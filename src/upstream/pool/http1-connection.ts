// Owns one HTTP/1.1 connection of a pool: one stream at a time, how long it may stay idle, when it must not be used
// again. It reads while idle, so that a peer that closes is noticed before a request goes out on a dead connection.
import type { Timer } from '../../base/timers.ts';
import {
  type ClientCodec,
  type ClientCodecCallbacks,
  type CodecClientStream,
  Protocol,
  ResetReason,
  type ResponseDecoder,
} from '../../http/codec/api.ts';
import { CloseType, ConnectionEvent, type StreamTransportOptions } from '../../network/api.ts';
import type { PoolCallbacks, PoolFailureReason, Priority } from '../api.ts';
import type { UpstreamHost } from '../host.ts';
import type { ConnectionOwner, PooledConnection } from './connection-pool.ts';
import type { PoolCluster, PoolEnvironment } from './environment.ts';
import { PoolConnection } from './pool-connection.ts';

/** Taken off the peer's `Keep-Alive: timeout`, so that our close arrives before its own (DESIGN 4). */
const keepAliveMarginMs = 1000;

export class Http1Connection
  extends PoolConnection
  implements ClientCodecCallbacks, PooledConnection<ResponseDecoder, PoolCallbacks>
{
  readonly protocol = Protocol.Http11;
  /** Requests begun on it. */
  requests = 0;
  /** Must not carry another request: it closes when the present one ends. */
  draining = false;
  /** Given up by its pool while connecting: its end says nothing of the host. */
  surplus = false;
  readonly #pool: ConnectionOwner<Http1Connection>;
  #codec: ClientCodec | null = null;
  #streamActive = false;
  #protocolError = false;
  #inputEnded = false;
  #idleLimitMs: number;
  #idleSince = 0;
  #idleTimer: Timer | null = null;

  constructor(
    pool: ConnectionOwner<Http1Connection>,
    environment: PoolEnvironment,
    cluster: PoolCluster,
    host: UpstreamHost,
    priority: Priority,
    options: StreamTransportOptions | null,
  ) {
    super(environment, cluster, host, priority, options);
    this.#pool = pool;
    this.#idleLimitMs = cluster.config.http.idleTimeoutMs;
    cluster.stats.upstreamCxHttp1Total.inc();
  }

  get reused(): boolean {
    return this.requests > 1;
  }

  protected get activeStreams(): number {
    return this.#streamActive ? 1 : 0;
  }

  /** The caller has made sure that the connection is open and idle. */
  startStream(decoder: ResponseDecoder, callbacks: PoolCallbacks): void {
    const codec = this.#codec as ClientCodec;
    this.#streamActive = true;
    this.requests++;
    if (this.requests === this.cluster.config.http.maxRequestsPerConnection) {
      this.draining = true;
      this.cluster.stats.upstreamCxMaxRequests.inc();
    }
    callbacks.onPoolReady(codec.newStream(decoder), this.host, this);
  }

  /** The peer's announced keep-alive is over, though the timer that says so is late. */
  get expired(): boolean {
    return this.#idleLimitMs > 0 && this.environment.clock.monotonic() - this.#idleSince >= this.#idleLimitMs;
  }

  becomeIdle(): void {
    this.#idleSince = this.environment.clock.monotonic();
    if (this.#idleTimer === null && this.#idleLimitMs > 0) this.#armIdleTimer(this.#idleLimitMs);
  }

  // --- codec ---------------------------------------------------------------------------------------------------------

  onStreamComplete(stream: CodecClientStream, reusable: boolean, announced: boolean): void {
    if (!this.#streamActive) return;
    this.countWritten();
    if (!reusable && !(stream.requestComplete && stream.responseComplete)) {
      // Reset, or answered before the request had gone up: the connection ends with the request in progress.
      if (this.state === 1) this.close();
      return;
    }
    this.#endStream();
    if (this.state !== 1) return;
    if (announced) this.cluster.stats.upstreamCxCloseNotify.inc();
    // The peer has ended the connection and the event that says so follows.
    if (this.#inputEnded) return;
    if (reusable && !this.draining) this.#pool.onConnectionReady(this);
    else this.close();
  }

  #endStream(): void {
    this.#streamActive = false;
    this.#pool.onStreamEnded();
  }

  onLastRequestEnd(): void {
    this.close(CloseType.Flush);
  }

  onGoAway(): void {
    this.draining = true;
  }

  onKeepAliveTimeout(seconds: number): void {
    const announced = seconds * 1000;
    const limit = announced - Math.min(keepAliveMarginMs, announced / 2);
    if (limit <= 0) this.draining = true;
    else if (this.#idleLimitMs === 0 || limit < this.#idleLimitMs) {
      this.#idleLimitMs = limit;
      this.#idleTimer?.cancel();
      this.#idleTimer = null;
    }
  }

  onMaxStreamsChanged(): void {}

  // --- connection ----------------------------------------------------------------------------------------------------

  onData(data: Buffer, endStream: boolean): void {
    const codec = this.#codec;
    if (codec === null) return;
    const stats = this.cluster.stats;
    if (data.length !== 0) {
      stats.upstreamCxRxBytesTotal.add(data.length);
      this.countWritten();
      const idle = !this.#streamActive;
      if (codec.dispatch(data) !== null) {
        // A server that times an idle connection out may say so with a 408: no offence, as in Envoy.
        if (!idle || !isTimeoutResponse(data)) stats.upstreamCxProtocolError.inc();
        this.#failProtocol();
        return;
      }
    }
    if (!endStream || this.state !== 1) return;
    const tunnel = codec.halfCloses;
    this.#inputEnded = true;
    if (codec.onEndOfInput() !== null) {
      stats.upstreamCxProtocolError.inc();
      this.#protocolError = true;
    }
    // As in Envoy: the end of one direction of a CONNECT is no end of the connection, which is closed for it. Otherwise
    // the peer's close follows.
    if (tunnel) this.close();
  }

  #failProtocol(): void {
    this.#protocolError = true;
    this.close();
  }

  onAboveWriteBufferHighWatermark(): void {
    this.#codec?.onAboveWriteBufferHighWatermark();
  }

  onBelowWriteBufferLowWatermark(): void {
    this.#codec?.onBelowWriteBufferLowWatermark();
  }

  protected onOpen(): void {
    this.#codec = this.environment.createHttp1Codec(
      this.connection,
      this,
      this.cluster.config.http.http1,
      this.cluster.stats.http1,
    );
    this.#pool.onConnectionReady(this);
  }

  protected onConnectFailed(reason: PoolFailureReason, details: string): void {
    this.#pool.onConnectFailed(this, reason, details);
  }

  protected onClosed(event: ConnectionEvent): void {
    if (event === ConnectionEvent.RemoteClose && !this.#inputEnded && (this.#codec?.onInputReset() ?? null) !== null) {
      this.cluster.stats.upstreamCxProtocolError.inc();
      this.#protocolError = true;
    }
    this.#idleTimer?.cancel();
    this.cluster.stats.upstreamRqPerCx.record(this.requests);
    // First out of the pool and of the counts, then the reset: whoever it reaches may ask the pool again at once.
    this.#pool.onConnectionClosed(this);
    if (this.#streamActive) this.#endStream();
    this.#codec?.onConnectionClosed(
      this.#protocolError ? ResetReason.ProtocolError : ResetReason.ConnectionTermination,
    );
  }

  protected onMaxDuration(): void {
    this.draining = true;
    if (!this.#streamActive) this.close();
  }

  /** The idle timer. It is not touched for each request: when it fires it looks how long the connection has been idle. */
  protected onOtherTimer(timer: Timer): void {
    if (timer !== this.#idleTimer) return;
    this.#idleTimer = null;
    if (this.state !== 1 || this.#streamActive) return;
    const left = this.#idleLimitMs - (this.environment.clock.monotonic() - this.#idleSince);
    // A timer may fire a fraction of a millisecond early.
    if (left > 1) {
      this.#armIdleTimer(left);
      return;
    }
    this.cluster.stats.upstreamCxIdleTimeout.inc();
    this.close();
  }

  #armIdleTimer(delayMs: number): void {
    this.#idleTimer = this.environment.timers.schedule(delayMs, this);
  }
}

const timeoutResponse = /^HTTP\/1\.[01] 408/;

function isTimeoutResponse(data: Buffer): boolean {
  return timeoutResponse.test(data.toString('latin1', 0, 12));
}
