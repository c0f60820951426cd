// Owns the terminal HTTP filter: from the matched route to a cluster, a host, an attempt, its response, or the reply
// that says why there is none. One object for each request.
import type { LazyTimeout } from '../base/lazy-timeout.ts';
import { logger } from '../base/logger.ts';
import type { Timer } from '../base/timers.ts';
import { Protocol, ResetReason } from '../http/codec/api.ts';
import {
  type DecoderFilter,
  type DecoderFilterCallbacks,
  type DownstreamWatermarkCallbacks,
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
} from '../http/filter/api.ts';
import type { HeaderMap, RequestHeaders, ResponseHeaders } from '../http/headers/header-map.ts';
import { Names } from '../http/headers/name.ts';
import { ResponseFlag } from '../observability/response-flags.ts';
import { type Cluster, type Host, type LoadBalancerContext, Priority } from '../upstream/api.ts';
import { countForHost, countResponse, countTime } from './accounting.ts';
import type { ForwardRoute, Route } from './api.ts';
import type { RouterConfig } from './config-types.ts';
import {
  explainAbandoned,
  explainNoHost,
  explainReplay,
  explainReset,
  explainTimeout,
  isTransportFailure,
  lateResetDetails,
  resetBody,
  resetDetails,
  resetFlag,
  resetStatus,
} from './failure.ts';
import { RequestBody } from './request-body.ts';
import { isIdempotent, mayReplay, type RetryState, retryStateFor } from './retry-state.ts';
import { answerDirectly, selectCluster } from './route-choice.ts';
import { updateAuthority } from './route-table/host-rewrite.ts';
import { type RequestTimeouts, requestTimeouts } from './timeouts.ts';
import { replyForUpstream } from './upstream-reply.ts';
import { UpstreamRequest } from './upstream-request.ts';

const log = logger('router');
/** Bytes: nobody asked for it, so a replay of a large upload is not worth its memory. */
const replayLimit = 1024 * 1024;

export class RouterFilter implements DecoderFilter, DownstreamWatermarkCallbacks, LoadBalancerContext {
  priority: Priority = Priority.Default;
  readonly metadataMatch = null;
  readonly hostSelectionAttempts = 1;

  readonly #config: RouterConfig;
  #callbacks!: DecoderFilterCallbacks;
  #route: ForwardRoute | null = null;
  #headers: RequestHeaders | null = null;
  #cluster: Cluster | null = null;
  #attempt: UpstreamRequest | null = null;
  #attempts = 0;
  #timeouts: RequestTimeouts | null = null;
  #backOff: Timer | null = null;
  #retry: RetryState | null = null;
  /** The one replay of DESIGN 4 was used. */
  #replayed = false;
  #requestEnded = false;
  #requestEndTime = -1;
  /** Null where the request has none. */
  #body: RequestBody | null = null;
  #responseStarted = false;
  #downstreamPauses = 0;
  #done = false;

  constructor(config: RouterConfig) {
    this.#config = config;
  }

  setDecoderCallbacks(callbacks: DecoderFilterCallbacks): void {
    this.#callbacks = callbacks;
  }

  // --- the request -----------------------------------------------------------------------------------------------------

  decodeHeaders(headers: RequestHeaders, endStream: boolean): FilterHeadersStatus {
    const callbacks = this.#callbacks;
    const { stats } = this.#config;
    this.#headers = headers;
    stats.rqTotal.inc();
    const route = callbacks.route() as Route | null;
    if (route === null) {
      stats.noRoute.inc();
      callbacks.streamInfo.setFlag(ResponseFlag.NoRouteFound);
      callbacks.sendLocalReply({
        status: 404,
        body: '',
        details: 'route_not_found',
        cause: callbacks.explainNoRoute(),
      });
      return FilterHeadersStatus.StopIteration;
    }
    if (route.kind !== 'forward') {
      answerDirectly(route, headers, callbacks, stats);
      return FilterHeadersStatus.StopIteration;
    }
    this.#route = route;
    const cluster = selectCluster(route, headers, callbacks, stats);
    if (cluster === null) return FilterHeadersStatus.StopIteration;
    this.#cluster = cluster;
    this.priority = route.priority;
    this.#timeouts = requestTimeouts(headers, route, this.#config);
    this.#retry = retryStateFor(headers, route.retryPolicy);
    route.finalizeRequest(headers, callbacks.streamInfo, this.#config.suppressEnvoyHeaders);
    if (headers.scheme === '') headers.scheme = 'http';
    if (endStream) this.#markRequestEnd();
    // Kept for another attempt: by the route's wish, or because a replay on a fresh connection would be safe.
    if (!endStream) this.#body = new RequestBody();
    callbacks.addDownstreamWatermarkCallbacks(this);
    this.#startAttempt(endStream, false);
    if (endStream) this.#onRequestSent();
    return FilterHeadersStatus.StopIteration;
  }

  #startAttempt(endStream: boolean, fresh: boolean): void {
    const cluster = this.#cluster as Cluster;
    const callbacks = this.#callbacks;
    const headers = this.#headers as RequestHeaders;
    const host = cluster.chooseHost(this);
    if (host === null) {
      cluster.stats.upstreamCxNoneHealthy.inc();
      callbacks.streamInfo.setFlag(ResponseFlag.NoHealthyUpstream);
      this.#reply(503, 'no healthy upstream', 'no_healthy_upstream', explainNoHost(cluster.info.name));
      return;
    }
    this.#attempts++;
    const attempt = new UpstreamRequest(this, cluster, host);
    attempt.info.attemptCount = this.#attempts;
    callbacks.streamInfo.upstream = attempt.info;
    this.#attempt = attempt;
    const route = this.#route as ForwardRoute;
    if (route.autoHostRewrite && host.hostname !== '') {
      updateAuthority(headers, host.hostname, route.appendForwardedHost, !this.#config.suppressEnvoyHeaders);
    }
    if (route.includeAttemptCountInRequest) headers.set(Names.xEnvoyAttemptCount, String(this.#attempts));
    for (let i = 0; i < this.#downstreamPauses; i++) attempt.readDisable(true);
    attempt.start(headers, endStream, fresh);
  }

  decodeData(data: Buffer, endStream: boolean): FilterDataStatus {
    if (endStream) this.#markRequestEnd();
    if (!(this.#body as RequestBody).add(data, this.#keepLimit()) && this.#retry !== null) this.#abandonRetries();
    this.#attempt?.sendData(data, endStream);
    if (endStream) this.#onRequestSent();
    return FilterDataStatus.StopIterationNoBuffer;
  }

  #abandonRetries(): void {
    this.#retry = null;
    this.#cluster?.stats.retryOrShadowAbandoned.inc();
    if (log.debugEnabled) log.debug(explainAbandoned((this.#headers as RequestHeaders).path, this.bufferLimit));
  }

  decodeTrailers(trailers: HeaderMap): FilterTrailersStatus {
    this.#markRequestEnd();
    (this.#body as RequestBody).trailers = trailers;
    this.#attempt?.sendTrailers(trailers);
    this.#onRequestSent();
    return FilterTrailersStatus.StopIteration;
  }

  /**
   * Bytes of body to keep: for retries what the route allows, for a replay, because the method is idempotent or nothing
   * has left yet, no more than `replayLimit`.
   */
  #keepLimit(): number {
    const { bufferLimit } = this;
    if (this.#retry !== null) return bufferLimit > 0 ? bufferLimit : Number.POSITIVE_INFINITY;
    const replayable = isIdempotent((this.#headers as RequestHeaders).method) || this.#attempt?.unsent !== false;
    return replayable ? Math.min(replayLimit, bufferLimit > 0 ? bufferLimit : replayLimit) : 0;
  }

  #markRequestEnd(): void {
    this.#requestEnded = true;
    this.#requestEndTime = this.now();
  }

  /**
   * The route's timeout runs from the moment the request was complete, whether or not there is a connection yet; that of
   * an attempt from the moment it has one (asked of the real Envoy with a request that waits for its connection).
   */
  #onRequestSent(): void {
    const attempt = this.#attempt;
    if (attempt === null || this.#done || attempt.responseComplete) return;
    this.#timeouts?.startGlobal(this.#config.timeouts, this, this.#requestEndTime);
    if (attempt.requestStarted) this.onUpstreamConnected(attempt);
  }

  // --- what an attempt asks ------------------------------------------------------------------------------------------------

  get downstreamProtocol(): Protocol {
    return this.#callbacks.streamInfo.protocol as Protocol;
  }

  get bufferLimit(): number {
    return this.#route?.requestBufferLimit ?? this.#callbacks.decoderBufferLimit();
  }

  now(): number {
    return this.#callbacks.clock.monotonic();
  }

  holdDownstreamBack(on: boolean): void {
    if (on) this.#callbacks.onDecoderAboveWriteBufferHighWatermark();
    else this.#callbacks.onDecoderBelowWriteBufferLowWatermark();
  }

  /** The attempt has its connection: what was unknown of the peer is known now. */
  onUpstreamConnected(attempt: UpstreamRequest): void {
    if (this.#requestEnded) this.#timeouts?.startPerTry(this.#config.timeouts, this, attempt, this.now());
  }

  // --- the response --------------------------------------------------------------------------------------------------------

  onUpstream1xx(headers: ResponseHeaders): void {
    this.#callbacks.encode1xxHeaders(headers);
  }

  onUpstreamHeaders(attempt: UpstreamRequest, headers: ResponseHeaders, endStream: boolean): void {
    const callbacks = this.#callbacks;
    const { status } = headers;
    countForHost(attempt, status);
    if (this.#retry?.wantsStatus(headers) === true && this.#retryAfter(attempt)) return;
    countResponse(attempt, status, this.#headers as RequestHeaders, this.#config.zone);
    if (this.#retry !== null && this.#retry.attempts > 0 && !this.#retry.wantsStatus(headers))
      attempt.cluster.stats.upstreamRqRetrySuccess.inc();
    this.#responseStarted = true;
    // No other attempt follows: what was kept for one may go.
    this.#body?.drop();
    const route = this.#route as ForwardRoute;
    // Before the request is complete there is no time to tell (Envoy's definition).
    if (!this.#config.suppressEnvoyHeaders && this.#requestEnded) {
      headers.set(Names.xEnvoyUpstreamServiceTime, String(Math.max(0, Math.round(this.now() - this.#requestEndTime))));
    }
    if (route.includeAttemptCountInResponse) headers.set(Names.xEnvoyAttemptCount, String(this.#attempts));
    route.finalizeResponse(headers, callbacks.streamInfo, this.#headers);
    if (endStream) this.#finishAttempt(attempt);
    callbacks.encodeHeaders(headers, endStream, 'via_upstream');
  }

  /**
   * A websocket was asked for and something else came that is no error: only its head goes on, as in Envoy, and it counts
   * as no response of the cluster.
   */
  onHandshakeUnsuccessful(attempt: UpstreamRequest, headers: ResponseHeaders): void {
    headers.remove(Names.contentLength);
    headers.remove(Names.transferEncoding);
    this.#responseStarted = true;
    this.#body?.drop();
    attempt.cancel();
    this.#timeouts?.stop(this.#attempt);
    this.#done = true;
    (this.#route as ForwardRoute).finalizeResponse(headers, this.#callbacks.streamInfo, this.#headers);
    this.#callbacks.encodeHeaders(headers, true, 'websocket_handshake_unsuccessful');
  }

  onUpstreamData(attempt: UpstreamRequest, data: Buffer, endStream: boolean): void {
    if (endStream) this.#finishAttempt(attempt);
    this.#callbacks.encodeData(data, endStream);
  }

  onUpstreamTrailers(attempt: UpstreamRequest, trailers: HeaderMap): void {
    this.#finishAttempt(attempt);
    this.#callbacks.encodeTrailers(trailers);
  }

  /** The response is complete: accounts for it before its last byte goes on, since that may end the whole stream. */
  #finishAttempt(attempt: UpstreamRequest): void {
    if (this.#requestEndTime >= 0) {
      const milliseconds = Math.round(this.now() - this.#requestEndTime);
      countTime(attempt, milliseconds, this.#headers as RequestHeaders, this.#config.zone);
    }
    attempt.takeBytes();
    this.#timeouts?.stop(this.#attempt);
  }

  // --- failure -------------------------------------------------------------------------------------------------------------

  onUpstreamReset(attempt: UpstreamRequest, reason: ResetReason, details: string): void {
    const callbacks = this.#callbacks;
    const { cluster, host, reused, requestStarted, responseStarted } = attempt;
    const { streamInfo } = callbacks;
    attempt.takeBytes();
    attempt.info.transportFailureReason = isTransportFailure(reason) ? details.replaceAll(' ', '_') : '';
    attempt.cancel();
    // HTTP/1 has no resets to count: its connections end.
    if (attempt.info.protocol >= Protocol.Http2) cluster.stats.upstreamRqRxReset.inc();
    if (reason !== ResetReason.Overflow) host.stats.rqError++;
    if (responseStarted && this.#responseStarted) {
      this.#config.stats.rqResetAfterDownstreamResponseStarted.inc();
      streamInfo.setFlag(resetFlag(reason));
      streamInfo.responseCodeDetails = lateResetDetails(reason);
      streamInfo.explanation = explainReset(reason, details, host.address.text, cluster.info.name, reused);
      this.#timeouts?.stop(this.#attempt);
      callbacks.resetStream(ResetReason.LocalReset);
      return;
    }
    if (this.#replayOnFreshConnection(reason, attempt)) return;
    if (this.#retry?.wantsReset(reason, requestStarted) === true && this.#retryAfter(attempt)) return;
    streamInfo.setFlag(resetFlag(reason));
    const transport = isTransportFailure(reason) ? details : '';
    this.#reply(
      resetStatus(reason),
      resetBody(reason, this.#attempts > 1),
      resetDetails(reason, transport),
      explainReset(reason, details, host.address.text, cluster.info.name, reused),
      reason === ResetReason.Overflow,
    );
  }

  /**
   * DESIGN 4: the upstream closed an idle keep-alive connection as the request went out. Not one byte of a response
   * came, so an idempotent request (RFC 9110 section 9.2.2) whose body is still at hand goes out once more, elsewhere
   * or on a fresh connection.
   */
  #replayOnFreshConnection(reason: ResetReason, attempt: UpstreamRequest): boolean {
    const headers = this.#headers as RequestHeaders;
    if (this.#replayed || this.#body?.complete === false || !mayReplay(attempt, reason, headers)) return false;
    this.#replayed = true;
    if (log.debugEnabled) {
      const { host, cluster } = attempt;
      log.debug(explainReplay(host.address.text, cluster.info.name, headers.method, headers.path));
    }
    this.#startAttemptAgain(true);
    return true;
  }

  /** True when another attempt will be made. */
  #retryAfter(attempt: UpstreamRequest): boolean {
    const retry = this.#retry;
    // The rest of the request may still be to come: it could not be sent a second time.
    if (retry === null || this.#done || !this.#requestEnded) return false;
    const { cluster } = attempt;
    if (!retry.admitted(cluster, this.priority, this.#callbacks.streamInfo)) return false;
    attempt.cancel();
    cluster.circuitBreakers[this.priority].retries.inc();
    cluster.stats.upstreamRqRetry.inc();
    this.#attempt = null;
    const delay = retry.take(this.#callbacks.random.fraction());
    this.#backOff = this.#callbacks.timers.schedule(delay, this);
    return true;
  }

  /** The back-off ended. */
  onTimer(_timer: Timer): void {
    this.#backOff = null;
    this.#cluster?.circuitBreakers[this.priority].retries.dec();
    if (!this.#done) this.#startAttemptAgain(false);
  }

  #startAttemptAgain(fresh: boolean): void {
    const body = this.#body;
    // A body that turned out to be empty ends with the headers.
    const endsWithHeaders = body === null || (this.#requestEnded && body.bytes === 0 && body.trailers === null);
    this.#startAttempt(endsWithHeaders, fresh);
    const attempt = this.#attempt;
    if (endsWithHeaders || attempt === null || attempt.detached) return;
    body.sendTo(attempt, this.#requestEnded);
  }

  onTimeout(timeout: LazyTimeout): void {
    if (this.#done) return;
    const attempt = this.#attempt;
    const cluster = this.#cluster as Cluster;
    const { streamInfo } = this.#callbacks;
    const global = (this.#timeouts as RequestTimeouts).takeGlobal(timeout);
    if (global) cluster.stats.upstreamRqTimeout.inc();
    else {
      if (attempt === null || attempt.perTryTimeout !== timeout) return;
      attempt.perTryTimeout = null;
      cluster.stats.upstreamRqPerTryTimeout.inc();
    }
    if (attempt !== null) {
      attempt.host.stats.rqTimeout++;
      attempt.cancel();
      const mayRetry = !global && !this.#responseStarted && this.#retry?.wantsPerTryTimeout() === true;
      if (mayRetry && this.#retryAfter(attempt)) return;
    }
    streamInfo.setFlag(ResponseFlag.UpstreamRequestTimeout);
    const host = attempt?.host.address.text ?? '-';
    const { details, cause } = explainTimeout(global, host, cluster.info.name, timeout.delayMs);
    if (this.#responseStarted) {
      streamInfo.responseCodeDetails = details;
      this.#callbacks.resetStream(ResetReason.LocalReset);
      return;
    }
    const alternative = this.#timeouts?.alternativeStatus ?? 0;
    if (alternative !== 0) this.#reply(alternative, '', details, cause);
    else this.#reply(504, 'upstream request timeout', details, cause);
  }

  #reply(status: number, body: string, details: string, cause: string, overloaded = false): void {
    this.#timeouts?.stop(this.#attempt);
    this.#done = true;
    const request = {
      callbacks: this.#callbacks,
      cluster: this.#cluster as Cluster,
      route: this.#route as ForwardRoute,
      headers: this.#headers as RequestHeaders,
    };
    replyForUpstream(request, { status, body, details, cause }, overloaded && !this.#config.suppressEnvoyHeaders);
  }

  // --- downstream watermarks -----------------------------------------------------------------------------------------------

  onAboveWriteBufferHighWatermark(): void {
    this.#downstreamPauses++;
    const attempt = this.#attempt;
    if (attempt === null || attempt.detached) return;
    attempt.cluster.stats.upstreamFlowControlPausedReading.inc();
    attempt.readDisable(true);
  }

  onBelowWriteBufferLowWatermark(): void {
    this.#downstreamPauses--;
    const attempt = this.#attempt;
    if (attempt === null || attempt.detached) return;
    attempt.cluster.stats.upstreamFlowControlResumedReading.inc();
    attempt.readDisable(false);
  }

  // --- load balancing ------------------------------------------------------------------------------------------------------

  get requestHeaders(): RequestHeaders | null {
    return this.#headers;
  }

  hashKey(): bigint | null {
    return null;
  }

  /** Host predicates of a retry policy (previous_hosts) find their place here with issue 4. */
  shouldSelectAnotherHost(_host: Host): boolean {
    return false;
  }

  // --- end -----------------------------------------------------------------------------------------------------------------

  onDestroy(): void {
    this.#done = true;
    this.#timeouts?.stop(this.#attempt);
    if (this.#backOff !== null) {
      this.#backOff.cancel();
      this.#backOff = null;
      this.#cluster?.circuitBreakers[this.priority].retries.dec();
    }
    this.#attempt?.cancel();
  }
}
