// Owns one attempt of a request at an upstream host: waits for a connection, sends, receives, and tells the router.
// Body that arrives before the connection is kept, bounded by holding the client back.
import type { LazyTimeout } from '../base/lazy-timeout.ts';
import {
  type ClientStream,
  ResetReason,
  type ResponseDecoder,
  type StreamCallbacks,
  unheardDetails,
} from '../http/codec/api.ts';
import type { HeaderMap, RequestHeaders, ResponseHeaders } from '../http/headers/header-map.ts';
import { UpstreamInfo } from '../observability/stream-info.ts';
import type {
  Cancellable,
  Cluster,
  Host,
  HttpPool,
  PoolCallbacks,
  PoolFailureReason,
  UpstreamConnectionInfo,
} from '../upstream/api.ts';
import { poolFailureReset } from './failure.ts';
import { missingRequired } from './required-headers.ts';
import { releasePerTry } from './timeouts.ts';

/** Who makes the attempt: the router filter for the client's request, a shadow for a copy of it. */
export interface AttemptOwner {
  /** Bytes that may wait for a connection before the client is held back; 0: no limit. */
  readonly bufferLimit: number;
  /** Monotonic milliseconds. */
  now(): number;
  holdDownstreamBack(on: boolean): void;
  onUpstreamConnected(attempt: UpstreamRequest): void;
  /** The request lacks the header of that name: nothing of it was sent. */
  onUnsendable(attempt: UpstreamRequest, name: string): void;
  onUpstream1xx(headers: ResponseHeaders): void;
  onUpstreamHeaders(attempt: UpstreamRequest, headers: ResponseHeaders, endStream: boolean): void;
  onHandshakeUnsuccessful(attempt: UpstreamRequest, headers: ResponseHeaders): void;
  onUpstreamData(attempt: UpstreamRequest, data: Buffer, endStream: boolean): void;
  onUpstreamTrailers(attempt: UpstreamRequest, trailers: HeaderMap): void;
  onUpstreamReset(attempt: UpstreamRequest, reason: ResetReason, details: string): void;
}

export class UpstreamRequest implements ResponseDecoder, PoolCallbacks, StreamCallbacks {
  readonly host: Host;
  readonly cluster: Cluster;
  readonly info = new UpstreamInfo();
  /** Of the attempt before; null for the first. */
  readonly previous: UpstreamInfo | null;
  /** Some of the response has arrived. */
  responseStarted = false;
  responseComplete = false;
  /** The whole request went to the codec. */
  requestSent = false;
  /** Part of the request went to the codec. */
  requestStarted = false;
  reused = false;
  /** A gRPC call whose outcome comes with its trailers. */
  awaitsGrpcStatus = false;
  /** The host has said that it did not begin to work on it. */
  unheard = false;
  /** The response's headers; null before them. Where attempts are logged a copy, as they came. */
  response: ResponseHeaders | null = null;
  trailers: HeaderMap | null = null;
  /** Bytes of body. */
  bodyReceived = 0;
  bodySent = 0;
  /** Monotonic milliseconds. */
  readonly startTime: number;
  /** Its line in the upstream log was written. */
  logged = false;
  /** No further callbacks are wanted. */
  detached = false;
  perTryTimeout: LazyTimeout | null = null;
  perTryIdleTimeout: LazyTimeout | null = null;
  streamDuration: LazyTimeout | null = null;
  logFlush: LazyTimeout | null = null;

  readonly #router: AttemptOwner;
  #stream: ClientStream | null = null;
  #waiting: Cancellable | null = null;
  /** When the wait for a connection began; -1 where there was none to wait for. */
  #waitStart = -1;
  #headers: RequestHeaders | null = null;
  #headersEnd = false;
  #kept: Buffer[] | null = null;
  #keptBytes = 0;
  #keptEnd = false;
  #trailers: HeaderMap | null = null;
  /** A websocket handshake, or a CONNECT, without answer: what the client sends already waits, since it may be refused. */
  #inHandshake = false;
  #connection: UpstreamConnectionInfo | null = null;
  #writtenBefore = 0;
  #holdingBack = 0;
  #readDisabled = 0;

  constructor(router: AttemptOwner, cluster: Cluster, host: Host, previous: UpstreamInfo | null = null) {
    this.#router = router;
    this.previous = previous;
    this.cluster = cluster;
    this.host = host;
    this.info.host = host;
    this.startTime = router.now();
  }

  /** May fail, and tell so, before it returns. */
  start(pool: HttpPool, headers: RequestHeaders, endStream: boolean, fresh: boolean): void {
    this.#headers = headers;
    this.#headersEnd = endStream;
    this.#inHandshake = headers.method === 'CONNECT' || isWebSocket(headers);
    this.#waiting = pool.newStream(this, this, fresh);
    if (this.#waiting !== null) this.#waitStart = this.#router.now();
  }

  sendData(data: Buffer, endStream: boolean): void {
    if (this.#stream !== null && !this.#inHandshake) {
      if (endStream) this.#markSent();
      this.bodySent += data.length;
      this.#stream.encodeData(data, endStream);
      return;
    }
    this.#kept ??= [];
    if (data.length !== 0) this.#kept.push(Buffer.from(data));
    this.#keptBytes += data.length;
    this.#keptEnd = endStream;
    if (this.#holdingBack === 0 && this.#keptBytes > this.#router.bufferLimit && this.#router.bufferLimit > 0)
      this.#holdBack(true);
  }

  sendTrailers(trailers: HeaderMap): void {
    // Behind the body, which waits for the answer to a handshake.
    if (this.#stream !== null && !this.#inHandshake) {
      this.#markSent();
      this.#stream.encodeTrailers(trailers);
    } else this.#trailers = trailers;
  }

  #markSent(): void {
    this.requestSent = true;
    this.info.lastByteSent = this.#router.now();
  }

  /** Counted: each true is followed by its false, or undone when the attempt ends. */
  #holdBack(on: boolean): void {
    this.#holdingBack += on ? 1 : -1;
    this.#router.holdDownstreamBack(on);
  }

  // --- pool ----------------------------------------------------------------------------------------------------------

  onPoolReady(stream: ClientStream, host: Host, connection: UpstreamConnectionInfo): void {
    this.#waiting = null;
    if (this.detached) {
      stream.resetStream(ResetReason.LocalReset);
      return;
    }
    const { info } = this;
    this.#stream = stream;
    stream.callbacks = this;
    this.reused = connection.reused;
    this.#connection = connection;
    this.#writtenBefore = connection.bytesWritten;
    info.host = host;
    // The near end of a Unix socket has no name.
    info.localAddress = connection.localAddress.text === '' ? null : connection.localAddress;
    info.remoteAddress = connection.remoteAddress;
    info.connectionId = connection.id;
    info.protocol = connection.protocol ?? -1;
    info.connectStart = connection.connectStart;
    info.connectEnd = connection.connectEnd;
    info.tls = connection.tls;
    info.filterState = connection.filterState;
    const now = this.#router.now();
    info.firstByteSent = now;
    info.poolReadyDuration = this.#waited(now);
    for (let i = 0; i < this.#readDisabled; i++) stream.readDisable(true);
    this.#router.onUpstreamConnected(this);
    // The connection may not do for its owner.
    if (this.detached) return;
    const headers = this.#headers as RequestHeaders;
    const missing = missingRequired(headers);
    if (missing !== '') {
      this.#router.onUnsendable(this, missing);
      return;
    }
    const end = this.#headersEnd && this.#kept === null && this.#trailers === null;
    this.requestStarted = true;
    // Its own end is how a tunnel tells the host of HTTP/1 of the client's.
    if (headers.method === 'CONNECT') stream.closesWithRequest = true;
    if (end) this.#markSent();
    stream.encodeHeaders(headers, end);
    if (!this.#inHandshake) this.#flushKept(stream);
  }

  #waited(now: number): number {
    return this.#waitStart < 0 ? 0 : now - this.#waitStart;
  }

  #flushKept(stream: ClientStream): void {
    const kept = this.#kept;
    this.#kept = null;
    if (kept !== null && !this.detached) {
      const endsWithData = this.#keptEnd && this.#trailers === null;
      const data = kept.length === 1 ? (kept[0] as Buffer) : Buffer.concat(kept);
      if (endsWithData) this.#markSent();
      this.bodySent += data.length;
      stream.encodeData(data, endsWithData);
    }
    if (this.#trailers !== null && !this.detached) {
      this.#markSent();
      stream.encodeTrailers(this.#trailers);
    }
    if (this.#keptBytes > 0) {
      this.#keptBytes = 0;
      if (this.#holdingBack > 0) this.#holdBack(false);
    }
  }

  onPoolFailure(reason: PoolFailureReason, details: string, host: Host | null): void {
    this.#waiting = null;
    if (this.detached) return;
    this.info.host = host;
    this.info.poolReadyDuration = this.#waited(this.#router.now());
    this.#router.onUpstreamReset(this, poolFailureReset(reason), details);
  }

  // --- the response --------------------------------------------------------------------------------------------------

  decode1xxHeaders(headers: ResponseHeaders): void {
    if (!this.detached) this.#router.onUpstream1xx(headers);
  }

  decodeHeaders(headers: ResponseHeaders, endStream: boolean): void {
    if (this.detached) return;
    this.responseStarted = true;
    this.response = headers;
    const now = this.#router.now();
    this.info.firstByteReceived = now;
    this.perTryIdleTimeout?.touch(now);
    if (this.#inHandshake) {
      const connect = this.#headers?.method === 'CONNECT';
      if (connect ? headers.status >= 200 && headers.status < 300 : headers.status === 101) {
        this.#inHandshake = false;
        if (this.#stream !== null) this.#flushKept(this.#stream);
        if (this.detached) return;
      } else if (!connect && headers.status < 400) {
        this.#router.onHandshakeUnsuccessful(this, headers);
        return;
      }
    }
    if (endStream) this.#markResponseComplete(now);
    this.#router.onUpstreamHeaders(this, headers, endStream);
  }

  decodeData(data: Buffer, endStream: boolean): void {
    if (this.detached) return;
    this.bodyReceived += data.length;
    if (endStream) this.#markResponseComplete(this.#router.now());
    else if (this.perTryIdleTimeout !== null) this.perTryIdleTimeout.touch(this.#router.now());
    this.#router.onUpstreamData(this, data, endStream);
  }

  decodeTrailers(trailers: HeaderMap): void {
    if (this.detached) return;
    this.trailers = trailers;
    this.#markResponseComplete(this.#router.now());
    this.#router.onUpstreamTrailers(this, trailers);
  }

  #markResponseComplete(now: number): void {
    this.responseComplete = true;
    this.info.lastByteReceived = now;
  }

  /** Not one byte of the request went to the kernel: it was still gathered for the end of the turn. */
  get unsent(): boolean {
    return this.#connection === null || this.#connection.bytesWritten === this.#writtenBefore;
  }

  /** Adds what the codec counted to what attempts before it did; at the end of the attempt. */
  takeBytes(): void {
    const meter = this.#stream?.bytesMeter;
    if (meter === undefined) return;
    const { info, previous } = this;
    info.wireBytesSent = meter.wireBytesSent + (previous?.wireBytesSent ?? 0);
    info.wireBytesReceived = meter.wireBytesReceived + (previous?.wireBytesReceived ?? 0);
    info.headerBytesSent = meter.headerBytesSent + (previous?.headerBytesSent ?? 0);
    info.headerBytesReceived = meter.headerBytesReceived + (previous?.headerBytesReceived ?? 0);
    info.decompressedHeaderBytesReceived = info.headerBytesReceived + (previous?.decompressedHeaderBytesReceived ?? 0);
  }

  // --- stream callbacks ----------------------------------------------------------------------------------------------

  onResetStream(reason: ResetReason, details: string): void {
    if (!this.detached) this.takeBytes();
    this.#stream = null;
    if (this.detached) return;
    this.unheard = details === unheardDetails;
    this.#router.onUpstreamReset(this, reason, details);
  }

  onAboveWriteBufferHighWatermark(): void {
    if (this.detached) return;
    this.cluster.stats.upstreamFlowControlBackedUp.inc();
    this.#holdBack(true);
  }

  onBelowWriteBufferLowWatermark(): void {
    if (this.detached) return;
    this.cluster.stats.upstreamFlowControlDrained.inc();
    this.#holdBack(false);
  }

  /** The client does not take the response: hold the upstream back (counts). */
  readDisable(disable: boolean): void {
    this.#readDisabled += disable ? 1 : -1;
    this.#stream?.readDisable(disable);
  }

  /** Ends the attempt, whatever its state; nothing is called any more. */
  cancel(): void {
    if (this.detached) return;
    this.detached = true;
    releasePerTry(this);
    while (this.#holdingBack > 0) this.#holdBack(false);
    this.#waiting?.cancel();
    this.#waiting = null;
    const stream = this.#stream;
    if (stream === null) return;
    this.takeBytes();
    stream.callbacks = null;
    // A connection that goes back to its pool must not stay unread.
    while (this.#readDisabled > 0) this.readDisable(false);
    if (!this.responseComplete || !this.requestSent) stream.resetStream(ResetReason.LocalReset);
    this.#stream = null;
  }
}

function isWebSocket(headers: RequestHeaders): boolean {
  return headers.protocol !== '' && headers.method !== 'CONNECT' && headers.protocol.toLowerCase() === 'websocket';
}
