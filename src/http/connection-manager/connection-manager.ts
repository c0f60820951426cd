// Owns one downstream HTTP connection: feeds its codec, keeps its streams, decides when it ends. The terminal network
// filter `envoy.filters.network.http_connection_manager`.
import type { LazyTimeout } from '../../base/lazy-timeout.ts';
import { logger } from '../../base/logger.ts';
import {
  CloseType,
  type Connection,
  type ConnectionCallbacks,
  ConnectionEvent,
  FilterStatus,
  type ReadFilter,
  type ReadFilterCallbacks,
} from '../../network/api.ts';
import { ResponseFlag } from '../../observability/response-flags.ts';
import type { DownstreamConnectionInfo, StreamInfo } from '../../observability/stream-info.ts';
import {
  type CodecError,
  Protocol,
  ResetReason,
  type ServerCodec,
  type ServerCodecCallbacks,
  type ServerStream,
} from '../codec/api.ts';
import { createServerCodec } from '../codec/h1/api.ts';
import { createHttp2ServerCodec } from '../codec/h2/api.ts';
import type { ResponseHeaders } from '../headers/header-map.ts';
import { ActiveStream } from './active-stream.ts';
import { ClientCertForwarder } from './client-cert.ts';
import { speaksHttp2 } from './codec-choice.ts';
import type { ConnectionManagerConfig } from './config-types.ts';
import { ConnectionAccounting } from './connection-accounting.ts';
import { PrematureResets } from './premature-resets.ts';
import type { ConnectionManagerServices, DrainDecision } from './services.ts';
import type { ConnectionManagerStats } from './stats.ts';

const log = logger('http');

export class ConnectionManager implements ReadFilter, ServerCodecCallbacks, ConnectionCallbacks {
  readonly config: ConnectionManagerConfig;
  readonly services: ConnectionManagerServices;
  readonly stats: ConnectionManagerStats;
  connection!: Connection;
  info!: DownstreamConnectionInfo;
  readonly clientCert: ClientCertForwarder;
  /** We, not the client, ended the connection. */
  localClose = false;

  readonly #drain: DrainDecision;
  #codec: ServerCodec | null = null;
  #accounting!: ConnectionAccounting;
  /** HTTP/2: a client of HTTP/1 cannot reset but by closing. */
  #resets: PrematureResets | null = null;
  /** An array: a Set that goes from none to one and back makes its table anew each time. */
  readonly #streams: ActiveStream[] = [];
  /** No further request after those in progress. */
  #closing = false;
  #closed = false;
  #draining = false;
  /** The next request, however late it comes, is answered with `connection: close` (http1_safe_max_connection_duration). */
  #nextIsLast = false;
  #requests = 0;
  #idle: LazyTimeout | null = null;
  #maxDuration: LazyTimeout | null = null;
  #drainTimeout: LazyTimeout | null = null;
  #headTimeout: LazyTimeout | null = null;
  #now = 0;

  constructor(config: ConnectionManagerConfig, services: ConnectionManagerServices, drain: DrainDecision) {
    this.config = config;
    this.stats = config.stats;
    this.clientCert = new ClientCertForwarder(config.clientCert);
    this.services = services;
    this.#drain = drain;
  }

  // --- network filter --------------------------------------------------------------------------------------------------

  initialize(callbacks: ReadFilterCallbacks): void {
    this.connection = callbacks.connection;
    this.info = callbacks.info;
    this.info.schemeMatchesUpstream = this.config.schemeMatchesUpstream;
    this.connection.addCallbacks(this);
    this.connection.setDelayedCloseTimeout(this.config.delayedCloseTimeoutMs);
  }

  onNewConnection(): FilterStatus {
    const { stats, config, services } = this;
    this.#now = services.clock.monotonic();
    this.#accounting = new ConnectionAccounting(stats, this.connection, this.info.secure === true, this.#now);
    this.#idle = services.timeouts.start(config.idleTimeoutMs, this, this.#now);
    const maxDurationMs = this.#jittered(config.maxConnectionDurationMs, config.maxConnectionDurationJitter);
    this.#maxDuration = services.timeouts.start(maxDurationMs, this, this.#now);
    return FilterStatus.StopIteration;
  }

  /** Connections that came together do not all leave together. */
  #jittered(milliseconds: number, jitter: number): number {
    return jitter > 0 ? milliseconds * (1 + jitter * this.services.random.fraction()) : milliseconds;
  }

  onData(data: Buffer, endStream: boolean): FilterStatus {
    this.#now = this.services.clock.monotonic();
    const codec = this.#codec ?? this.#openCodec(data);
    let error: CodecError | null = null;
    if (data.length > 0) error = codec.dispatch(data);
    if (error !== null) this.onCodecError(error);
    // A message cut short is no offence by itself: the connection's end, which follows, ends its stream.
    else if (endStream && !this.#closed) codec.onEndOfInput();
    if (codec.headStarted) this.#watchHead();
    return FilterStatus.StopIteration;
  }

  /**
   * A head that does not end holds memory and a connection: request_headers_timeout, else stream_idle_timeout, ends it.
   * Counted from its first byte; a slow sender cannot push it off.
   */
  #watchHead(): void {
    if (this.#headTimeout !== null) return;
    const { requestHeadersTimeoutMs, streamIdleTimeoutMs } = this.config;
    const delay = requestHeadersTimeoutMs > 0 ? requestHeadersTimeoutMs : streamIdleTimeoutMs;
    this.#headTimeout = this.services.timeouts.start(delay, this, this.#now);
  }

  #openPartial(): ActiveStream | undefined {
    this.#codec?.openPartial();
    return this.#streams[0];
  }

  /** By `codec_type`; with AUTO by ALPN, or by the first bytes. */
  #openCodec(data: Buffer): ServerCodec {
    const { config, connection, stats } = this;
    const http2 = speaksHttp2(config.codecType, connection, data);
    this.#accounting.onProtocol(http2);
    if (http2) {
      this.#resets = new PrematureResets(config.prematureResets);
      this.#codec = createHttp2ServerCodec(
        connection,
        this,
        config.http2,
        stats.http2(),
        config.bufferLimit,
        this.services,
      );
    } else {
      const settings = connection.tls === null ? config.http1 : config.http1OverTls;
      this.#codec = createServerCodec(connection, this, settings, stats.http1);
    }
    return this.#codec;
  }

  get #isHttp2(): boolean {
    return this.#codec?.protocol === Protocol.Http2;
  }

  onCodecError(error: CodecError): void {
    if (error.flood !== true) this.stats.downstreamCxProtocolError.inc();
    if (log.debugEnabled) log.debug(`[C${this.connection.id}] dispatch error: ${error.message}`);
    this.#closing = true;
    if (this.#isHttp2) {
      for (const { info } of this.#streams) {
        info.setFlag(ResponseFlag.DownstreamProtocolError);
        info.responseCodeDetails = error.details;
      }
    }
    // HTTP/1 has an answer to give first.
    if (this.#streams.length === 0 || this.#isHttp2) this.#closeConnection(CloseType.FlushAndDelay);
  }

  onConnectionUseless(details: string): void {
    for (const { info } of this.#streams) {
      info.setFlag(ResponseFlag.DownstreamConnectionTermination);
      info.responseCodeDetails = details;
    }
    this.#closeConnection(CloseType.NoFlush);
  }

  onCodecException(): void {
    this.#closeConnection(CloseType.NoFlush);
  }

  // --- streams -----------------------------------------------------------------------------------------------------------

  newStream(codecStream: ServerStream): ActiveStream {
    const { stats } = this;
    this.#requests++;
    if (this.#isHttp2) this.#limitRequests();
    stats.downstreamRqTotal.inc();
    stats.downstreamRqActive.inc();
    (this.#isHttp2 ? stats.downstreamRqHttp2Total : stats.downstreamRqHttp1Total).inc();
    const stream = new ActiveStream(this, codecStream, this.#now);
    stream.isLast = this.#nextIsLast;
    this.#streams.push(stream);
    if (this.#headTimeout !== null) {
      this.#headTimeout.release();
      this.#headTimeout = null;
    }
    if (this.#idle !== null) {
      this.#idle.release();
      this.#idle = null;
    }
    return stream;
  }

  /** HTTP/2: further requests come elsewhere, but this one and those on their way are served. */
  #limitRequests(): void {
    const { maxRequestsPerConnection: most } = this.config;
    if (most === 0 || this.#requests < most) return;
    this.stats.downstreamCxMaxRequestsReached.inc();
    this.startDrain();
  }

  /** Ends the stream and gives what it had of the codec to a new one, which is a request of its own to statistics. */
  replaceStream(old: ActiveStream): ActiveStream {
    this.#now = this.services.clock.monotonic();
    // The new one first: a connection without streams would be idle, or over.
    const stream = this.newStream(old.codecStream);
    this.endStream(old);
    // The old one has let go of it.
    old.codecStream.callbacks = stream;
    return stream;
  }

  /** The response in progress is the last. HTTP/2 does without: it has an end for one stream. */
  closeAfterResponse(): void {
    if (!this.#isHttp2) this.#closing = true;
  }

  /** Responses say `connection: close` from now on; who does not close within drain_timeout is closed. */
  startDrain(): void {
    if (this.#draining || this.#closing) return;
    const { config, services } = this;
    this.#draining = true;
    this.#codec?.shutdownNotice();
    const drainMs = this.#jittered(config.drainTimeoutMs, config.drainTimeoutJitter);
    this.#drainTimeout = services.timeouts.start(drainMs, this, services.clock.monotonic());
    if (this.#drainTimeout === null) this.#endDrain();
  }

  #endDrain(): void {
    this.#drainTimeout = null;
    this.#closing = true;
    this.#codec?.goAway();
    if (this.#streams.length === 0) this.#closeConnection(CloseType.FlushAndDelay);
  }

  /** Whether this response must announce the end of the connection. Called once for each response. */
  closesAfter(stream: ActiveStream, headers: ResponseHeaders): boolean {
    const { config, stats } = this;
    const { maxRequestsPerConnection: most } = config;
    if (!this.#closing && !this.#isHttp2 && most > 0 && this.#requests >= most) {
      stats.downstreamCxMaxRequestsReached.inc();
      this.#closing = true;
    }
    if (!this.#closing && !this.#draining && this.#drain.drainClose()) {
      stats.downstreamCxDrainClose.inc();
      this.startDrain();
    }
    const tunnel = stream.opensTunnel(headers.status);
    if (stream.isLast) this.#closing = true;
    if (!stream.requestComplete) {
      stats.downstreamRqResponseBeforeRqComplete.inc();
      // An answer before the request was read: the rest of it cannot be told from the next request.
      if (!tunnel && !this.#isHttp2) this.#closing = true;
    }
    if (!this.#closing && !this.#draining) return false;
    return !tunnel && stream.codecStream.protocol < Protocol.Http2;
  }

  /** The response's head goes to the codec, or to nobody where the request goes on as another one. */
  countResponse(info: StreamInfo): void {
    if (info.healthCheck) return;
    const { stats } = this;
    stats.downstreamRqCompleted.inc();
    stats.listener.completed.inc();
    const responseClass = (info.responseCode / 100) | 0;
    stats.byClass[responseClass]?.inc();
    stats.listener.byClass[responseClass]?.inc();
  }

  /** The response's last byte went to the codec. */
  onResponseSent(stream: ActiveStream): void {
    if (stream.destroyed || stream.requestComplete) return;
    // The request's end will not be waited for (RFC 9112 section 9.5): this connection carries nothing more. HTTP/2 has an
    // end for the stream alone (RFC 9113 section 8.1).
    if (!this.#isHttp2) this.#closing = true;
    stream.requestAborted = true;
    if (stream.codecStream.endWithOutput?.() === true) return;
    this.stats.downstreamRqRxReset.inc();
    stream.codecStream.callbacks = null;
    stream.codecStream.resetStream(stream.tunnelBroken ? ResetReason.ConnectError : ResetReason.LocalReset);
    this.endStream(stream);
  }

  /** A filter buffers the request, and its body has outgrown the limit. */
  onRequestTooLarge(stream: ActiveStream): void {
    const { stats } = this;
    stats.downstreamRqTooLarge.inc();
    if (!stream.requestComplete || stream.codecStream.protocol >= Protocol.Http2) return;
    // Envoy's HTTP/1 codec tells a body's end behind its last bytes: to Envoy this request is not complete yet.
    stream.requestComplete = false;
  }

  onStreamComplete(codecStream: ServerStream): void {
    const stream = codecStream.callbacks;
    if (!(stream instanceof ActiveStream) || stream.destroyed) return;
    // Malformed: to Envoy its end did not come, and it is reset.
    if (!stream.requestComplete) this.stats.downstreamRqRxReset.inc();
    this.endStream(stream);
  }

  endStream(stream: ActiveStream): void {
    const index = this.#streams.indexOf(stream);
    if (index < 0) return;
    const last = this.#streams.pop() as ActiveStream;
    if (last !== stream) this.#streams[index] = last;
    const { stats } = this;
    const now = this.services.clock.monotonic();
    this.#now = now;
    stream.destroy(now);
    stats.downstreamRqActive.dec();
    const { info } = stream;
    this.#resets?.count(info, now);
    const malformed = info.hasFlag(ResponseFlag.DownstreamProtocolError);
    if (malformed) this.info.flags = (this.info.flags ?? 0) | ResponseFlag.DownstreamProtocolError;
    else this.info.protocol = info.protocol;
    const status = info.responseCode;
    // Health checks are not counted, so that they do not hide what clients see.
    if (status !== 0 && !info.healthCheck) stats.downstreamRqTime.record(Math.round(now - info.startTime));
    if (info.healthCheck) stats.healthChecks?.inc();
    stream.recordResolutions();
    this.#accounting.reportBytes();
    if (this.#closed) return;
    if (this.#resets?.tooMany === true && !this.#draining) {
      stats.downstreamRqTooManyPrematureResets.inc();
      stats.downstreamCxProtocolError.inc();
      this.#closeConnection(CloseType.Abort);
      return;
    }
    if (this.#streams.length !== 0) return;
    if (this.#closing || this.#codec?.wantsClose === true) this.#closeConnection(CloseType.FlushAndDelay);
    else this.#idle = this.services.timeouts.start(this.config.idleTimeoutMs, this, now);
  }

  onGoAway(): void {}

  // --- the end of the connection -------------------------------------------------------------------------------------------

  #closeConnection(type: CloseType): void {
    if (this.#closed) return;
    this.localClose = true;
    this.connection.close(type);
  }

  onTimeout(timeout: LazyTimeout): void {
    if (this.#closed) return;
    if (timeout === this.#headTimeout) {
      this.#headTimeout = null;
      this.#closing = true;
      this.#openPartial()?.headTimedOut(timeout.delayMs);
    } else if (timeout === this.#idle) {
      this.#idle = null;
      this.stats.downstreamCxIdleTimeout.inc();
      // A client of HTTP/2 may be asking just now.
      if (this.#isHttp2) this.startDrain();
      else this.#closeConnection(CloseType.Flush);
    } else if (timeout === this.#maxDuration) {
      this.#maxDuration = null;
      this.stats.downstreamCxMaxDurationReached.inc();
      if (this.#codec === null) this.#closeConnection(CloseType.Flush);
      else if (this.config.safeMaxConnectionDuration && this.#codec.protocol < Protocol.Http2) this.#nextIsLast = true;
      // HTTP/1 has no way to say goodbye but on a response: the next one carries `connection: close`.
      else this.startDrain();
    } else if (timeout === this.#drainTimeout) this.#endDrain();
  }

  onConnectionEvent(event: ConnectionEvent): void {
    if (this.#closed || event === ConnectionEvent.Connected) return;
    this.#closed = true;
    // A request that had begun is logged like any other.
    if (this.#codec?.headStarted === true) this.#openPartial();
    const active = this.#streams.length > 0;
    if (event === ConnectionEvent.LocalClose) this.localClose = true;
    this.#accounting.onClose(this.localClose, active);
    this.#codec?.onConnectionClosed(ResetReason.ConnectionTermination);
    for (const stream of this.#streams.slice()) stream.onResetStream(ResetReason.ConnectionTermination, '');
    this.#headTimeout?.release();
    this.#idle?.release();
    this.#maxDuration?.release();
    this.#drainTimeout?.release();
    this.#accounting.onEnd(this.services.clock.monotonic());
  }

  onAboveWriteBufferHighWatermark(): void {
    this.#codec?.onAboveWriteBufferHighWatermark();
  }

  onBelowWriteBufferLowWatermark(): void {
    this.#codec?.onBelowWriteBufferLowWatermark();
  }
}
