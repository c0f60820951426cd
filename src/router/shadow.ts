// Owns a copy of a request that goes to another cluster (request_mirror_policies). Its answer goes to nobody, and nothing
// that happens to it touches the request itself: where it cannot keep up it is given up.
import type { LazyTimeout, TimeoutHandler } from '../base/lazy-timeout.ts';
import type { Protocol, ResetReason } from '../http/codec/api.ts';
import { type HeaderMap, RequestHeaders, type ResponseHeaders } from '../http/headers/header-map.ts';
import { Names } from '../http/headers/name.ts';
import type { StreamTransportOptions } from '../network/api.ts';
import type { StreamInfo } from '../observability/stream-info.ts';
import {
  type Cluster,
  type Host,
  type LoadBalancerContext,
  type MetadataMatchCriteria,
  type Priority,
  streamTransportOptions,
} from '../upstream/api.ts';
import { countAwaitedOutcome, countForHost, countResponse, countTime } from './accounting.ts';
import type { MirrorPolicy } from './api.ts';
import { clusterPolicies } from './cluster-policies.ts';
import type { RouterConfig } from './config-types.ts';
import { expectNames } from './expected-names.ts';
import { resetFlag, resetStatus } from './failure.ts';
import { releasePerTry } from './timeouts.ts';
import {
  type LoggedRequest,
  logAttemptConnected,
  logAttemptEnd,
  logAttemptPeriodically,
  requestOfOurOwn,
} from './upstream-log.ts';
import { type AttemptOwner, UpstreamRequest } from './upstream-request.ts';

/** Bytes that may wait where the listener sets no limit. */
const defaultLimit = 1024 * 1024;

interface ShadowOptions {
  readonly config: RouterConfig;
  readonly cluster: Cluster;
  readonly headers: RequestHeaders;
  readonly metadataMatch: MetadataMatchCriteria | null;
  readonly priority: Priority;
  readonly protocol: Protocol;
  readonly bufferLimit: number;
  /** Milliseconds; 0: none. */
  readonly timeoutMs: number;
}

export class Shadow implements AttemptOwner, LoadBalancerContext, TimeoutHandler {
  readonly bufferLimit: number;
  /** The route's; the request's own metadata does not come along, as in Envoy. */
  readonly metadataMatch: MetadataMatchCriteria | null;
  readonly hostSelectionAttempts = 1;
  readonly retryPriority = null;
  readonly #options: ShadowOptions;
  #attempt: UpstreamRequest | null = null;
  #timeout: LazyTimeout | null = null;
  #endTime = -1;
  /** Its upstream does not take what is there. */
  #stuck = false;
  /** Null without an upstream log. */
  readonly #logged: LoggedRequest | null;

  constructor(options: ShadowOptions) {
    this.#options = options;
    this.metadataMatch = options.metadataMatch;
    const { cluster, headers, config } = options;
    this.#logged =
      config.attemptLog.logs.length === 0 ? null : requestOfOurOwn(cluster.info.name, headers, config.timeouts.clock);
    this.bufferLimit = options.bufferLimit > 0 ? options.bufferLimit : defaultLimit;
  }

  start(endStream: boolean): void {
    const { cluster, headers, priority, protocol } = this.#options;
    const host = cluster.chooseHost(this);
    const pool = host === null ? null : cluster.httpPool(host, priority, protocol, this.#transportOptions());
    if (host === null || pool === null) {
      if (host === null) cluster.stats.upstreamCxNoneHealthy.inc();
      this.#countFailure(503);
      return;
    }
    const attempt = new UpstreamRequest(this, cluster, host, null);
    this.#attempt = attempt;
    this.#startLogFlush(attempt);
    if (endStream) this.#requestEnded();
    attempt.start(pool, headers, endStream, false);
  }

  /** The copy is for another host; the request's filter state does not come along, as in Envoy. */
  #transportOptions(): StreamTransportOptions | null {
    const { cluster, headers, config } = this.#options;
    const { expectedNames } = cluster.info;
    if (expectedNames === null) return null;
    const { streamInfo } = this.#logged ?? requestOfOurOwn(cluster.info.name, headers, config.timeouts.clock);
    expectNames(expectedNames, headers, streamInfo);
    return streamTransportOptions(streamInfo);
  }

  sendData(data: Buffer, endStream: boolean): void {
    if (this.#stuck) this.cancel();
    if (endStream) this.#requestEnded();
    this.#attempt?.sendData(data, endStream);
  }

  sendTrailers(trailers: HeaderMap): void {
    this.#requestEnded();
    this.#attempt?.sendTrailers(trailers);
  }

  #requestEnded(): void {
    if (this.#attempt === null) return;
    this.#endTime = this.now();
    this.#timeout = this.#options.config.timeouts.start(this.#options.timeoutMs, this, this.#endTime);
  }

  /** The client left before its request was complete: half a copy is of no use. A complete one goes its own way. */
  onRequestGone(): void {
    if (this.#endTime < 0) this.cancel();
  }

  cancel(): void {
    this.#timeout?.release();
    this.#timeout = null;
    const attempt = this.#attempt;
    this.#attempt = null;
    if (attempt === null) return;
    this.#logEnd(attempt, 0);
    attempt.cancel();
  }

  #startLogFlush(attempt: UpstreamRequest): void {
    const { timeouts, attemptLog } = this.#options.config;
    attempt.logFlush = timeouts.start(attemptLog.flushIntervalMs, this, this.now());
  }

  #logEnd(attempt: UpstreamRequest, flag: number): void {
    if (this.#logged !== null) logAttemptEnd(this.#options.config.attemptLog.logs, attempt, this.#logged, flag);
  }

  #countFailure(status: number): void {
    this.#options.cluster.stats.recordResponse(status, true, false);
  }

  // --- what the attempt tells ----------------------------------------------------------------------------------------

  get downstreamProtocol(): Protocol {
    return this.#options.protocol;
  }

  now(): number {
    return this.#options.config.timeouts.clock.monotonic();
  }

  /** The client is not held back for a copy. */
  holdDownstreamBack(on: boolean): void {
    this.#stuck = on;
  }

  onUpstreamConnected(attempt: UpstreamRequest): void {
    if (this.#logged !== null) logAttemptConnected(this.#options.config.attemptLog, attempt, this.#logged);
  }

  onUnsendable(): void {
    this.cancel();
  }

  onUpstream1xx(): void {}

  onUpstreamHeaders(attempt: UpstreamRequest, headers: ResponseHeaders, endStream: boolean): void {
    countForHost(attempt, headers, endStream, this.#options.headers);
    countResponse(attempt, headers.status, this.#options.headers, this.#options.config);
    if (endStream) this.#complete(attempt);
  }

  onHandshakeUnsuccessful(): void {
    this.cancel();
  }

  onUpstreamData(attempt: UpstreamRequest, _data: Buffer, endStream: boolean): void {
    if (!endStream) return;
    countAwaitedOutcome(attempt, null);
    this.#complete(attempt);
  }

  onUpstreamTrailers(attempt: UpstreamRequest, trailers: HeaderMap): void {
    countAwaitedOutcome(attempt, trailers);
    this.#complete(attempt);
  }

  #complete(attempt: UpstreamRequest): void {
    const { headers, config } = this.#options;
    if (this.#endTime >= 0) countTime(attempt, Math.round(this.now() - this.#endTime), headers, config.zone);
    this.#timeout?.release();
    this.#timeout = null;
    this.#logEnd(attempt, 0);
    releasePerTry(attempt);
    // The rest of the request has nowhere to go once it was answered.
    if (this.#endTime < 0) this.cancel();
  }

  onUpstreamReset(attempt: UpstreamRequest, reason: ResetReason): void {
    attempt.host.stats.rqError++;
    if (!attempt.responseStarted) this.#countFailure(resetStatus(reason));
    this.#logEnd(attempt, resetFlag(reason));
    this.cancel();
  }

  onTimeout(timeout: LazyTimeout): void {
    const attempt = this.#attempt;
    if (attempt !== null && attempt.logFlush === timeout) {
      this.#startLogFlush(attempt);
      if (this.#logged !== null) logAttemptPeriodically(this.#options.config.attemptLog, attempt, this.#logged);
      return;
    }
    this.#timeout = null;
    if (attempt === null) return;
    attempt.cluster.stats.upstreamRqTimeout.inc();
    attempt.host.stats.rqTimeout++;
    if (!attempt.responseStarted) this.#countFailure(504);
    this.cancel();
  }

  // --- load balancing ------------------------------------------------------------------------------------------------

  get requestHeaders(): RequestHeaders {
    return this.#options.headers;
  }

  hashKey(): bigint | null {
    return null;
  }

  shouldSelectAnotherHost(_host: Host): boolean {
    return false;
  }
}

/** Clusters may have copies made in a circle. */
const maxDepth = 4;

/** What the copies of one request share. */
export interface ShadowSource extends Omit<ShadowOptions, 'cluster'> {
  readonly streamInfo: StreamInfo;
  /** Uniform in [0, 2^32). */
  readonly randomValue: number;
}

/** Null where none of the policies applies. A tunnel has no copy: it would never end. */
export function startShadows(
  policies: readonly MirrorPolicy[],
  source: ShadowSource,
  endStream: boolean,
): Shadow[] | null {
  const { headers } = source;
  if (headers.protocol !== '' || headers.method === 'CONNECT') return null;
  const shadows: Shadow[] = [];
  startEach(policies, source, endStream, shadows, 1);
  return shadows.length === 0 ? null : shadows;
}

function startEach(
  policies: readonly MirrorPolicy[],
  source: ShadowSource,
  endStream: boolean,
  shadows: Shadow[],
  depth: number,
): void {
  const { headers, streamInfo, randomValue, config } = source;
  for (const policy of policies) {
    if (policy.fraction !== null && !policy.fraction.includes(randomValue)) continue;
    const { cluster } = policy.cluster.select({ headers, streamInfo, randomValue });
    if (cluster === null) continue;
    const copy = shadowHeaders(headers, policy, streamInfo, config.localAddress);
    const shadow = new Shadow({ ...source, cluster, headers: copy });
    shadows.push(shadow);
    shadow.start(endStream);
    const mirrors = clusterPolicies(cluster)?.mirrors ?? null;
    if (mirrors === null || depth === maxDepth) continue;
    // As Envoy: a cluster that has its requests copied has the copies copied as well.
    startEach(mirrors, { ...source, headers: copy, metadataMatch: null }, endStream, shadows, depth + 1);
  }
}

/** The headers of the copy: the request's as they go up, another host, and where it comes from. */
function shadowHeaders(
  original: RequestHeaders,
  policy: MirrorPolicy,
  streamInfo: StreamInfo,
  ownAddress: string,
): RequestHeaders {
  const copy = new RequestHeaders();
  copy.method = original.method;
  copy.path = original.path;
  copy.scheme = original.scheme;
  copy.emptyHost = original.emptyHost;
  copy.authority = policy.hostRewrite !== '' ? policy.hostRewrite : shadowHost(original.authority, policy.appendSuffix);
  for (let i = 0; i < original.size; i++) copy.append(original.nameAt(i), original.valueAt(i));
  for (const rules of policy.mutations) rules.applyToRequest(copy, streamInfo);
  copy.set(Names.xEnvoyInternal, 'true');
  if (copy.has(Names.xForwardedFor)) copy.appendToValue(Names.xForwardedFor, ownAddress);
  else copy.append(Names.xForwardedFor, ownAddress);
  return copy;
}

/** `-shadow` behind the name, in front of the port. */
function shadowHost(authority: string, append: boolean): string {
  if (!append || authority === '') return authority;
  const port = authority.search(/:\d+$/);
  return port === -1 ? `${authority}-shadow` : `${authority.slice(0, port)}-shadow${authority.slice(port)}`;
}
