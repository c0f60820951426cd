// Owns one request from its first header to its access-log line: checks and prepares the headers, walks the filters,
// answers locally where needed, tells the codec what to send, and accounts for it all.
import { contain } from '../../base/assert.ts';
import { CloseType, type Connection } from '../../network/api.ts';
import { ResponseFlag } from '../../observability/response-flags.ts';
import { StreamInfo } from '../../observability/stream-info.ts';
import {
  type CodecError,
  Protocol,
  type RequestDecoder,
  ResetReason,
  type ServerStream,
  type StreamCallbacks,
} from '../codec/api.ts';
import type { DownstreamWatermarkCallbacks, LocalReply } from '../filter/api.ts';
import { type HeaderMap, type RequestHeaders, ResponseHeaders } from '../headers/header-map.ts';
import { Names } from '../headers/name.ts';
import { reasonPhrase } from '../headers/status.ts';
import type { ChainedFilter, FilterChain } from './config-types.ts';
import type { ConnectionManager } from './connection-manager.ts';
import { noteReset } from './downstream-reset.ts';
import { FilterSlot } from './filter-slot.ts';
import { encodeInformational } from './informational.ts';
import { type PreparedReply, prepareLocalReply, requestTooLarge, responseTooLarge } from './local-reply.ts';
import { logCause } from './reply-log.ts';
import { checkRequestAndTarget, rejectedByDetection, upgradeRefused } from './request-check.ts';
import { prepareRequestHeaders } from './request-headers.ts';
import { prepareResponseHeaders } from './response-headers.ts';
import type { ConnectionManagerServices } from './services.ts';
import { RequestIteration, ResponseIteration } from './stream-iterations.ts';
import { logNewRequest, logPeriodically, logStream, logTunnel } from './stream-log.ts';
import { StreamUpgrade } from './stream-upgrade.ts';

const noFilters: readonly FilterSlot[] = [];

export class ActiveStream extends StreamUpgrade implements RequestDecoder, StreamCallbacks {
  readonly services: ConnectionManagerServices;
  readonly codecStream: ServerStream;
  readonly info: StreamInfo;

  slots: readonly FilterSlot[] = noFilters;
  decoding: RequestIteration | null = null;
  encoding: ResponseIteration | null = null;

  /** Response headers went to the codec. */
  responseStarted = false;
  responseComplete = false;
  /** Nothing more happens: filters are gone, the log is written. */
  destroyed = false;
  /** The request's side of the chain must not go on: answered locally, or destroyed. */
  requestAborted = false;
  internal = false;
  /** The connection takes no request after it. */
  isLast = false;
  /** It goes on with the request of another one (recreate-stream.ts): its headers are prepared. */
  recreated = false;
  /** A local reply has taken the response's place: what upstream still sends is nobody's. */
  answeredLocally = false;
  #watermarkCallbacks: DownstreamWatermarkCallbacks[] | null = null;
  #responsePauses = 0;

  constructor(manager: ConnectionManager, codecStream: ServerStream, now: number) {
    super(manager, now);
    const { services } = manager;
    this.services = services;
    this.codecStream = codecStream;
    codecStream.callbacks = this;
    this.info = new StreamInfo(now, services.clock.wall(), manager.info);
    this.info.protocol = codecStream.protocol;
  }

  get connection(): Connection {
    return this.manager.connection;
  }

  // --- the request comes in --------------------------------------------------------------------------------------------

  decodeHeaders(headers: RequestHeaders, endStream: boolean): void {
    try {
      this.#decodeHeaders(headers, endStream);
    } catch (error) {
      this.onException(error);
    }
  }

  #decodeHeaders(headers: RequestHeaders, endStream: boolean): void {
    const { config, stats } = this.manager;
    this.headers = headers;
    this.info.protocol = this.codecStream.protocol;
    if (endStream) this.#markRequestComplete();
    if (!config.proxy100Continue && headers.get(Names.expect)?.toLowerCase() === '100-continue') {
      headers.remove(Names.expect);
      this.codecStream.encode1xxHeaders(new ResponseHeaders(100));
    }
    const local = this.manager.info.localAddress;
    const port = local.kind === 'ip' ? local.port : 0;
    const refused = checkRequestAndTarget(headers, config, this.codecStream.protocol, port, stats);
    if (refused !== null) {
      if (refused.close && refused.status !== 400) this.manager.closeAfterResponse();
      this.#openChain(config.filters);
      this.sendLocalReply(refused);
      return;
    }
    if (!this.recreated && !this.#prepareHeaders(headers)) return;
    const upgrade = headers.protocol === '' && headers.method === 'CONNECT' ? 'CONNECT' : headers.protocol;
    const chain = upgrade === '' ? config.filters : this.upgradeChain(upgrade);
    if (config.accessLogging.newRequests) logNewRequest(this);
    if (chain === null) {
      stats.downstreamRqWsOnNonWsRoute.inc();
      if (this.codecStream.protocol === Protocol.Http2) this.manager.startDrain();
      this.#openChain(config.filters);
      this.sendLocalReply(upgradeRefused(upgrade));
      return;
    }
    this.#openChain(chain);
    this.decoding?.startHeaders(headers, endStream);
  }

  /** False when the request was answered instead. */
  #prepareHeaders(headers: RequestHeaders): boolean {
    const { config, stats, info } = this.manager;
    for (let i = 0; i < config.earlyMutations.length; i++) config.earlyMutations[i]?.mutate(headers, this.info);
    const origin = prepareRequestHeaders(headers, config, info, this.services.random);
    if (origin.rejectStatus !== 0) {
      stats.downstreamRqRejectedViaIpDetection.inc();
      this.#openChain(config.filters);
      this.sendLocalReply(rejectedByDetection(origin.rejectStatus));
      return false;
    }
    this.info.downstreamRemoteAddress = origin.remoteAddress;
    this.manager.clientCert.apply(headers, origin.hasClientCert, this.info);
    this.internal = origin.internal;
    this.protoUnknown = origin.forwardedProto === '';
    this.info.requestId = headers.get(Names.xRequestId) ?? '';
    return true;
  }

  #openChain(chain: FilterChain): void {
    const slots: FilterSlot[] = [];
    // Only a route that configures filters, or a filter that is off by default, makes the chain depend on the route.
    const route = chain.length > 1 && this.headers !== null ? this.route() : null;
    for (let i = 0; i < chain.length; i++) {
      const filter = chain[i] as ChainedFilter;
      const { terminal, disabledByDefault: off } = filter.factory;
      const disabled = terminal ? false : (route?.filterDisabled(filter.key) ?? off);
      if (!disabled) slots.push(new FilterSlot(this, filter, slots.length));
    }
    this.slots = slots;
    const limit = this.manager.config.bufferLimit;
    this.decoding = new RequestIteration(this, limit);
    this.encoding = new ResponseIteration(this, slots, limit);
  }

  decodeData(data: Buffer, endStream: boolean): void {
    this.info.bytesReceived += data.length;
    this.touch();
    if (endStream) this.#markRequestComplete();
    if (this.requestAborted) return;
    try {
      this.decoding?.startData(data, endStream);
    } catch (error) {
      this.onException(error);
    }
  }

  decodeTrailers(trailers: HeaderMap): void {
    this.touch();
    this.#markRequestComplete();
    if (this.requestAborted) return;
    try {
      this.decoding?.startTrailers(trailers);
    } catch (error) {
      this.onException(error);
    }
  }

  #markRequestComplete(): void {
    this.requestComplete = true;
    if (!this.recreated) this.info.lastDownstreamReceived = this.now;
    this.stopRequestTimeout();
  }

  onMalformed(error: CodecError, headers: RequestHeaders | null): void {
    this.headers ??= headers;
    if (this.decoding === null) this.#openChain(this.manager.config.filters);
    const { status, details, message } = error;
    const reply = { status, body: reasonPhrase(status), details, cause: message };
    this.sendLocalReply(reply, ResponseFlag.DownstreamProtocolError);
  }

  requestTooLarge(): void {
    this.manager.onRequestTooLarge(this);
    this.sendLocalReply(requestTooLarge(this.decoding?.bufferLimit ?? 0));
  }

  /** Counted by the codec: filters and the router hold the client's body back. */
  pauseRequest(pause: boolean): void {
    const { stats } = this.manager;
    if (pause) stats.downstreamFlowControlPausedReadingTotal.inc();
    else stats.downstreamFlowControlResumedReadingTotal.inc();
    if (!this.destroyed) this.codecStream.readDisable(pause);
  }

  // --- the response goes out -------------------------------------------------------------------------------------------------

  /** Somebody on this stream's path threw: a bug, which ends this stream and nothing else. */
  onException(error: unknown): void {
    contain('an HTTP stream', error);
    if (this.destroyed) return;
    // Past the filters: one of them may be the one that throws.
    this.answeredLocally = true;
    try {
      this.sendLocalReply({ status: 500, body: '', details: 'internal_error', cause: 'a bug: the log has its stack' });
    } catch (again) {
      contain('the answer to an exception', again);
      this.manager.endStream(this);
      this.connection.close(CloseType.NoFlush);
    }
  }

  /** `flag`: for the log; local_reply_config does not see it, as in Envoy. */
  sendLocalReply(reply: LocalReply, flag = 0): void {
    if (this.destroyed) return;
    this.info.responseCodeDetails = reply.details.replaceAll(' ', '_');
    if (reply.cause !== undefined) this.info.explanation = reply.cause;
    this.requestAborted = true;
    let prepared: PreparedReply | null = null;
    if (!this.responseStarted) prepared = prepareLocalReply(reply, this, this.manager.config);
    if (flag !== 0) this.info.setFlag(flag);
    if (prepared === null) {
      this.resetFromFilter(ResetReason.LocalReset);
      return;
    }
    this.#logCause(reply.status);
    // As Envoy: who sends what is refused as malformed is not listened to any longer, unless configuration says so.
    if (reply.status === 400 && !this.manager.config.streamErrorOnInvalidMessage) this.manager.closeAfterResponse();
    // The chain may hold an upstream response back at this moment: the local one takes its place. A second one (a
    // timeout while a filter holds the first back, a filter that answers the answer) goes past the filters: it ends.
    const slots = this.answeredLocally ? noFilters : this.slots;
    this.answeredLocally = true;
    const encoding = new ResponseIteration(this, slots, this.manager.config.bufferLimit);
    this.encoding = encoding;
    const { headers, body, code } = prepared;
    encoding.startHeaders(headers, body === null, code);
    if (body !== null && this.encoding === encoding && !this.destroyed) encoding.startData(body, true);
  }

  #logCause(status: number): void {
    logCause(status, this.info, this.headers?.method ?? '', this.headers?.path ?? '', this.now);
  }

  responseTooLarge(): void {
    this.manager.stats.rsTooLarge.inc();
    this.sendLocalReply(responseTooLarge);
  }

  encode1xx(headers: ResponseHeaders): void {
    encodeInformational(this, headers);
  }

  sendHeaders(headers: ResponseHeaders, endStream: boolean): void {
    const { manager, info } = this;
    this.responseStarted = true;
    info.responseCode = headers.status;
    manager.countResponse(info);
    prepareResponseHeaders(headers, this.headers, info, manager.config, this.services.dates.text());
    if (manager.closesAfter(this, headers)) headers.set(Names.connection, 'close');
    this.touch();
    info.firstDownstreamSent = this.now;
    if (endStream) this.#markResponseComplete();
    if (this.upgraded) logTunnel(this, headers.status);
    this.codecStream.encodeHeaders(headers, endStream);
    if (endStream) this.#responseSent();
  }

  sendData(data: Buffer, endStream: boolean): void {
    this.info.bytesSent += data.length;
    this.touch();
    if (endStream) this.#markResponseComplete();
    this.codecStream.encodeData(data, endStream);
    if (endStream) this.#responseSent();
  }

  sendTrailers(trailers: HeaderMap): void {
    this.touch();
    this.#markResponseComplete();
    this.codecStream.encodeTrailers(trailers);
    this.#responseSent();
  }

  #responseSent(): void {
    this.manager.onResponseSent(this);
    if (!this.destroyed && this.codecStream.endWithOutput !== undefined) this.startFlushTimeout();
  }

  #markResponseComplete(): void {
    this.responseComplete = true;
    this.info.lastDownstreamSent = this.now;
  }

  addWatermarkCallbacks(callbacks: DownstreamWatermarkCallbacks): void {
    if (this.#watermarkCallbacks === null) this.#watermarkCallbacks = [callbacks];
    else this.#watermarkCallbacks.push(callbacks);
    for (let i = 0; i < this.#responsePauses; i++) callbacks.onAboveWriteBufferHighWatermark();
  }

  /** The client, or a filter, takes no more of the response for now. */
  pauseResponse(pause: boolean): void {
    this.#responsePauses += pause ? 1 : -1;
    if (this.#watermarkCallbacks === null || this.destroyed) return;
    for (const callbacks of this.#watermarkCallbacks) {
      if (pause) callbacks.onAboveWriteBufferHighWatermark();
      else callbacks.onBelowWriteBufferLowWatermark();
    }
  }

  onAboveWriteBufferHighWatermark(): void {
    this.pauseResponse(true);
  }

  onBelowWriteBufferLowWatermark(): void {
    this.touch();
    this.pauseResponse(false);
  }

  // --- the end ---------------------------------------------------------------------------------------------------------------

  /** A filter gives the stream up after the response began: the client must not take it for complete. */
  resetFromFilter(reason: ResetReason): void {
    if (this.destroyed) return;
    this.#logCause(this.info.responseCode);
    this.manager.stats.downstreamRqTxReset.inc();
    // Envoy's codec tells the reset back, which counts as received.
    this.manager.stats.downstreamRqRxReset.inc();
    this.requestAborted = true;
    // This is told here already.
    this.codecStream.callbacks = null;
    this.codecStream.resetStream(this.tunnelBroken ? ResetReason.ConnectError : reason);
    this.manager.endStream(this);
  }

  /** The codec: the peer reset the stream, or the connection ended. */
  onResetStream(reason: ResetReason, details: string): void {
    if (this.destroyed) return;
    if (reason !== ResetReason.LocalReset) {
      this.manager.stats.downstreamRqRxReset.inc();
      const waits = reason === ResetReason.ConnectionTermination && this.codecStream.endWithOutput !== undefined;
      if (!this.responseComplete || waits || details !== '')
        noteReset(this.info, reason, details, this.manager.localClose);
    }
    this.manager.endStream(this);
  }

  protected override flushTimedOut(): void {
    this.codecStream.resetStream(ResetReason.LocalReset);
  }

  protected override logPeriodically(): void {
    logPeriodically(this);
  }

  protected override timedOut(status: number, body: string, details: string, cause: string, grpcStatus?: number): void {
    if (this.destroyed) return;
    if (this.responseStarted) {
      this.info.responseCodeDetails = details;
      this.info.explanation = cause;
      this.resetFromFilter(ResetReason.LocalReset);
      return;
    }
    if (this.encoding === null) this.#openChain(this.manager.config.filters);
    this.sendLocalReply({ status, body, details, cause, ...(grpcStatus !== undefined && { grpcStatus }) });
  }

  /** Last: filters let go, timers stop, the log line is written. Called by the manager, once. */
  destroy(now: number): void {
    this.destroyed = true;
    this.requestAborted = true;
    this.codecStream.callbacks = null;
    this.releaseTimeouts();
    if (this.upgraded) this.manager.stats.downstreamCxUpgradesActive.dec();
    for (const slot of this.slots) slot.destroy();
    logStream(this, now);
  }
}
