// Owns whether and when a failed attempt is made again: the route's retry policy with what the request's headers add, the
// number of attempts, the circuit breaker for retries, the back-off; and which hosts another attempt should avoid.
import type { Timer, TimerHandler, Timers } from '../base/timers.ts';
import { ResetReason } from '../http/codec/api.ts';
import type { RequestHeaders, ResponseHeaders } from '../http/headers/header-map.ts';
import { headerName, type NameInfo, Names, pinnedName } from '../http/headers/name.ts';
import type { StreamInfo } from '../observability/stream-info.ts';
import type { Cluster, Host, Priority, ResourceLimit, RetryPriority } from '../upstream/api.ts';
import type { ForwardRoute, RequestStats, RetryPolicy } from './api.ts';
import { askedIntervalMs, exponentialDelayMs, rateLimitedDelayMs } from './retry-back-off.ts';
import type { RetryControls } from './retry-controls.ts';
import { looksAtGrpcStatus, parseRetryGrpcOn, parseRetryOn, RetryOn, wantsGrpcStatus } from './retry-on.ts';
import type { RequestRetryPriority } from './retry-priorities.ts';

const rateLimited = pinnedName('x-envoy-ratelimited');
/** What peers may name in x-envoy-retriable-status-codes and -header-names: more is passed over. */
const maxNamed = 64;

export const RetryVerdict = {
  /** Nothing of the policy asks for another attempt. */
  NotWanted: 0,
  Granted: 1,
  /** The policy asks, and all its attempts were made. */
  LimitExceeded: 2,
  /** The policy asks, and the circuit breaker for retries is open. */
  Overflow: 3,
} as const;
export type RetryVerdict = (typeof RetryVerdict)[keyof typeof RetryVerdict];

/** Told when the back-off is over. */
export interface RetryOwner {
  retry(): void;
}

/** What the retry state needs of the request it belongs to. */
export interface RetryScheduling {
  readonly timers: Timers;
  readonly random: { fraction(): number };
  readonly clock: { wall(): number };
}

export class RetryState implements TimerHandler {
  #virtualCluster: RequestStats | null = null;
  #ownStats: RequestStats | null = null;
  #controls: RetryControls | null = null;
  readonly #policy: RetryPolicy;
  readonly #retryOn: number;
  /** Named by the request; null without. */
  readonly #moreCodes: readonly number[] | null;
  readonly #moreHeaders: readonly NameInfo[] | null;
  #left: number;
  #attempts = 0;
  /** Null until the first retry: most requests have none. */
  #tried: Host[] | null = null;
  #triedPriorities: RequestRetryPriority | null = null;
  /** refresh_cluster_on_retry: routes of the weighted clusters that were tried. */
  #triedRoutes: ForwardRoute[] | null = null;
  #timer: Timer | null = null;
  #owner: RetryOwner | null = null;
  /** Asked of the real Envoy: the breaker of the first attempt's cluster counts, whichever a retry goes to. */
  #breaker: ResourceLimit | null = null;
  /** This request counts as a retry in progress. */
  #counts = false;
  #askedMs = 0;
  /** The back-off under way is as long as the upstream asked for. */
  #waitsAsAsked = false;

  constructor(
    policy: RetryPolicy,
    retryOn: number,
    retries: number,
    codes: number[] | null,
    headers: NameInfo[] | null,
  ) {
    this.#policy = policy;
    this.#retryOn = retryOn;
    this.#left = retries;
    this.#moreCodes = codes;
    this.#moreHeaders = headers;
  }

  /** What counts beside the cluster, and what the runtime says of retries. */
  bind(virtualCluster: RequestStats | null, ownStats: RequestStats | null, controls: RetryControls): void {
    this.#virtualCluster = virtualCluster;
    this.#ownStats = ownStats;
    this.#controls = controls;
  }

  /** Retries made so far. */
  get attempts(): number {
    return this.#attempts;
  }

  get exhausted(): boolean {
    return this.#left === 0;
  }

  // --- what asks for another attempt ---------------------------------------------------------------------------------

  wantsStatus(headers: ResponseHeaders): boolean {
    const { status } = headers;
    const on = this.#retryOn;
    // Asked of the real Envoy: a response that says so is retried by this condition alone, whatever its status.
    if (headers.has(rateLimited)) return (on & RetryOn.EnvoyRateLimited) !== 0;
    if ((on & RetryOn.FiveXx) !== 0 && status >= 500) return true;
    if ((on & RetryOn.GatewayError) !== 0 && status >= 502 && status <= 504) return true;
    if ((on & RetryOn.Retriable4xx) !== 0 && status === 409) return true;
    if ((on & RetryOn.RetriableStatusCodes) !== 0) {
      if (this.#policy.retriableStatusCodes.includes(status) || this.#moreCodes?.includes(status) === true) return true;
    }
    if ((on & RetryOn.RetriableHeaders) !== 0 && this.#hasRetriableHeader(headers)) return true;
    if (!looksAtGrpcStatus(on)) return false;
    const grpcStatus = headers.get(Names.grpcStatus);
    return grpcStatus !== undefined && wantsGrpcStatus(on, grpcStatus);
  }

  #hasRetriableHeader(headers: ResponseHeaders): boolean {
    for (const matcher of this.#policy.retriableHeaders) if (matcher.matches(headers)) return true;
    if (this.#moreHeaders !== null) for (const name of this.#moreHeaders) if (headers.has(name)) return true;
    return false;
  }

  /** `requestStarted`: bytes of the request may have reached the upstream. */
  wantsReset(reason: ResetReason, requestStarted: boolean): boolean {
    const on = this.#retryOn;
    if (reason === ResetReason.Overflow) return false;
    if ((on & (RetryOn.Reset | RetryOn.FiveXx | RetryOn.GatewayError)) !== 0) return true;
    if ((on & RetryOn.ResetBeforeRequest) !== 0 && !requestStarted) return true;
    if ((on & RetryOn.RefusedStream) !== 0 && reason === ResetReason.RemoteRefusedStreamReset) return true;
    return (on & RetryOn.ConnectFailure) !== 0 && isConnectFailure(reason);
  }

  wantsPerTryTimeout(): boolean {
    return this.wantsReset(ResetReason.LocalReset, true);
  }

  // --- whether it may be ---------------------------------------------------------------------------------------------

  /** Each outcome of an attempt is asked about once: what came before counts as a success where nothing more is wanted. */
  decide(wanted: boolean, cluster: Cluster, priority: Priority): RetryVerdict {
    const { stats } = cluster;
    this.#breaker ??= cluster.circuitBreakers[priority].retries;
    if (!wanted) {
      if (this.#counts) {
        stats.upstreamRqRetrySuccess.inc();
        this.#virtualCluster?.stats.upstreamRqRetrySuccess.inc();
        this.#ownStats?.stats.upstreamRqRetrySuccess.inc();
      }
      this.release();
      return RetryVerdict.NotWanted;
    }
    this.release();
    if (this.exhausted) {
      stats.upstreamRqRetryLimitExceeded.inc();
      this.#virtualCluster?.stats.upstreamRqRetryLimitExceeded.inc();
      this.#ownStats?.stats.upstreamRqRetryLimitExceeded.inc();
      return RetryVerdict.LimitExceeded;
    }
    if (!this.#breaker.canCreate()) {
      stats.upstreamRqRetryOverflow.inc();
      this.#virtualCluster?.stats.upstreamRqRetryOverflow.inc();
      this.#ownStats?.stats.upstreamRqRetryOverflow.inc();
      return RetryVerdict.Overflow;
    }
    if (this.#controls?.allows() === false) return RetryVerdict.NotWanted;
    this.#breaker.inc();
    this.#counts = true;
    return RetryVerdict.Granted;
  }

  /** After a response that asked for another attempt: how long it wants to be left alone. */
  noteResponse(headers: ResponseHeaders, wallMs: number): void {
    const asked = this.#policy.rateLimitedBackOff;
    this.#askedMs = asked === null ? 0 : askedIntervalMs(asked, headers, wallMs);
  }

  /** After `Granted`: calls the owner when the back-off is over. */
  schedule(host: Host, owner: RetryOwner, { timers, random }: RetryScheduling): void {
    if (this.#policy.hostPredicates.length > 0) {
      this.#tried ??= [];
      this.#tried.push(host);
    }
    if (this.#policy.retryPriority !== null) {
      this.#triedPriorities ??= this.#policy.retryPriority.create();
      this.#triedPriorities.onHostAttempted(host);
    }
    this.#owner = owner;
    this.#timer = timers.schedule(this.take(random.fraction()), this);
  }

  /** One attempt more is made. Returns the delay before it in milliseconds. */
  take(fraction: number): number {
    this.#left--;
    this.#attempts++;
    const asked = this.#askedMs;
    this.#askedMs = 0;
    // A millisecond is what Envoy does without.
    this.#waitsAsAsked = asked > 1;
    return this.#waitsAsAsked
      ? rateLimitedDelayMs(asked, fraction)
      : exponentialDelayMs(this.#policy, this.#attempts, fraction, this.#controls?.baseMs);
  }

  onTimer(): void {
    this.#timer = null;
    this.#owner?.retry();
  }

  /** Asked of the real Envoy: a retry counts when it goes out, not when it is decided on, and where it goes. */
  countRetry({ stats }: Cluster): void {
    stats.upstreamRqRetry.inc();
    this.#virtualCluster?.stats.upstreamRqRetry.inc();
    this.#ownStats?.stats.upstreamRqRetry.inc();
    if (this.#waitsAsAsked) stats.upstreamRqRetryBackoffRatelimited.inc();
    else stats.upstreamRqRetryBackoffExponential.inc();
  }

  /** As in Envoy a retry counts until its outcome is known, not only while it waits. Also the end of this state. */
  release(): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#counts) this.#breaker?.dec();
    this.#counts = false;
  }

  // --- where to ------------------------------------------------------------------------------------------------------

  /** How often the load balancer may look for a host that no predicate omits. */
  get hostSelectionAttempts(): number {
    return this.#policy.hostSelectionAttempts;
  }

  get priority(): RetryPriority | null {
    return this.#triedPriorities;
  }

  /** refresh_cluster_on_retry: the route, of those by weight, that the next attempt takes. */
  nextRoute(route: ForwardRoute, headers: RequestHeaders, streamInfo: StreamInfo, randomValue: number): ForwardRoute {
    const { alternatives } = route;
    if (!this.#policy.refreshesCluster || alternatives === null) return route;
    this.#triedRoutes ??= [];
    this.#triedRoutes.push(route);
    return alternatives.another(this.#triedRoutes, { headers, streamInfo, randomValue }) ?? route;
  }

  omitsHost(host: Host): boolean {
    const tried = this.#tried;
    if (tried === null) return false;
    for (const predicate of this.#policy.hostPredicates) if (predicate.omits(host, tried)) return true;
    return false;
  }
}

function isConnectFailure(reason: ResetReason): boolean {
  return (
    reason === ResetReason.LocalConnectionFailure ||
    reason === ResetReason.RemoteConnectionFailure ||
    reason === ResetReason.ConnectionTimeout
  );
}

/**
 * The state for a request, null when neither route nor headers ask for retries. `asks`: the headers may (hasEnvoyHeader);
 * those about retries are taken off.
 */
export function retryStateFor(headers: RequestHeaders, asks: boolean, policy: RetryPolicy | null): RetryState | null {
  if (!asks) {
    if (policy === null || policy.retryOn === 0 || !mayRetry(headers, policy)) return null;
    return new RetryState(policy, policy.retryOn, policy.numRetries, null, null);
  }
  const asked = take(headers, Names.xEnvoyRetryOn);
  const askedGrpc = take(headers, Names.xEnvoyRetryGrpcOn);
  const askedMax = take(headers, Names.xEnvoyMaxRetries);
  const codes = take(headers, Names.xEnvoyRetriableStatusCodes);
  const names = take(headers, Names.xEnvoyRetriableHeaderNames);
  let retryOn = policy?.retryOn ?? 0;
  if (asked !== undefined) retryOn |= parseRetryOn(asked);
  if (askedGrpc !== undefined) retryOn |= parseRetryGrpcOn(askedGrpc);
  if (retryOn === 0 || (policy !== null && !mayRetry(headers, policy))) return null;
  const base = policy ?? defaultPolicy;
  const max = askedMax !== undefined && /^\d{1,9}$/.test(askedMax) ? Number(askedMax) : base.numRetries;
  return new RetryState(
    base,
    retryOn,
    max,
    codes === undefined ? null : parseCodes(codes),
    names === undefined ? null : parseNames(names),
  );
}

function take(headers: RequestHeaders, name: NameInfo): string | undefined {
  const value = headers.get(name);
  if (value !== undefined) headers.remove(name);
  return value;
}

/** retriable_request_headers: one of them must be there, where there are any. */
function mayRetry(headers: RequestHeaders, policy: RetryPolicy): boolean {
  if (policy.retriableRequestHeaders.length === 0) return true;
  for (const matcher of policy.retriableRequestHeaders) if (matcher.matches(headers)) return true;
  return false;
}

function parseCodes(list: string): number[] {
  const codes: number[] = [];
  for (const word of list.split(',', maxNamed)) if (/^\s*\d{1,9}\s*$/.test(word)) codes.push(Number(word));
  return codes;
}

function parseNames(list: string): NameInfo[] {
  const names: NameInfo[] = [];
  for (const word of list.split(',', maxNamed)) if (word.trim() !== '') names.push(headerName(word.trim()));
  return names;
}

const defaultPolicy: RetryPolicy = {
  retryOn: 0,
  numRetries: 1,
  perTryTimeoutMs: 0,
  perTryIdleTimeoutMs: 0,
  retriableStatusCodes: [],
  retriableHeaders: [],
  retriableRequestHeaders: [],
  hostPredicates: [],
  hostSelectionAttempts: 1,
  retryPriority: null,
  refreshesCluster: false,
  rateLimitedBackOff: null,
  backOffBaseMs: 25,
  backOffMaxMs: 250,
};
