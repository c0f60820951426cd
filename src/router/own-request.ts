// Owns a request of the proxy itself to a cluster: what filters, loggers and subscriptions call other services with. As in
// Envoy it takes the road of clients' requests (balancer, pools, circuit breakers, retries, statistics) without a route.
import type { LazyTimeout, TimeoutHandler } from '../base/lazy-timeout.ts';
import { Protocol, ResetReason } from '../http/codec/api.ts';
import type { HeaderMap, RequestHeaders, ResponseHeaders } from '../http/headers/header-map.ts';
import { Names } from '../http/headers/name.ts';
import type { StreamTransportOptions } from '../network/api.ts';
import {
  type Cluster,
  type Host,
  type MetadataMatchCriteria,
  type RetryPriority,
  streamTransportOptions,
} from '../upstream/api.ts';
import { countAwaitedOutcome, countForHost, countResponse, countRetried, countTime } from './accounting.ts';
import { expectNames } from './expected-names.ts';
import {
  explainNoHost,
  explainNoPool,
  explainReset,
  isTransportFailure,
  lateReset,
  resetBody,
  resetDetails,
  resetStatus,
} from './failure.ts';
import { type HostLookup, type HostSeeker, lookUpHost } from './host-lookup.ts';
import type { OwnRequestCallbacks, OwnRequestConfig, OwnRequestOptions } from './own-request-config.ts';
import { countTimeout, explainOwnTimeout } from './own-request-timeouts.ts';
import { mayReplay } from './replay.ts';
import { RequestBody } from './request-body.ts';
import { type RetryOwner, type RetryState, RetryVerdict, retryStateFor } from './retry-state.ts';
import { RequestTimeouts, releasePerTry, tellExpected } from './timeouts.ts';
import { requestOfOurOwn } from './upstream-log.ts';
import { type AttemptOwner, UpstreamRequest } from './upstream-request.ts';

/** Bytes of a request that may wait for a connection before its sender is held back, and that are kept for a retry. */
const bufferLimit = 1024 * 1024;

export class OwnRequest implements AttemptOwner, HostSeeker, RetryOwner, TimeoutHandler {
  readonly bufferLimit = bufferLimit;
  readonly metadataMatch: MetadataMatchCriteria | null = null;
  readonly requestHeaders: RequestHeaders;
  hostLookup: HostLookup | null = null;
  readonly #config: OwnRequestConfig;
  readonly #cluster: Cluster;
  readonly #callbacks: OwnRequestCallbacks;
  readonly #timeouts: RequestTimeouts;
  readonly #keepsBody: boolean;
  readonly #needsHttp2: boolean;
  #retry: RetryState | null;
  /** The one replay of DESIGN 4 was used. */
  #replayed = false;
  #attempt: UpstreamRequest | null = null;
  #attempts = 0;
  /** Kept for another attempt, or for a host that is still looked up. */
  #body: RequestBody | null = null;
  #startTime = 0;
  #requestEndTime = -1;
  #responseStarted = false;
  #done = false;
  #heldBack = 0;
  #readDisabled = 0;

  constructor(
    config: OwnRequestConfig,
    cluster: Cluster,
    headers: RequestHeaders,
    callbacks: OwnRequestCallbacks,
    options: OwnRequestOptions,
  ) {
    this.#config = config;
    this.#cluster = cluster;
    this.requestHeaders = headers;
    this.#callbacks = callbacks;
    const { retryPolicy, timeoutMs, keepsBody, needsHttp2 } = options;
    this.#keepsBody = keepsBody;
    this.#needsHttp2 = needsHttp2;
    this.#retry = retryStateFor(headers, false, retryPolicy);
    this.#retry?.bind(null, null, config.router.retryControls);
    const perTryMs = retryPolicy?.perTryTimeoutMs ?? 0;
    this.#timeouts = new RequestTimeouts(timeoutMs, timeoutMs > 0 && perTryMs >= timeoutMs ? 0 : perTryMs, 0, 0);
  }

  // --- the request -----------------------------------------------------------------------------------------------------

  start(endStream: boolean): void {
    const { router } = this.#config;
    const cluster = this.#cluster;
    router.stats.rqTotal.inc();
    this.#startTime = this.now();
    if (endStream) this.#requestEndTime = this.#startTime;
    if (cluster.inMaintenance()) {
      const { name } = cluster.info;
      cluster.stats.upstreamRqMaintenanceMode.inc();
      const cause = `cluster '${name}' is in maintenance (runtime key upstream.maintenance_mode.${name})`;
      this.#fail(503, 'maintenance mode', 'maintenance_mode', cause);
      return;
    }
    if (this.#retry !== null || this.#keepsBody) this.#body = new RequestBody();
    tellExpected(this.requestHeaders, this.#timeouts.expectedMs(0));
    this.#timeouts.startGlobal(router.timeouts, this, this.#startTime);
    this.#startAttempt();
  }

  #startAttempt(): void {
    const cluster = this.#cluster;
    this.#attempts++;
    const host = cluster.chooseHost(this);
    if (host !== null) {
      this.#attemptAt(host);
      return;
    }
    const details = lookUpHost(this, cluster);
    if (this.hostLookup !== null) {
      this.#body ??= new RequestBody();
      return;
    }
    cluster.stats.upstreamCxNoneHealthy.inc();
    this.#fail(503, 'no healthy upstream', details, explainNoHost(cluster, null));
  }

  #attemptAt(host: Host): void {
    const cluster = this.#cluster;
    const pool = cluster.httpPool(host, 0, Protocol.Http2, this.#transportOptions());
    if (pool === null) {
      const { max } = cluster.circuitBreakers[0].connectionPools;
      const cause = explainNoPool(cluster.info.name, 0, max);
      this.#fail(503, 'no healthy upstream', 'no_healthy_upstream', cause);
      return;
    }
    const attempt = new UpstreamRequest(this, cluster, host, this.#attempt?.info ?? null);
    this.#attempt = attempt;
    for (let i = 0; i < this.#readDisabled; i++) attempt.readDisable(true);
    const body = this.#body;
    const ended = this.#requestEndTime >= 0;
    const endsWithHeaders = ended && (body === null || body.bytes === 0);
    attempt.start(pool, this.requestHeaders, endsWithHeaders, false);
    if (body !== null && !endsWithHeaders && !attempt.detached && (ended || body.bytes > 0))
      body.sendTo(attempt, ended);
    if (attempt.requestStarted && !attempt.detached) this.#startPerTry(attempt);
  }

  #transportOptions(): StreamTransportOptions | null {
    const { expectedNames, name } = this.#cluster.info;
    if (expectedNames === null) return null;
    const { streamInfo } = requestOfOurOwn(name, this.requestHeaders, this.#config.services.clock);
    expectNames(expectedNames, this.requestHeaders, streamInfo);
    return streamTransportOptions(streamInfo);
  }

  onHostLookedUp(host: Host | null, details: string): void {
    const lookup = this.hostLookup;
    this.hostLookup = null;
    if (host === null)
      this.#fail(503, 'no healthy upstream', details, `the host of cluster '${this.#cluster.info.name}' was not found`);
    else this.#attemptAt(host);
    if (this.#retry === null && !this.#keepsBody) this.#body = null;
    lookup?.release();
  }

  /** `data` is borrowed. */
  sendData(data: Buffer, endStream: boolean): void {
    if (this.#done) return;
    if (endStream) this.#requestEndTime = this.now();
    const body = this.#body;
    if (body !== null) {
      // Beyond the limit one attempt is all there is, unless there was none yet: then the sender is held back.
      const limit = this.hostLookup === null ? bufferLimit : Number.MAX_SAFE_INTEGER;
      if (!body.add(data, limit)) {
        if (this.#retry !== null) this.#cluster.stats.retryOrShadowAbandoned.inc();
        this.#retry?.release();
        this.#retry = null;
        this.#body = null;
      }
      this.hostLookup?.noteBody(body.bytes);
    }
    const attempt = this.#attempt;
    if (attempt === null || attempt.detached) return;
    attempt.sendData(data, endStream);
    if (endStream && attempt.requestStarted && !attempt.detached) this.#startPerTry(attempt);
  }

  /** Counts: holds back the response's body. */
  readDisable(disable: boolean): void {
    this.#readDisabled += disable ? 1 : -1;
    const attempt = this.#attempt;
    if (attempt === null || attempt.detached) return;
    const { upstreamFlowControlPausedReading, upstreamFlowControlResumedReading } = this.#cluster.stats;
    (disable ? upstreamFlowControlPausedReading : upstreamFlowControlResumedReading).inc();
    attempt.readDisable(disable);
  }

  get isAboveWriteBufferHighWatermark(): boolean {
    return this.#heldBack > 0;
  }

  /** Gives it up, whatever its state; nothing is called any more. */
  cancel(): void {
    if (this.#done) return;
    this.#end();
    this.#attempt?.cancel();
  }

  #end(): void {
    this.#done = true;
    this.#timeouts.stop(this.#attempt);
    this.#retry?.release();
    this.#body = null;
    this.hostLookup?.cancel();
    this.hostLookup = null;
  }

  // --- the attempt's side ------------------------------------------------------------------------------------------------

  now(): number {
    return this.#config.services.clock.monotonic();
  }

  holdDownstreamBack(on: boolean): void {
    this.#heldBack += on ? 1 : -1;
    if (this.#done) return;
    if (on && this.#heldBack === 1) this.#callbacks.onAboveWriteBufferHighWatermark();
    else if (!on && this.#heldBack === 0) this.#callbacks.onBelowWriteBufferLowWatermark();
  }

  onUpstreamConnected(attempt: UpstreamRequest): void {
    if (this.#needsHttp2 && attempt.info.protocol < Protocol.Http2) {
      const { name } = this.#cluster.info;
      const cause = `host ${attempt.host.address.text} of cluster '${name}' is spoken to over HTTP/1.1, and gRPC needs HTTP/2 (http2_protocol_options of the cluster)`;
      attempt.cancel();
      this.#fail(503, 'gRPC needs HTTP/2', 'http2_required', cause);
      return;
    }
    const limitMs = this.#cluster.info.maxStreamDurationMs;
    if (limitMs > 0) attempt.streamDuration ??= this.#config.router.timeouts.start(limitMs, this, this.now());
    this.#startPerTry(attempt);
  }

  /** From the moment when the whole request had a connection. */
  #startPerTry(attempt: UpstreamRequest): void {
    if (this.#requestEndTime < 0 || attempt.responseComplete) return;
    this.#timeouts.startPerTry(this.#config.router.timeouts, this, attempt, this.now());
  }

  onUnsendable(attempt: UpstreamRequest, name: string): void {
    attempt.cancel();
    this.#fail(503, '', `missing_required_header{${name}}`, `the request lacks the header ${name}`);
  }

  onUpstream1xx(_headers: ResponseHeaders): void {}

  onUpstreamHeaders(attempt: UpstreamRequest, headers: ResponseHeaders, endStream: boolean): void {
    const retry = this.#retry;
    if (retry !== null) {
      const wanted = retry.wantsStatus(headers);
      if (wanted) retry.noteResponse(headers, this.#config.services.clock.wall());
      if (this.#retryAfter(attempt, wanted)) {
        countRetried(attempt, headers.status);
        return;
      }
    }
    countForHost(attempt, headers, endStream, this.requestHeaders);
    countResponse(attempt, headers.status, this.requestHeaders, this.#config.router);
    this.#responseStarted = true;
    this.#body = null;
    if (endStream) this.#complete(attempt, null);
    this.#callbacks.onResponseHeaders(headers, endStream);
  }

  onHandshakeUnsuccessful(attempt: UpstreamRequest, headers: ResponseHeaders): void {
    this.onUpstreamHeaders(attempt, headers, true);
  }

  onUpstreamData(attempt: UpstreamRequest, data: Buffer, endStream: boolean): void {
    if (endStream) this.#complete(attempt, null);
    this.#callbacks.onResponseData(data, endStream);
  }

  onUpstreamTrailers(attempt: UpstreamRequest, trailers: HeaderMap): void {
    this.#complete(attempt, trailers);
    this.#callbacks.onResponseTrailers(trailers);
  }

  /** Before its last byte goes on: whoever gets it may be done with all of this. */
  #complete(attempt: UpstreamRequest, trailers: HeaderMap | null): void {
    countAwaitedOutcome(attempt, trailers);
    const { router } = this.#config;
    if (this.#requestEndTime >= 0)
      countTime(attempt, Math.round(this.now() - this.#requestEndTime), this.requestHeaders, router.zone);
    this.#end();
    // The rest of a request that was answered has nowhere to go.
    attempt.cancel();
  }

  onUpstreamReset(attempt: UpstreamRequest, reason: ResetReason, details: string): void {
    const { host, reused, requestStarted, responseStarted } = attempt;
    const cluster = this.#cluster;
    attempt.cancel();
    if (responseStarted && this.#responseStarted) countAwaitedOutcome(attempt, null);
    else if (reason !== ResetReason.Overflow) host.stats.rqError++;
    if (responseStarted && this.#responseStarted) {
      const late = lateReset(reason, details, host.address.text, cluster.info.name);
      this.#failLate(late.details, late.cause);
      return;
    }
    // DESIGN 4: the host never began to work on it.
    if (!this.#replayed && this.#body?.complete === true && mayReplay(attempt, reason, this.requestHeaders)) {
      this.#replayed = true;
      this.#startAttempt();
      return;
    }
    const retry = this.#retry;
    if (retry !== null && this.#retryAfter(attempt, retry.wantsReset(reason, requestStarted))) return;
    const transport = isTransportFailure(reason) ? details.replaceAll(' ', '_') : '';
    this.#fail(
      resetStatus(reason),
      resetBody(reason, this.#attempts > 1),
      resetDetails(reason, transport),
      explainReset(reason, details, host.address.text, cluster.info.name, reused),
    );
  }

  /** In the place of a response, and counted as one; asked of the real Envoy: not between two attempts. */
  #fail(status: number, body: string, details: string, cause: string, counted = true): void {
    if (counted) this.#cluster.stats.recordResponse(status, this.requestHeaders.has(Names.xEnvoyInternal), false);
    this.#end();
    this.#callbacks.onRequestFailed({ status, body, details, cause });
  }

  #failLate(details: string, cause: string): void {
    this.#end();
    this.#callbacks.onRequestFailed({ status: 0, body: '', details, cause });
  }

  // --- retries and timeouts ----------------------------------------------------------------------------------------------

  #retryAfter(attempt: UpstreamRequest, wanted: boolean): boolean {
    const retry = this.#retry;
    if (retry === null || this.#done) return false;
    if (retry.decide(wanted, this.#cluster, 0) !== RetryVerdict.Granted) return false;
    attempt.cancel();
    retry.schedule(attempt.host, this, this.#config.services);
    return true;
  }

  retry(): void {
    const retry = this.#retry;
    if (this.#done || retry === null) return;
    retry.countRetry(this.#cluster);
    tellExpected(this.requestHeaders, this.#timeouts.expectedMs(this.now() - this.#startTime));
    this.#startAttempt();
  }

  onTimeout(timeout: LazyTimeout): void {
    if (this.#done) return;
    const attempt = this.#attempt;
    const inFlight = attempt !== null && !attempt.detached;
    const kind = countTimeout(timeout, this.#timeouts, attempt, inFlight, this.#cluster.stats);
    if (kind === null) return;
    const host = attempt?.host.address.text ?? '-';
    if (inFlight) {
      attempt.host.stats.rqTimeout++;
      if (!this.#responseStarted) attempt.host.stats.rqError++;
      releasePerTry(attempt);
      attempt.cancel();
      const retry = this.#responseStarted ? null : this.#retry;
      if (kind !== 'global' && retry !== null && this.#retryAfter(attempt, retry.wantsPerTryTimeout())) return;
    }
    const { details, cause } = explainOwnTimeout(
      kind,
      host,
      this.#cluster.info.name,
      timeout.delayMs,
      this.#responseStarted,
    );
    const body = kind === 'stream-duration' ? 'upstream max stream duration reached' : 'upstream request timeout';
    if (this.#responseStarted) this.#failLate(details, cause);
    else this.#fail(504, body, details, cause, inFlight);
  }

  // --- load balancing ------------------------------------------------------------------------------------------------------

  hashKey(): bigint | null {
    return null;
  }

  shouldSelectAnotherHost(host: Host): boolean {
    return this.#retry?.omitsHost(host) === true;
  }

  get hostSelectionAttempts(): number {
    return this.#retry?.hostSelectionAttempts ?? 1;
  }

  get retryPriority(): RetryPriority | null {
    return this.#retry?.priority ?? null;
  }
}
