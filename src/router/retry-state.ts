// Owns the decision whether a failed attempt is made again: the route's retry policy, and the rule of DESIGN 4 for a
// keep-alive connection that the upstream closed just as a request went out on it.
import { ResetReason } from '../http/codec/api.ts';
import type { RequestHeaders, ResponseHeaders } from '../http/headers/header-map.ts';
import { Names, pinnedName } from '../http/headers/name.ts';
import { ResponseFlag } from '../observability/response-flags.ts';
import type { StreamInfo } from '../observability/stream-info.ts';
import type { Cluster, Priority } from '../upstream/api.ts';
import type { RetryPolicy } from './api.ts';
import { parseRetryOn, RetryOn } from './retry-on.ts';

const rateLimited = pinnedName('x-envoy-ratelimited');

/** RFC 9110 section 9.2.2: doing it twice is doing it once. */
const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

export function isIdempotent(method: string): boolean {
  return idempotent.has(method);
}

/**
 * The rule of DESIGN 4. The connection had carried another request, and not one byte of a response came: most likely the
 * upstream's idle close. Where nothing has left yet even a POST may go out elsewhere.
 */
export function mayReplay(attempt: ReplayedAttempt, reason: ResetReason, headers: RequestHeaders): boolean {
  if (!attempt.reused || attempt.responseStarted || headers.protocol !== '') return false;
  if (reason !== ResetReason.ConnectionTermination && reason !== ResetReason.RemoteReset) return false;
  return isIdempotent(headers.method) || attempt.unsent;
}

export interface ReplayedAttempt {
  readonly reused: boolean;
  readonly responseStarted: boolean;
  readonly unsent: boolean;
}

export class RetryState {
  readonly #policy: RetryPolicy;
  readonly #retryOn: number;
  #left: number;
  #attempts = 0;

  constructor(policy: RetryPolicy, retryOn: number, retries: number) {
    this.#policy = policy;
    this.#retryOn = retryOn;
    this.#left = retries;
  }

  /** Retries made so far. */
  get attempts(): number {
    return this.#attempts;
  }

  get exhausted(): boolean {
    return this.#left === 0;
  }

  /** Whether number and circuit breaker allow one more; counts and flags what does not. */
  admitted(cluster: Cluster, priority: Priority, streamInfo: StreamInfo): boolean {
    if (this.exhausted) {
      cluster.stats.upstreamRqRetryLimitExceeded.inc();
      streamInfo.setFlag(ResponseFlag.UpstreamRetryLimitExceeded);
      return false;
    }
    if (cluster.circuitBreakers[priority].retries.canCreate()) return true;
    cluster.stats.upstreamRqRetryOverflow.inc();
    return false;
  }

  /** One attempt more is made. Returns the delay before it in milliseconds (full jitter on an exponential back-off). */
  take(fraction: number): number {
    this.#left--;
    const ceiling = Math.min(this.#policy.backOffMaxMs, this.#policy.backOffBaseMs * (2 ** ++this.#attempts - 1));
    return Math.floor(fraction * ceiling);
  }

  wantsStatus(headers: ResponseHeaders): boolean {
    const { status } = headers;
    const on = this.#retryOn;
    // Asked of the real Envoy: a response that says so is retried by this condition alone, whatever its status.
    if (headers.has(rateLimited)) return (on & RetryOn.EnvoyRateLimited) !== 0;
    if ((on & RetryOn.FiveXx) !== 0 && status >= 500) return true;
    if ((on & RetryOn.GatewayError) !== 0 && status >= 502 && status <= 504) return true;
    if ((on & RetryOn.Retriable4xx) !== 0 && status === 409) return true;
    return (on & RetryOn.RetriableStatusCodes) !== 0 && this.#policy.retriableStatusCodes.includes(status);
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
    return (this.#retryOn & (RetryOn.FiveXx | RetryOn.GatewayError | RetryOn.Reset)) !== 0;
  }
}

function isConnectFailure(reason: ResetReason): boolean {
  return (
    reason === ResetReason.LocalConnectionFailure ||
    reason === ResetReason.RemoteConnectionFailure ||
    reason === ResetReason.ConnectionTimeout
  );
}

/** The state for a request, null when neither route nor headers ask for retries. Takes the request's own headers off. */
export function retryStateFor(headers: RequestHeaders, policy: RetryPolicy | null): RetryState | null {
  const asked = headers.get(Names.xEnvoyRetryOn);
  const askedGrpc = headers.get(Names.xEnvoyRetryGrpcOn);
  const askedMax = headers.get(Names.xEnvoyMaxRetries);
  if (asked !== undefined) headers.remove(Names.xEnvoyRetryOn);
  if (askedGrpc !== undefined) headers.remove(Names.xEnvoyRetryGrpcOn);
  if (askedMax !== undefined) headers.remove(Names.xEnvoyMaxRetries);
  const retryOn = (policy?.retryOn ?? 0) | (asked === undefined ? 0 : parseRetryOn(asked));
  if (retryOn === 0) return null;
  const base = policy ?? defaultPolicy;
  const max = askedMax !== undefined && /^\d{1,9}$/.test(askedMax) ? Number(askedMax) : base.numRetries;
  return max === 0 ? null : new RetryState(base, retryOn, max);
}

const defaultPolicy: RetryPolicy = {
  retryOn: 0,
  numRetries: 1,
  perTryTimeoutMs: 0,
  retriableStatusCodes: [],
  backOffBaseMs: 25,
  backOffMaxMs: 250,
};
