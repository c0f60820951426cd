// Owns what one request knows while the router works on it, and what others ask of it meanwhile: the load balancer, the
// client's connection, the attempts. The filter itself extends this class: a request costs no object more for it.
import type { LazyTimeout, TimeoutHandler } from '../base/lazy-timeout.ts';
import { Protocol } from '../http/codec/api.ts';
import type { DecoderFilterCallbacks, DownstreamWatermarkCallbacks } from '../http/filter/api.ts';
import type { RequestHeaders, ResponseHeaders } from '../http/headers/header-map.ts';
import { Names } from '../http/headers/name.ts';
import { ResponseFlag } from '../observability/response-flags.ts';
import { type StreamInfo, type UpstreamHostInfo, UpstreamInfo } from '../observability/stream-info.ts';
import {
  type Cluster,
  type Host,
  type HostLookupCallbacks,
  type LoadBalancerContext,
  loadBalancingMetadata,
  MetadataMatchCriteria,
  Priority,
  type RetryPriority,
} from '../upstream/api.ts';
import { countResponse, countTime } from './accounting.ts';
import type { ForwardRoute, InternalRedirectPolicy, MirrorPolicy, RequestStats, VirtualCluster } from './api.ts';
import type { RouterConfig } from './config-types.ts';
import { explainTimeout, type TimeoutKind } from './failure.ts';
import type { HostLookup } from './host-lookup.ts';
import { dropsBody, redirectHeaders } from './internal-redirect.ts';
import { isIdempotent } from './replay.ts';
import type { RequestBody } from './request-body.ts';
import type { RetryState } from './retry-state.ts';
import { type Shadow, startShadows } from './shadow.ts';
import { type RequestTimeouts, tellExpected } from './timeouts.ts';
import { logAttemptConnected, logAttemptEnd, logAttemptPeriodically } from './upstream-log.ts';
import { replyForUpstream } from './upstream-reply.ts';
import type { UpstreamRequest } from './upstream-request.ts';

/** Bytes: nobody asked for it, so a replay of a large upload is not worth its memory. */
const replayLimit = 1024 * 1024;

export abstract class RouterRequest
  implements LoadBalancerContext, HostLookupCallbacks, DownstreamWatermarkCallbacks, TimeoutHandler
{
  priority: Priority = Priority.Default;
  /** The route's criteria with the request's metadata laid over them; null until asked for, and without such metadata. */
  #ownMetadataMatch: MetadataMatchCriteria | null = null;

  protected readonly config: RouterConfig;
  protected callbacks!: DecoderFilterCallbacks;
  protected route: ForwardRoute | null = null;
  protected headers: RequestHeaders | null = null;
  protected cluster: Cluster | null = null;
  /** Counts beside the cluster; null where the virtual host has none. */
  protected virtualCluster: VirtualCluster | null = null;
  /** Likewise by the route's stat_prefix. */
  protected ownStats: RequestStats | null = null;
  /** Null between two attempts. */
  protected attempt: UpstreamRequest | null = null;
  protected attempts = 0;
  protected timeouts: RequestTimeouts | null = null;
  /** The cluster looks for the host of the next attempt. */
  hostLookup: HostLookup | null = null;
  /** Null where nobody asks for retries, or the body is too large to be kept. */
  protected retryState: RetryState | null = null;
  /** Null where the request has none. */
  protected body: RequestBody | null = null;
  protected requestEnded = false;
  protected requestEndTime = -1;
  protected responseStarted = false;
  /** A 1xx went on: to Envoy that is the beginning of the response, though it may still answer in the host's place. */
  protected interim = false;
  /** Copies of the request; null without. */
  protected shadows: Shadow[] | null = null;
  /** The last attempt ended by a timeout. */
  protected timedOut = false;
  protected downstreamPauses = 0;
  /** Answered, or given up: nothing more is asked of upstreams. */
  protected done = false;

  constructor(config: RouterConfig) {
    this.config = config;
  }

  abstract onTimeout(timeout: LazyTimeout): void;
  abstract onHostLookedUp(host: Host | null, details: string): void;

  setDecoderCallbacks(callbacks: DecoderFilterCallbacks): void {
    this.callbacks = callbacks;
  }

  // --- what an attempt asks ------------------------------------------------------------------------------------------

  get downstreamProtocol(): Protocol {
    return this.callbacks.streamInfo.protocol as Protocol;
  }

  get bufferLimit(): number {
    return this.route?.requestBufferLimit ?? this.callbacks.decoderBufferLimit();
  }

  now(): number {
    return this.callbacks.clock.monotonic();
  }

  holdDownstreamBack(on: boolean): void {
    if (on) this.callbacks.onDecoderAboveWriteBufferHighWatermark();
    else this.callbacks.onDecoderBelowWriteBufferLowWatermark();
  }

  protected get internalRedirects(): InternalRedirectPolicy | null {
    return (this.route as ForwardRoute).internalRedirects;
  }

  /** Configuration asks for what needs the body again; else it is kept for a replay alone. */
  protected get keepsBodyByWish(): boolean {
    return this.retryState !== null || this.internalRedirects !== null;
  }

  /** True when the request goes on as another one: this filter is gone then. */
  protected followRedirect(response: ResponseHeaders): boolean {
    const { callbacks, body } = this;
    const { stats } = this.cluster as Cluster;
    const headers = this.headers as RequestHeaders;
    const route = this.route as ForwardRoute;
    const policy = route.internalRedirects as InternalRedirectPolicy;
    const { method } = headers;
    const whole = this.requestEnded && callbacks.requestComplete && body?.complete !== false;
    const request = { policy, routeName: route.name, headers, callbacks, stats: this.config.stats };
    if (!whole || !redirectHeaders(request, response)) {
      stats.upstreamInternalRedirectFailedTotal.inc();
      return false;
    }
    stats.upstreamInternalRedirectSucceededTotal.inc();
    callbacks.recreateStream(response, dropsBody(response.status, method) ? null : (body?.kept() ?? null));
    return true;
  }

  /**
   * Bytes of body to keep: for retries what the route allows, for a replay, because the method is idempotent, nothing has
   * left yet, or the host can say that it did not hear it, no more than `replayLimit`.
   */
  protected keepLimit(): number {
    const { bufferLimit } = this;
    // What was read already waits; the client is held back.
    if (this.hostLookup !== null) return Number.POSITIVE_INFINITY;
    if (this.keepsBodyByWish) return bufferLimit > 0 ? bufferLimit : Number.POSITIVE_INFINITY;
    const { attempt } = this;
    const mayBeUnheard = attempt?.unsent !== false || attempt.info.protocol === Protocol.Http2;
    if (!mayBeUnheard && !isIdempotent((this.headers as RequestHeaders).method)) return 0;
    return Math.min(replayLimit, bufferLimit > 0 ? bufferLimit : replayLimit);
  }

  protected markRequestEnd(): void {
    this.requestEnded = true;
    this.requestEndTime = this.now();
  }

  /** By the request as it came: rules and rewrites come later. */
  protected findStats(route: ForwardRoute, headers: RequestHeaders): void {
    this.ownStats = route.ownStats;
    this.virtualCluster = route.virtualCluster(headers);
    if (this.virtualCluster !== null) this.callbacks.streamInfo.virtualClusterName = this.virtualCluster.name;
  }

  /** A response, for what counts beside the cluster. */
  protected countOwn(status: number): void {
    this.virtualCluster?.responses.record(status);
    this.ownStats?.responses.record(status);
  }

  protected countOwnRequest(): void {
    this.virtualCluster?.stats.upstreamRqTotal.inc();
    this.ownStats?.stats.upstreamRqTotal.inc();
  }

  protected countTimeout(cluster: Cluster): void {
    cluster.stats.upstreamRqTimeout.inc();
    this.virtualCluster?.stats.upstreamRqTimeout.inc();
    this.ownStats?.stats.upstreamRqTimeout.inc();
  }

  /** True after a reply. */
  protected refusedInMaintenance(cluster: Cluster): boolean {
    if (!cluster.inMaintenance()) return false;
    const { name } = cluster.info;
    cluster.stats.upstreamRqMaintenanceMode.inc();
    this.callbacks.streamInfo.setFlag(ResponseFlag.UpstreamOverflow);
    const cause = `cluster '${name}' is in maintenance (runtime key upstream.maintenance_mode.${name})`;
    this.reply(503, 'maintenance mode', 'maintenance_mode', cause, true);
    return true;
  }

  /** What the client has heard of cannot be tried again; counted like a response. */
  onUpstream1xx(headers: ResponseHeaders): void {
    this.interim = true;
    const { attempt } = this;
    if (attempt !== null) countResponse(attempt, headers.status, this.headers as RequestHeaders, this.config);
    this.retryState?.release();
    this.retryState = null;
    this.callbacks.encode1xxHeaders(headers);
  }

  /** Answers in the upstream's place, counted as its response. */
  protected reply(status: number, body: string, details: string, cause: string, overloaded = false): void {
    this.timeouts?.stop(this.attempt);
    this.retryState?.release();
    this.done = true;
    const request = {
      callbacks: this.callbacks,
      cluster: this.cluster as Cluster,
      route: this.route as ForwardRoute,
      headers: this.headers as RequestHeaders,
      config: this.config,
      attempts: this.attempts,
      counted: this.interim,
    };
    this.countOwn(status);
    replyForUpstream(request, { status, body, details, cause }, overloaded && !this.config.suppressEnvoyHeaders);
  }

  protected explainTimeout(
    kind: TimeoutKind,
    attempt: UpstreamRequest | null,
    delayMs: number,
  ): { details: string; cause: string } {
    const cluster = (this.cluster as Cluster).info.name;
    return explainTimeout(kind, attempt?.host.address.text ?? '-', cluster, delayMs, this.responseStarted);
  }

  /** Its copies, where route or cluster ask for some. */
  protected mirror(
    mirrors: readonly MirrorPolicy[],
    route: ForwardRoute,
    headers: RequestHeaders,
    endStream: boolean,
  ): void {
    const { streamInfo, randomValue } = this.callbacks;
    const { config, priority, bufferLimit, downstreamProtocol: protocol } = this;
    const timeoutMs = this.timeouts?.globalMs ?? 0;
    const { metadataMatch } = route;
    const shared = { headers, streamInfo, randomValue, config, priority, protocol, bufferLimit, timeoutMs };
    this.shadows = startShadows(mirrors, { ...shared, metadataMatch }, endStream);
  }

  // --- attempts ---

  /** The back-off is over. False: the retry's cluster (refresh_cluster_on_retry) is not there, and the request was answered. */
  protected prepareRetry(): boolean {
    const retry = this.retryState;
    if (retry === null || !this.#refreshCluster(retry)) return false;
    retry.countRetry(this.cluster as Cluster);
    this.#tellTimes();
    return true;
  }

  #refreshCluster(retry: RetryState): boolean {
    const { streamInfo, randomValue } = this.callbacks;
    const headers = this.headers as RequestHeaders;
    const route = retry.nextRoute(this.route as ForwardRoute, headers, streamInfo, randomValue);
    if (route === this.route) return true;
    this.route = route;
    const { name, cluster } = route.selectCluster({ headers, streamInfo, randomValue });
    // As Envoy: the log shows the last host, and no cluster.
    streamInfo.clusterName = cluster === null ? '-' : name;
    streamInfo.clusterMetadata = cluster === null ? null : cluster.info.metadata;
    if (cluster === null) {
      const last = streamInfo.upstream;
      if (last?.host) last.host = withoutCluster(last.host);
      this.attempts++;
      this.noHealthyUpstream(
        `a retry on route '${route.name}' goes to cluster '${name}', which is unknown or still warming`,
      );
      return false;
    }
    this.cluster = cluster;
    return true;
  }

  protected noHealthyUpstream(cause: string, details = 'no_healthy_upstream'): void {
    const { streamInfo } = this.callbacks;
    streamInfo.upstream ??= new UpstreamInfo();
    streamInfo.upstream.attemptCount = this.attempts;
    streamInfo.setFlag(ResponseFlag.NoHealthyUpstream);
    this.reply(503, 'no healthy upstream', details, cause);
  }

  /** What the upstream learns of an attempt after the first. */
  #tellTimes(): void {
    const headers = this.headers as RequestHeaders;
    if (this.route?.includeTimeoutRetryInRequest)
      headers.set(Names.xEnvoyIsTimeoutRetry, this.timedOut ? 'true' : 'false');
    this.timedOut = false;
    const { timeouts } = this;
    if (timeouts === null || this.config.suppressEnvoyHeaders) return;
    tellExpected(headers, timeouts.expectedMs(this.requestEnded ? this.now() - this.requestEndTime : 0));
  }

  /**
   * The route's timeout runs from the moment the request was complete, whether or not there is a connection yet; that of
   * an attempt from the moment it has one (asked of the real Envoy with a request that waits for its connection).
   */
  protected onRequestSent(): void {
    const attempt = this.attempt;
    if (attempt === null || this.done || attempt.responseComplete) return;
    this.timeouts?.startGlobal(this.config.timeouts, this, this.requestEndTime);
    if (attempt.requestStarted) this.onUpstreamConnected(attempt);
  }

  /** The attempt has its connection: what was unknown of the peer is known now. */
  onUpstreamConnected(attempt: UpstreamRequest): void {
    if (this.callbacks.streamInfo.connection.schemeMatchesUpstream === true && this.headers !== null)
      this.headers.scheme = attempt.info.tls === null ? 'http' : 'https';
    if (!attempt.requestStarted) {
      this.countOwnRequest();
      logAttemptConnected(this.config.attemptLog, attempt, this.callbacks);
    }
    const limitMs = attempt.cluster.info.maxStreamDurationMs;
    if (limitMs > 0) attempt.streamDuration ??= this.config.timeouts.start(limitMs, this, this.now());
    if (this.requestEnded) this.timeouts?.startPerTry(this.config.timeouts, this, attempt, this.now());
  }

  protected logAttempt(attempt: UpstreamRequest, flag: number): void {
    logAttemptEnd(this.config.attemptLog.logs, attempt, this.callbacks, flag);
  }

  /** upstream_log_flush_interval. */
  protected logPeriodically(attempt: UpstreamRequest): void {
    const { timeouts, attemptLog } = this.config;
    attempt.logFlush = timeouts.start(attemptLog.flushIntervalMs, this, this.now());
    logAttemptPeriodically(attemptLog, attempt, this.callbacks);
  }

  /** The response is complete: accounts for it before its last byte goes on, since that may end the whole stream. */
  protected finishAttempt(attempt: UpstreamRequest): void {
    if (this.requestEndTime >= 0) {
      const milliseconds = Math.round(this.now() - this.requestEndTime);
      countTime(attempt, milliseconds, this.headers as RequestHeaders, this.config.zone);
      this.virtualCluster?.responses.recordTime(milliseconds);
      this.ownStats?.responses.recordTime(milliseconds);
    }
    attempt.takeBytes();
    this.logAttempt(attempt, 0);
    this.timeouts?.stop(this.attempt);
  }

  // --- downstream watermarks -----------------------------------------------------------------------------------------

  onAboveWriteBufferHighWatermark(): void {
    this.downstreamPauses++;
    const { attempt } = this;
    if (attempt === null || attempt.detached) return;
    attempt.cluster.stats.upstreamFlowControlPausedReading.inc();
    attempt.readDisable(true);
  }

  onBelowWriteBufferLowWatermark(): void {
    this.downstreamPauses--;
    const { attempt } = this;
    if (attempt === null || attempt.detached) return;
    attempt.cluster.stats.upstreamFlowControlResumedReading.inc();
    attempt.readDisable(false);
  }

  // --- load balancing ------------------------------------------------------------------------------------------------

  get requestHeaders(): RequestHeaders | null {
    return this.headers;
  }

  get streamInfo(): StreamInfo {
    return this.callbacks.streamInfo;
  }

  /** Asked for by clusters with subsets only, at the first attempt: what filters set later changes nothing, as in Envoy. */
  get metadataMatch(): MetadataMatchCriteria | null {
    if (this.#ownMetadataMatch !== null) return this.#ownMetadataMatch;
    const ofRoute = (this.route as ForwardRoute).metadataMatch;
    const fields = this.callbacks.streamInfo.dynamicMetadata?.get(loadBalancingMetadata);
    if (fields === undefined) return ofRoute;
    this.#ownMetadataMatch = ofRoute === null ? MetadataMatchCriteria.of(fields) : ofRoute.merge(fields);
    return this.#ownMetadataMatch;
  }

  hashKey(): bigint | null {
    return null;
  }

  shouldSelectAnotherHost(host: Host): boolean {
    return this.retryState?.omitsHost(host) === true;
  }

  get retryPriority(): RetryPriority | null {
    return this.retryState === null ? null : this.retryState.priority;
  }

  get hostSelectionAttempts(): number {
    return this.retryState === null ? 1 : this.retryState.hostSelectionAttempts;
  }
}

function withoutCluster({ address, hostname }: UpstreamHostInfo): UpstreamHostInfo {
  return { address, hostname, clusterName: '', clusterObservabilityName: '' };
}
