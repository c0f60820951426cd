// Owns the terminal HTTP filter: from the matched route to a cluster, a host, an attempt, its response, or the reply
// that says why there is none. One object for each request.

import type { LazyTimeout } from '../base/lazy-timeout.ts';
import { logger } from '../base/logger.ts';
import { ResetReason } from '../http/codec/api.ts';
import { type DecoderFilter, FilterDataStatus, FilterHeadersStatus, FilterTrailersStatus } from '../http/filter/api.ts';
import type { HeaderMap, RequestHeaders, ResponseHeaders } from '../http/headers/header-map.ts';
import { Names } from '../http/headers/name.ts';
import { ResponseFlag } from '../observability/response-flags.ts';
import type { Cluster, Host } from '../upstream/api.ts';
import { countAwaitedOutcome, countForHost, countResponse, countRetried } from './accounting.ts';
import type { ForwardRoute, Route } from './api.ts';
import { mirrorsFor, retryPolicyFor } from './cluster-policies.ts';
import { expectNames } from './expected-names.ts';
import {
  abandonedBody,
  explainAbandoned,
  explainNoHost,
  explainNoPool,
  explainReplay,
  explainReset,
  isTransportFailure,
  lateReset,
  lateResetDetails,
  resetBody,
  resetDetails,
  resetFlag,
  resetStatus,
  type TimeoutKind,
} from './failure.ts';
import { lookUpHost } from './host-lookup.ts';
import { mayReplay } from './replay.ts';
import { RequestBody } from './request-body.ts';
import { unsendable } from './required-headers.ts';
import { type RetryOwner, RetryVerdict, retryStateFor } from './retry-state.ts';
import { answerDirectly, answerNoRoute, refuseToForward, selectCluster } from './route-choice.ts';
import { updateAuthority } from './route-table/host-rewrite.ts';
import { RouterRequest } from './router-request.ts';
import { checkStrictly } from './strict-headers.ts';
import { hasEnvoyHeader, type RequestTimeouts, requestTimeouts } from './timeouts.ts';
import { keepForLog } from './upstream-log.ts';
import { poolFor } from './upstream-pool.ts';
import { type AttemptOwner, UpstreamRequest } from './upstream-request.ts';

const log = logger('router');

export class RouterFilter extends RouterRequest implements DecoderFilter, AttemptOwner, RetryOwner {
  /** The one replay of DESIGN 4 was used. */
  #replayed = false;

  // --- the request -----------------------------------------------------------------------------------------------------

  decodeHeaders(headers: RequestHeaders, endStream: boolean): FilterHeadersStatus {
    const callbacks = this.callbacks;
    const { stats } = this.config;
    this.headers = headers;
    stats.rqTotal.inc();
    const route = callbacks.route() as Route | null;
    if (route === null) {
      answerNoRoute(callbacks, stats);
      return FilterHeadersStatus.StopIteration;
    }
    if (route.kind !== 'forward') {
      if (route.kind === 'non-forwarding') refuseToForward(route, callbacks, stats);
      else answerDirectly(route, headers, callbacks, stats);
      return FilterHeadersStatus.StopIteration;
    }
    this.route = route;
    const cluster = selectCluster(route, headers, callbacks, stats);
    if (cluster === null) return FilterHeadersStatus.StopIteration;
    const strict = this.config.strictCheckHeaders;
    if (strict.length > 0 && !checkStrictly(strict, headers, callbacks)) return FilterHeadersStatus.StopIteration;
    this.cluster = cluster;
    this.findStats(route, headers);
    if (this.refusedInMaintenance(cluster)) return FilterHeadersStatus.StopIteration;
    this.priority = route.priority;
    const asks = hasEnvoyHeader(headers);
    this.timeouts = requestTimeouts(headers, asks, route, this.config);
    this.retryState = retryStateFor(headers, asks, retryPolicyFor(cluster, route));
    this.retryState?.bind(this.virtualCluster, this.ownStats, this.config.retryControls);
    // Before the rules: they may show it, or put something else in its place for the first attempt.
    if (route.includeAttemptCountInRequest) headers.set(Names.xEnvoyAttemptCount, '1');
    route.finalizeRequest(headers, callbacks.streamInfo, this.config.suppressEnvoyHeaders);
    if (headers.scheme === '') headers.scheme = 'http';
    const { expectedNames } = cluster.info;
    if (expectedNames !== null) expectNames(expectedNames, headers, callbacks.streamInfo);
    if (endStream) this.markRequestEnd();
    // Kept for another attempt: by the route's wish, or because a replay on a fresh connection would be safe.
    if (!endStream) this.body = new RequestBody();
    callbacks.addDownstreamWatermarkCallbacks(this);
    const mirrors = mirrorsFor(cluster, route);
    if (mirrors.length > 0) this.mirror(mirrors, route, headers, endStream);
    this.#startAttempt(endStream, false);
    if (endStream) this.onRequestSent();
    return FilterHeadersStatus.StopIteration;
  }

  #startAttempt(endStream: boolean, fresh: boolean): void {
    const cluster = this.cluster as Cluster;
    const host = cluster.chooseHost(this);
    this.attempts++;
    if (host === null) {
      const details = lookUpHost(this, cluster);
      if (this.hostLookup !== null) return;
      cluster.stats.upstreamCxNoneHealthy.inc();
      this.noHealthyUpstream(explainNoHost(cluster, this.metadataMatch), details);
      return;
    }
    this.#attemptAt(cluster, host, endStream, fresh);
  }

  #attemptAt(cluster: Cluster, host: Host, endStream: boolean, fresh: boolean): void {
    const callbacks = this.callbacks;
    const headers = this.headers as RequestHeaders;
    const route = this.route as ForwardRoute;
    const pool = poolFor(cluster, host, this.priority, route, headers, callbacks.streamInfo);
    if (pool === null) {
      const { max } = cluster.circuitBreakers[this.priority].connectionPools;
      this.noHealthyUpstream(explainNoPool(cluster.info.name, this.priority, max));
      return;
    }
    const attempt = new UpstreamRequest(this, cluster, host, callbacks.streamInfo.upstream);
    attempt.info.attemptCount = this.attempts;
    callbacks.streamInfo.upstream = attempt.info;
    this.attempt = attempt;
    attempt.logFlush = this.config.timeouts.start(this.config.attemptLog.flushIntervalMs, this, attempt.startTime);
    if (route.autoHostRewrite && host.hostname !== '') {
      updateAuthority(headers, host.hostname, route.appendForwardedHost, !this.config.suppressEnvoyHeaders);
    }
    if (route.includeAttemptCountInRequest && this.attempts > 1)
      headers.set(Names.xEnvoyAttemptCount, String(this.attempts));
    for (let i = 0; i < this.downstreamPauses; i++) attempt.readDisable(true);
    attempt.start(pool, headers, endStream, fresh);
  }

  decodeData(data: Buffer, endStream: boolean): FilterDataStatus {
    if (endStream) this.markRequestEnd();
    if (this.shadows !== null) for (const shadow of this.shadows) shadow.sendData(data, endStream);
    if (!(this.body as RequestBody).add(data, this.keepLimit()) && this.keepsBodyByWish && !this.#abandonRetries())
      return FilterDataStatus.StopIterationNoBuffer;
    this.hostLookup?.noteBody((this.body as RequestBody).bytes);
    this.attempt?.sendData(data, endStream);
    if (endStream) this.onRequestSent();
    return FilterDataStatus.StopIterationNoBuffer;
  }

  /** False when there is no attempt to go on with: the request was answered. */
  #abandonRetries(): boolean {
    this.retryState?.release();
    this.retryState = null;
    this.cluster?.stats.retryOrShadowAbandoned.inc();
    const cause = explainAbandoned((this.headers as RequestHeaders).path, this.bufferLimit);
    if (log.debugEnabled) log.debug(cause);
    if (this.attempt !== null || this.done) return true;
    this.reply(507, abandonedBody, 'request_payload_exceeded_retry_buffer_limit', cause);
    return false;
  }

  decodeTrailers(trailers: HeaderMap): FilterTrailersStatus {
    this.markRequestEnd();
    (this.body as RequestBody).trailers = trailers;
    if (this.shadows !== null) for (const shadow of this.shadows) shadow.sendTrailers(trailers);
    this.attempt?.sendTrailers(trailers);
    this.onRequestSent();
    return FilterTrailersStatus.StopIteration;
  }

  // --- the response --------------------------------------------------------------------------------------------------------

  onUpstreamHeaders(attempt: UpstreamRequest, headers: ResponseHeaders, endStream: boolean): void {
    const callbacks = this.callbacks;
    const { status } = headers;
    keepForLog(this.config.attemptLog, attempt, headers);
    if (this.retryState !== null) {
      const wanted = this.retryState.wantsStatus(headers);
      if (wanted) this.retryState.noteResponse(headers, callbacks.clock.wall());
      if (this.#retryAfter(attempt, wanted)) {
        countRetried(attempt, status);
        return;
      }
    }
    countForHost(attempt, headers, endStream, this.headers as RequestHeaders);
    if (this.internalRedirects?.codes.includes(status) && this.followRedirect(headers)) return;
    countResponse(attempt, status, this.headers as RequestHeaders, this.config);
    this.countOwn(status);
    this.responseStarted = true;
    // No other attempt follows: what was kept for one may go.
    this.body?.drop();
    const route = this.route as ForwardRoute;
    // Before the request is complete there is no time to tell (Envoy's definition).
    if (!this.config.suppressEnvoyHeaders && this.requestEnded) {
      headers.set(Names.xEnvoyUpstreamServiceTime, String(Math.max(0, Math.round(this.now() - this.requestEndTime))));
    }
    // Header rules may ask for it.
    callbacks.streamInfo.responseCode = status;
    route.finalizeResponse(headers, callbacks.streamInfo, this.headers);
    if (route.includeAttemptCountInResponse) headers.set(Names.xEnvoyAttemptCount, String(this.attempts));
    if (endStream) this.finishAttempt(attempt);
    callbacks.encodeHeaders(headers, endStream, 'via_upstream');
  }

  /**
   * A websocket was asked for and something else came that is no error: only its head goes on, as in Envoy, and it counts
   * as no response of the cluster.
   */
  onHandshakeUnsuccessful(attempt: UpstreamRequest, headers: ResponseHeaders): void {
    headers.remove(Names.contentLength);
    headers.remove(Names.transferEncoding);
    this.responseStarted = true;
    this.body?.drop();
    attempt.cancel();
    this.timeouts?.stop(this.attempt);
    this.done = true;
    (this.route as ForwardRoute).finalizeResponse(headers, this.callbacks.streamInfo, this.headers);
    this.callbacks.encodeHeaders(headers, true, 'websocket_handshake_unsuccessful');
  }

  onUpstreamData(attempt: UpstreamRequest, data: Buffer, endStream: boolean): void {
    if (endStream) {
      countAwaitedOutcome(attempt, null);
      this.finishAttempt(attempt);
    }
    this.callbacks.encodeData(data, endStream);
  }

  onUpstreamTrailers(attempt: UpstreamRequest, trailers: HeaderMap): void {
    countAwaitedOutcome(attempt, trailers);
    this.finishAttempt(attempt);
    this.callbacks.encodeTrailers(trailers);
  }

  // --- failure -------------------------------------------------------------------------------------------------------------

  onUpstreamReset(attempt: UpstreamRequest, reason: ResetReason, details: string): void {
    const callbacks = this.callbacks;
    const { cluster, host, reused, requestStarted, responseStarted } = attempt;
    const { streamInfo } = callbacks;
    attempt.takeBytes();
    attempt.info.transportFailureReason = isTransportFailure(reason) ? details.replaceAll(' ', '_') : '';
    this.logAttempt(attempt, resetFlag(reason));
    attempt.cancel();
    if (responseStarted && this.responseStarted) {
      this.#countLost(attempt);
      streamInfo.setFlag(resetFlag(reason));
      const late = lateReset(reason, details, host.address.text, cluster.info.name);
      this.#breakOff(resetStatus(reason), resetBody(reason, this.attempts > 1), late.details, late.cause);
      return;
    }
    if (reason !== ResetReason.Overflow) host.stats.rqError++;
    if (!this.interim && this.#replayOnFreshConnection(reason, attempt)) return;
    const retry = this.retryState;
    if (retry !== null && this.#retryAfter(attempt, retry.wantsReset(reason, requestStarted))) return;
    streamInfo.setFlag(resetFlag(reason));
    const transport = isTransportFailure(reason) ? details : '';
    this.reply(
      resetStatus(reason),
      resetBody(reason, this.attempts > 1),
      this.interim ? lateResetDetails(reason) : resetDetails(reason, transport),
      explainReset(reason, details, host.address.text, cluster.info.name, reused),
      reason === ResetReason.Overflow,
    );
  }

  /** The answer has begun: the client's stream is reset, or where a filter still holds its headers back, answered. */
  #breakOff(status: number, body: string, details: string, cause: string): void {
    this.timeouts?.stop(this.attempt);
    this.done = true;
    this.callbacks.sendLocalReply({ status, body, details, cause });
  }

  /** For the host an answer that broke off is what its beginning was, but for gRPC, which has told nothing yet. */
  #countLost(attempt: UpstreamRequest): void {
    if (attempt.awaitsGrpcStatus) this.config.stats.rqResetAfterDownstreamResponseStarted.inc();
    countAwaitedOutcome(attempt, null);
  }

  /**
   * DESIGN 4: the upstream closed an idle keep-alive connection as the request went out. Not one byte of a response
   * came, so an idempotent request (RFC 9110 section 9.2.2) whose body is still at hand goes out once more, elsewhere
   * or on a fresh connection.
   */
  #replayOnFreshConnection(reason: ResetReason, attempt: UpstreamRequest): boolean {
    const headers = this.headers as RequestHeaders;
    if (this.#replayed || this.body?.complete === false || !mayReplay(attempt, reason, headers)) return false;
    this.#replayed = true;
    if (log.debugEnabled) {
      const { host, cluster } = attempt;
      log.debug(explainReplay(host.address.text, cluster.info.name, headers.method, headers.path));
    }
    this.#startAttemptAgain(true);
    return true;
  }

  /** True when another attempt will be made; else the flag says why not, where one was wanted. */
  #retryAfter(attempt: UpstreamRequest, wanted: boolean): boolean {
    const retry = this.retryState;
    if (retry === null || this.done) return false;
    const { streamInfo } = this.callbacks;
    switch (retry.decide(wanted, attempt.cluster, this.priority)) {
      case RetryVerdict.NotWanted:
        return false;
      case RetryVerdict.LimitExceeded:
        streamInfo.setFlag(ResponseFlag.UpstreamRetryLimitExceeded);
        return false;
      case RetryVerdict.Overflow:
        streamInfo.setFlag(ResponseFlag.UpstreamOverflow);
        return false;
      case RetryVerdict.Granted:
        this.logAttempt(attempt, 0);
        attempt.cancel();
        this.attempt = null;
        retry.schedule(attempt.host, this, this.callbacks);
        return true;
    }
  }

  /** The back-off ended. */
  retry(): void {
    if (!this.done && this.prepareRetry()) this.#startAttemptAgain(false);
  }

  #startAttemptAgain(fresh: boolean): void {
    this.#startAttempt(this.#endsWithHeaders, fresh);
    this.#sendBody();
  }

  /** The cluster had to look its host up first. */
  onHostLookedUp(host: Host | null, details: string): void {
    const lookup = this.hostLookup;
    this.hostLookup = null;
    const cluster = this.cluster as Cluster;
    if (host === null) {
      lookup?.release();
      this.noHealthyUpstream(`the host of cluster '${cluster.info.name}' was not found`, details);
      return;
    }
    this.#attemptAt(cluster, host, this.#endsWithHeaders, false);
    this.#sendBody();
    if (this.requestEnded) this.onRequestSent();
    lookup?.release();
  }

  /** A body that turned out to be empty does too. */
  get #endsWithHeaders(): boolean {
    const { body } = this;
    return body === null || (this.requestEnded && body.bytes === 0 && body.trailers === null);
  }

  #sendBody(): void {
    const body = this.body;
    const attempt = this.attempt;
    if (body === null || this.#endsWithHeaders || attempt === null || attempt.detached) return;
    body.sendTo(attempt, this.requestEnded);
  }

  /** As in Envoy the reply counts as no answer of the cluster, and another attempt would fare no better. */
  onUnsendable(attempt: UpstreamRequest, name: string): void {
    this.logAttempt(attempt, ResponseFlag.DownstreamProtocolError);
    attempt.cancel();
    this.timeouts?.stop(attempt);
    this.done = true;
    this.callbacks.streamInfo.setFlag(ResponseFlag.DownstreamProtocolError);
    this.callbacks.sendLocalReply(unsendable(name));
  }

  /** max_stream_duration of the cluster. As in Envoy, the reply counts as no answer of the cluster. */
  #streamTooLong(attempt: UpstreamRequest, delayMs: number): void {
    attempt.cluster.stats.upstreamRqMaxDurationReached.inc();
    this.logAttempt(attempt, ResponseFlag.UpstreamMaxStreamDurationReached);
    attempt.cancel();
    const retry = this.responseStarted ? null : this.retryState;
    if (retry !== null && this.#retryAfter(attempt, retry.wantsPerTryTimeout())) return;
    this.timeouts?.stop(attempt);
    this.done = true;
    this.callbacks.streamInfo.setFlag(ResponseFlag.UpstreamMaxStreamDurationReached);
    const { details, cause } = this.explainTimeout('stream-duration', attempt, delayMs);
    const body = 'upstream max stream duration reached';
    const status = this.requestEnded ? 504 : 408;
    const { includeAttemptCountInResponse: tellsAttempts } = this.route as ForwardRoute;
    this.callbacks.sendLocalReply({
      status,
      body,
      details,
      cause,
      modifyHeaders: (response) => {
        if (tellsAttempts) response.set(Names.xEnvoyAttemptCount, String(this.attempts));
      },
    });
  }

  onTimeout(timeout: LazyTimeout): void {
    if (this.done) return;
    const attempt = this.attempt;
    const cluster = this.cluster as Cluster;
    const { streamInfo } = this.callbacks;
    let kind: TimeoutKind = 'global';
    if ((this.timeouts as RequestTimeouts).takeGlobal(timeout)) {
      this.countTimeout(cluster);
    } else if (attempt === null) return;
    else if (attempt.perTryTimeout === timeout) {
      attempt.perTryTimeout = null;
      cluster.stats.upstreamRqPerTryTimeout.inc();
      kind = 'per-try';
    } else if (attempt.perTryIdleTimeout === timeout) {
      attempt.perTryIdleTimeout = null;
      cluster.stats.upstreamRqPerTryIdleTimeout.inc();
      kind = 'per-try-idle';
    } else if (attempt.streamDuration === timeout) {
      attempt.streamDuration = null;
      this.#streamTooLong(attempt, timeout.delayMs);
      return;
    } else {
      if (attempt.logFlush === timeout) this.logPeriodically(attempt);
      return;
    }
    if (attempt !== null) {
      attempt.host.stats.rqTimeout++;
      if (!this.responseStarted) attempt.host.stats.rqError++;
      this.logAttempt(attempt, kind === 'global' ? 0 : ResponseFlag.UpstreamRequestTimeout);
      attempt.cancel();
      if (kind !== 'global' && !this.responseStarted && this.retryState !== null) {
        this.timedOut = true;
        if (this.#retryAfter(attempt, this.retryState.wantsPerTryTimeout())) return;
      }
    }
    streamInfo.setFlag(ResponseFlag.UpstreamRequestTimeout);
    const { details, cause } = this.explainTimeout(kind, attempt, timeout.delayMs);
    if (this.responseStarted) {
      this.#breakOff(504, 'upstream request timeout', details, cause);
      return;
    }
    const alternative = this.timeouts?.alternativeStatus ?? 0;
    if (alternative !== 0) this.reply(alternative, '', details, cause);
    else this.reply(504, 'upstream request timeout', details, cause);
  }

  // --- end -----------------------------------------------------------------------------------------------------------------

  onDestroy(): void {
    this.done = true;
    this.timeouts?.stop(this.attempt);
    this.retryState?.release();
    this.hostLookup?.cancel();
    this.hostLookup = null;
    if (this.shadows !== null) for (const shadow of this.shadows) shadow.onRequestGone();
    if (this.attempt !== null) this.logAttempt(this.attempt, 0);
    this.attempt?.cancel();
    this.body?.drop();
  }
}
