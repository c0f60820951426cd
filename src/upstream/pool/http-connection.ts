// Owns one HTTP connection of a pool: one stream at a time on HTTP/1, as many as the peer allows on HTTP/2; how long it may
// stay idle, when it must not be used again. It reads while idle, so that a peer that closes is noticed before a request goes
// out on a dead connection.
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
import type { UpstreamHttpConfig } from '../cluster-config.ts';
import type { UpstreamHost } from '../host.ts';
import type { ConnectionOwner, PooledConnection } from './connection-pool.ts';
import type { PoolCluster, PoolEnvironment } from './environment.ts';
import type { PoolProtocol } from './http-pool.ts';
import { PoolConnection } from './pool-connection.ts';

/** Taken off the peer's `Keep-Alive: timeout`, so that our close arrives before its own (DESIGN 4). */
const keepAliveMarginMs = 1000;

/** Milliseconds that a host which broke the protocol has to take what it is told about it. */
const lastWordsMs = 1000;
/**
 * Streams at a time until the peer has said how many it allows: fewer should no peer allow (RFC 9113 section 6.5.2), and what
 * it refuses is lost. Envoy sends as many as its own configuration has.
 */
const streamsUntold = 100;
/** Offered by ALPN where nothing else says what to offer. */
const offered: Readonly<Record<PoolProtocol, readonly string[]>> = {
  http1: ['http/1.1'],
  http2: ['h2'],
  alpn: ['h2', 'http/1.1'],
};

export class HttpConnection
  extends PoolConnection
  implements ClientCodecCallbacks, PooledConnection<ResponseDecoder, PoolCallbacks>
{
  protocol: Protocol;
  /** Requests begun on it. */
  requests = 0;
  /** Must not carry another request: it closes when the present ones end. */
  draining = false;
  ready = false;
  expected: number;
  /** Given up by its pool while connecting: its end says nothing of the host. */
  surplus = false;
  readonly #pool: ConnectionOwner<HttpConnection>;
  /** Not known before it is open. */
  readonly #byAlpn: boolean;
  #codec: ClientCodec | null = null;
  #active = 0;
  /** Streams at a time. */
  #limit = 1;
  /** HTTP/2: the peer has said how many it allows. */
  #limitTold = false;
  #startedIdle = true;
  #protocolError = false;
  #inputEnded = false;
  #idleLimitMs: number;
  #idleSince = 0;
  #idleTimer: Timer | null = null;

  constructor(
    pool: ConnectionOwner<HttpConnection>,
    environment: PoolEnvironment,
    cluster: PoolCluster,
    host: UpstreamHost,
    protocol: PoolProtocol,
    priority: Priority,
    options: StreamTransportOptions | null,
  ) {
    super(environment, cluster, host, priority, options, offered[protocol]);
    const { http } = cluster.config;
    this.#pool = pool;
    this.#idleLimitMs = http.idleTimeoutMs;
    this.#byAlpn = protocol === 'alpn';
    this.protocol = protocol === 'http2' ? Protocol.Http2 : Protocol.Http11;
    // As in Envoy: many, where the host may come to choose HTTP/2.
    this.expected = protocol === 'http1' ? 1 : Math.min(http.http2.maxConcurrentStreams, requestsLeft(http, 0));
    if (!this.#byAlpn) this.#countProtocol();
  }

  #countProtocol(): void {
    const { upstreamCxHttp1Total, upstreamCxHttp2Total } = this.cluster.stats;
    (this.protocol === Protocol.Http2 ? upstreamCxHttp2Total : upstreamCxHttp1Total).inc();
  }

  /** It had carried a request, and was idle when the last one went out on it: the peer may have been about to close it. */
  get reused(): boolean {
    return this.requests > 1 && this.#startedIdle;
  }

  get activeStreams(): number {
    return this.#active;
  }

  get capacity(): number {
    if (this.state !== 1 || this.draining || this.#inputEnded) return 0;
    if (this.#limit === 1) return this.#active === 0 ? 1 : 0;
    return Math.max(0, Math.min(this.#limit - this.#active, requestsLeft(this.cluster.config.http, this.requests)));
  }

  /** The caller has made sure that there is capacity. */
  startStream(decoder: ResponseDecoder, callbacks: PoolCallbacks): void {
    const codec = this.#codec as ClientCodec;
    this.#startedIdle = this.#active === 0;
    this.#active++;
    this.requests++;
    if (this.requests === this.cluster.config.http.maxRequestsPerConnection) {
      this.draining = true;
      this.cluster.stats.upstreamCxMaxRequests.inc();
    }
    callbacks.onPoolReady(codec.newStream(decoder), this.host, this);
  }

  /** The peer's announced keep-alive is over, though the timer that says so is late. */
  get expired(): boolean {
    return (
      this.#active === 0 &&
      this.#idleLimitMs > 0 &&
      this.environment.clock.monotonic() - this.#idleSince >= this.#idleLimitMs
    );
  }

  becomeIdle(): void {
    this.#idleSince = this.environment.clock.monotonic();
    if (this.#idleTimer === null && this.#idleLimitMs > 0) this.#armIdleTimer(this.#idleLimitMs);
  }

  // --- codec ---------------------------------------------------------------------------------------------------------

  onStreamComplete(stream: CodecClientStream, reusable: boolean, announced: boolean): void {
    if (this.#active === 0) return;
    this.countWritten();
    if (this.protocol === Protocol.Http2) {
      this.#endStream();
      if (this.state === 1) this.#onFewer();
      return;
    }
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

  onStreamReset(reason: ResetReason): void {
    const { stats } = this.cluster;
    if (reason === ResetReason.LocalReset) stats.upstreamRqTxReset.inc();
    else if (reason === ResetReason.RemoteReset) stats.upstreamRqRxReset.inc();
    else if (reason === ResetReason.ConnectionTermination) stats.upstreamRqPendingFailureEject.inc();
  }

  #endStream(): void {
    this.#active--;
    this.#pool.onStreamEnded();
  }

  /** HTTP/2: streams come and go, and the connection goes with the last of them where it must. */
  #onFewer(): void {
    if (!this.draining) this.#pool.onConnectionReady(this);
    else if (this.#active === 0) this.close();
  }

  onLastRequestEnd(): void {
    this.close(CloseType.Flush);
  }

  onGoAway(): void {
    if (this.draining && this.#active > 0) return;
    this.draining = true;
    this.cluster.stats.upstreamCxCloseNotify.inc();
    if (this.#active === 0) this.close();
  }

  onConnectionUseless(): void {
    this.close(CloseType.NoFlush);
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

  onMaxStreamsChanged(max: number): void {
    this.#limit = Math.min(max, this.cluster.config.http.http2.maxConcurrentStreams);
    if (this.state !== 1) return;
    if (!this.#limitTold) this.#pool.onConnectionOpen(this, 0);
    else if (!this.draining) this.#pool.onConnectionReady(this);
    this.#limitTold = true;
  }

  // --- connection ----------------------------------------------------------------------------------------------------

  onData(data: Buffer, endStream: boolean): void {
    const codec = this.#codec;
    if (codec === null) return;
    const stats = this.cluster.stats;
    if (data.length !== 0) {
      stats.upstreamCxRxBytesTotal.add(data.length);
      this.countWritten();
      const idle = this.#active === 0;
      if (codec.dispatch(data) !== null) {
        // A server that times an idle connection out may say so with a 408: no offence, as in Envoy.
        if (!idle || this.protocol === Protocol.Http2 || !isTimeoutResponse(data)) stats.upstreamCxProtocolError.inc();
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
    this.draining = true;
    if (this.protocol !== Protocol.Http2) {
      this.close();
      return;
    }
    // GOAWAY says why.
    this.connection.setFlushPatience?.(lastWordsMs);
    this.close(CloseType.Flush);
  }

  onAboveWriteBufferHighWatermark(): void {
    this.#codec?.onAboveWriteBufferHighWatermark();
  }

  onBelowWriteBufferLowWatermark(): void {
    this.#codec?.onBelowWriteBufferLowWatermark();
  }

  protected onOpen(): void {
    const { cluster, connection } = this;
    const { http, perConnectionBufferLimitBytes } = cluster.config;
    if (this.#byAlpn) {
      if (connection.nextProtocol === 'h2') this.protocol = Protocol.Http2;
      this.#countProtocol();
    }
    if (this.protocol === Protocol.Http2) {
      this.#limit = Math.min(http.http2.maxConcurrentStreams, streamsUntold);
      this.#codec = this.environment.createHttp2Codec(
        connection,
        this,
        http.http2,
        cluster.stats.http2,
        perConnectionBufferLimitBytes,
        this.environment,
      );
    } else {
      this.#codec = this.environment.createHttp1Codec(connection, this, http.http1, cluster.stats.http1);
    }
    this.#pool.onConnectionOpen(this, this.protocol === Protocol.Http2 ? Math.max(0, this.expected - this.#limit) : 0);
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
    if (this.protocol !== Protocol.Http2 && this.#active > 0) this.#endStream();
    this.#codec?.onConnectionClosed(
      this.#protocolError ? ResetReason.ProtocolError : ResetReason.ConnectionTermination,
    );
  }

  protected onMaxDuration(): void {
    this.draining = true;
    if (this.#active === 0) this.close();
  }

  /** The idle timer. It is not touched for each request: when it fires it looks how long the connection has been idle. */
  protected onOtherTimer(timer: Timer): void {
    if (timer !== this.#idleTimer) return;
    this.#idleTimer = null;
    if (this.state !== 1 || this.#active > 0) return;
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

function requestsLeft({ maxRequestsPerConnection: most }: UpstreamHttpConfig, begun: number): number {
  return most === 0 ? Number.POSITIVE_INFINITY : most - begun;
}

const timeoutResponse = /^HTTP\/1\.[01] 408/;

function isTimeoutResponse(data: Buffer): boolean {
  return timeoutResponse.test(data.toString('latin1', 0, 12));
}
