// Owns the terminal HTTP filter: from the matched route to a cluster, a host, an attempt, its response, or the reply
// that says why there is none. One object for each request.
import type { LazyTimeout, TimeoutPool } from '../base/lazy-timeout.ts';
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
import type { ForwardRoute, Route } from './api.ts';
import { explainReset, resetBody, resetDetails, resetFlag, resetStatus } from './failure.ts';
import { RequestBody } from './request-body.ts';
import { isIdempotent, type RetryState, retryStateFor } from './retry-state.ts';
import { answerDirectly, selectCluster } from './route-choice.ts';
import { updateAuthority } from './route-table/host-rewrite.ts';
import type { RouterStats } from './stats.ts';
import { type RequestTimeouts, requestTimeouts } from './timeouts.ts';
import { UpstreamRequest } from './upstream-request.ts';

/** envoy.extensions.filters.http.router.v3.Router as the filter reads it. */
export interface RouterConfig {
  readonly stats: RouterStats;
  readonly timeouts: TimeoutPool;
  readonly suppressEnvoyHeaders: boolean;
  readonly respectExpectedRequestTimeout: boolean;
  /** This process's zone, empty where it has none. */
  readonly zone: string;
}

const log = logger('router');

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
  #globalTimeout: LazyTimeout | null = null;
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
      this.#noHealthyHost(cluster);
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

  #noHealthyHost(cluster: Cluster): void {
    const { streamInfo } = this.#callbacks;
    cluster.stats.upstreamCxNoneHealthy.inc();
    streamInfo.setFlag(ResponseFlag.NoHealthyUpstream);
    this.#reply(
      503,
      'no healthy upstream',
      'no_healthy_upstream',
      `cluster '${cluster.info.name}' has no host that may take a request: no endpoints, or none of them healthy`,
    );
  }

  decodeData(data: Buffer, endStream: boolean): FilterDataStatus {
    if (endStream) this.#markRequestEnd();
    const body = this.#body as RequestBody;
    body.bytes += data.length;
    if (body.kept && data.length !== 0) {
      // Too much to keep, or nothing that may be sent twice: what went out cannot be sent again.
      if (this.#mayKeep(body)) body.keep(data);
      else {
        body.drop();
        if (this.#retry !== null) this.#abandonRetries();
      }
    }
    this.#attempt?.sendData(data, endStream);
    if (endStream) this.#onRequestSent();
    return FilterDataStatus.StopIterationNoBuffer;
  }

  #abandonRetries(): void {
    this.#retry = null;
    this.#cluster?.stats.retryOrShadowAbandoned.inc();
    if (log.debugEnabled) {
      log.debug(
        `${(this.#headers as RequestHeaders).path} will not be retried: its body exceeds the ${this.bufferLimit} bytes that may be kept (per_request_buffer_limit_bytes, else per_connection_buffer_limit_bytes)`,
      );
    }
  }

  decodeTrailers(trailers: HeaderMap): FilterTrailersStatus {
    this.#markRequestEnd();
    (this.#body as RequestBody).trailers = trailers;
    this.#attempt?.sendTrailers(trailers);
    this.#onRequestSent();
    return FilterTrailersStatus.StopIteration;
  }

  /** By the route's wish, because a replay of the method is safe, or because nothing has left yet. */
  #mayKeep(body: RequestBody): boolean {
    if (this.bufferLimit > 0 && body.bytes > this.bufferLimit) return false;
    if (this.#retry !== null || isIdempotent((this.#headers as RequestHeaders).method)) return true;
    return this.#attempt === null || this.#attempt.unsent;
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
    this.#globalTimeout ??= this.#config.timeouts.start(
      (this.#timeouts as RequestTimeouts).globalMs,
      this,
      this.#requestEndTime,
    );
    if (attempt.requestStarted) this.#startPerTry(attempt);
  }

  #startPerTry(attempt: UpstreamRequest): void {
    const { perTryMs } = this.#timeouts as RequestTimeouts;
    if (perTryMs > 0) attempt.perTryTimeout ??= this.#config.timeouts.start(perTryMs, this, this.now());
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
    if (this.#requestEnded) this.#startPerTry(attempt);
  }

  // --- the response --------------------------------------------------------------------------------------------------------

  onUpstream1xx(headers: ResponseHeaders): void {
    this.#callbacks.encode1xxHeaders(headers);
  }

  onUpstreamHeaders(attempt: UpstreamRequest, headers: ResponseHeaders, endStream: boolean): void {
    const callbacks = this.#callbacks;
    const { status } = headers;
    if (status >= 500) attempt.host.stats.rqError++;
    else attempt.host.stats.rqSuccess++;
    if (this.#retry?.wantsStatus(headers) === true && this.#retryAfter(attempt, status)) return;
    attempt.cluster.stats.recordResponse(
      status,
      (this.#headers as RequestHeaders).has(Names.xEnvoyInternal),
      attempt.host.canary,
    );
    attempt.cluster.stats.recordZoneResponse(this.#config.zone, attempt.host.locality.zone, status);
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
    this.#stopTimers();
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
    const cluster = attempt.cluster;
    const internal = (this.#headers as RequestHeaders).has(Names.xEnvoyInternal);
    if (this.#requestEndTime >= 0) {
      const milliseconds = Math.round(this.now() - this.#requestEndTime);
      cluster.stats.recordResponseTime(milliseconds, internal);
      cluster.stats.recordZoneResponseTime(this.#config.zone, attempt.host.locality.zone, milliseconds);
    }
    attempt.takeBytes();
    this.#stopTimers();
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
      streamInfo.responseCodeDetails = `upstream_reset_after_response_started{${resetDetailsInner(reason)}}`;
      streamInfo.explanation = explainReset(reason, details, host.address.text, cluster.info.name, reused);
      this.#stopTimers();
      callbacks.resetStream(ResetReason.LocalReset);
      return;
    }
    if (this.#replayOnFreshConnection(reason, attempt)) return;
    if (this.#retry?.wantsReset(reason, requestStarted) === true && this.#retryAfter(attempt, 0)) return;
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
    if (this.#replayed || !attempt.reused || attempt.responseStarted) return false;
    if (reason !== ResetReason.ConnectionTermination && reason !== ResetReason.RemoteReset) return false;
    const { method, protocol } = this.#headers as RequestHeaders;
    // Where nothing has left yet even a POST may go out elsewhere.
    if (protocol !== '' || (!isIdempotent(method) && !attempt.unsent)) return false;
    if (this.#body?.complete === false) return false;
    this.#replayed = true;
    if (log.debugEnabled) {
      log.debug(
        `host ${attempt.host.address.text} of cluster '${attempt.cluster.info.name}' closed a keep-alive connection just as ${(this.#headers as RequestHeaders).method} ${(this.#headers as RequestHeaders).path} went out: it is sent again on another`,
      );
    }
    this.#startAttemptAgain(true);
    return true;
  }

  /** True when another attempt will be made. */
  #retryAfter(attempt: UpstreamRequest, _status: number): boolean {
    const retry = this.#retry;
    const { cluster } = attempt;
    if (retry === null || this.#done) return false;
    // The rest of the request is still to come: it could not be sent a second time.
    if (!this.#requestEnded) return false;
    if (retry.exhausted) {
      cluster.stats.upstreamRqRetryLimitExceeded.inc();
      this.#callbacks.streamInfo.setFlag(ResponseFlag.UpstreamRetryLimitExceeded);
      return false;
    }
    const breaker = cluster.circuitBreakers[this.priority].retries;
    if (!breaker.canCreate()) {
      cluster.stats.upstreamRqRetryOverflow.inc();
      return false;
    }
    attempt.cancel();
    breaker.inc();
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
    const global = timeout === this.#globalTimeout;
    const where = `host ${attempt?.host.address.text ?? '-'} of cluster '${cluster.info.name}'`;
    if (global) {
      this.#globalTimeout = null;
      cluster.stats.upstreamRqTimeout.inc();
    } else {
      if (attempt === null || attempt.perTryTimeout !== timeout) return;
      attempt.perTryTimeout = null;
      cluster.stats.upstreamRqPerTryTimeout.inc();
    }
    if (attempt !== null) {
      attempt.host.stats.rqTimeout++;
      attempt.cancel();
      if (
        !global &&
        !this.#responseStarted &&
        this.#retry?.wantsPerTryTimeout() === true &&
        this.#retryAfter(attempt, 504)
      )
        return;
    }
    streamInfo.setFlag(ResponseFlag.UpstreamRequestTimeout);
    if (this.#responseStarted) {
      streamInfo.responseCodeDetails = global ? 'response_timeout' : 'upstream_per_try_timeout';
      this.#callbacks.resetStream(ResetReason.LocalReset);
      return;
    }
    const cause = global
      ? `${where} did not answer within the route's timeout of ${timeout.delayMs} ms (route.timeout, default 15 s)`
      : `${where} did not answer within the per-try timeout of ${timeout.delayMs} ms (retry_policy.per_try_timeout)`;
    const alternative = this.#timeouts?.alternativeStatus ?? 0;
    if (alternative !== 0)
      this.#reply(alternative, '', global ? 'response_timeout' : 'upstream_per_try_timeout', cause);
    else this.#reply(504, 'upstream request timeout', global ? 'response_timeout' : 'upstream_per_try_timeout', cause);
  }

  /** Answers in the upstream's place; counted as a response of the cluster, as Envoy does. */
  #reply(status: number, body: string, details: string, cause: string, overloaded = false): void {
    const callbacks = this.#callbacks;
    const cluster = this.#cluster as Cluster;
    const headers = this.#headers as RequestHeaders;
    this.#stopTimers();
    this.#done = true;
    cluster.stats.recordResponse(status, headers.has(Names.xEnvoyInternal), false);
    callbacks.sendLocalReply({
      status,
      body,
      details,
      cause,
      modifyHeaders: (response) => {
        if (overloaded && !this.#config.suppressEnvoyHeaders) response.set(Names.xEnvoyOverloaded, 'true');
        this.#route?.finalizeResponse(response, callbacks.streamInfo, headers);
      },
    });
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

  #stopTimers(): void {
    this.#globalTimeout?.release();
    this.#globalTimeout = null;
    const attempt = this.#attempt;
    if (attempt !== null && attempt.perTryTimeout !== null) {
      attempt.perTryTimeout.release();
      attempt.perTryTimeout = null;
    }
  }

  onDestroy(): void {
    this.#done = true;
    this.#stopTimers();
    if (this.#backOff !== null) {
      this.#backOff.cancel();
      this.#backOff = null;
      this.#cluster?.circuitBreakers[this.priority].retries.dec();
    }
    this.#attempt?.cancel();
  }
}

function isTransportFailure(reason: ResetReason): boolean {
  return (
    reason === ResetReason.LocalConnectionFailure ||
    reason === ResetReason.RemoteConnectionFailure ||
    reason === ResetReason.ConnectionTimeout
  );
}

function resetDetailsInner(reason: ResetReason): string {
  return resetDetails(reason, '').slice('upstream_reset_before_response_started{'.length, -1).replaceAll(' ', '_');
}
