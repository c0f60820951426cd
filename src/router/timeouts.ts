// Owns the timeouts of one request: the route's, overridden by headers that trusted clients may send.
// Source: https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter#x-envoy-upstream-rq-timeout-ms
import { isGrpcContentType } from '../base/grpc-status.ts';
import { formatGrpcTimeout, parseGrpcTimeout } from '../base/grpc-timeout.ts';
import type { LazyTimeout, TimeoutHandler, TimeoutPool } from '../base/lazy-timeout.ts';
import type { RequestHeaders } from '../http/headers/header-map.ts';
import { NameFlag, type NameInfo, Names, pinnedName } from '../http/headers/name.ts';
import type { ForwardRoute } from './api.ts';

/** The timeouts in force, and the timers that run for them. */
export class RequestTimeouts {
  /** Milliseconds; 0: none. */
  readonly globalMs: number;
  readonly perTryMs: number;
  readonly perTryIdleMs: number;
  /** Status to answer a timeout with when the client asked for one, else 0. */
  readonly alternativeStatus: number;
  #global: LazyTimeout | null = null;

  constructor(globalMs: number, perTryMs: number, perTryIdleMs: number, alternativeStatus: number) {
    this.globalMs = globalMs;
    this.perTryMs = perTryMs;
    this.perTryIdleMs = perTryIdleMs;
    this.alternativeStatus = alternativeStatus;
  }

  /** `since`: when the request was complete, in monotonic milliseconds. */
  startGlobal(pool: TimeoutPool, handler: TimeoutHandler, since: number): void {
    this.#global ??= pool.start(this.globalMs, handler, since);
  }

  startPerTry(pool: TimeoutPool, handler: TimeoutHandler, attempt: TimedAttempt, now: number): void {
    if (this.perTryMs > 0) attempt.perTryTimeout ??= pool.start(this.perTryMs, handler, now);
    if (this.perTryIdleMs > 0) attempt.perTryIdleTimeout ??= pool.start(this.perTryIdleMs, handler, now);
  }

  /** How long the upstream has for an attempt that starts `elapsedMs` after the request was complete; 0: for good. */
  expectedMs(elapsedMs: number): number {
    const left = this.globalMs > 0 ? Math.max(1, this.globalMs - elapsedMs) : 0;
    if (this.perTryMs === 0) return left;
    return left > 0 ? Math.min(this.perTryMs, left) : this.perTryMs;
  }

  /** It fired: it is not released again. */
  takeGlobal(timeout: LazyTimeout): boolean {
    if (timeout !== this.#global) return false;
    this.#global = null;
    return true;
  }

  stop(attempt: TimedAttempt | null): void {
    this.#global?.release();
    this.#global = null;
    if (attempt !== null) releasePerTry(attempt);
  }
}

export interface TimedAttempt {
  perTryTimeout: LazyTimeout | null;
  /** Counts from the last byte of the response. */
  perTryIdleTimeout: LazyTimeout | null;
  /** max_stream_duration of the cluster: counts from the connection, whatever the request still has to send. */
  streamDuration: LazyTimeout | null;
  /** Until the next line of an attempt that lasts (upstream_log_flush_interval). */
  logFlush: LazyTimeout | null;
}

export function releasePerTry(attempt: TimedAttempt): void {
  attempt.perTryTimeout?.release();
  attempt.perTryTimeout = null;
  attempt.perTryIdleTimeout?.release();
  attempt.perTryIdleTimeout = null;
  attempt.streamDuration?.release();
  attempt.streamDuration = null;
  attempt.logFlush?.release();
  attempt.logFlush = null;
}

export interface TimeoutSettings {
  readonly suppressEnvoyHeaders: boolean;
  readonly respectExpectedRequestTimeout: boolean;
}

/** What else is said to the router and to nobody behind it. The retry state takes its own off. */
const forTheRouterOnly = [
  Names.xEnvoyHedgeOnPerTryTimeout,
  Names.xEnvoyUpstreamAltStatName,
  pinnedName('x-envoy-upstream-stream-duration-ms'),
];

/**
 * Also takes the headers off and tells the upstream how long it has (x-envoy-expected-rq-timeout-ms). `asks`: what
 * `hasEnvoyHeader` said.
 */
export function requestTimeouts(
  headers: RequestHeaders,
  asks: boolean,
  route: ForwardRoute,
  settings: TimeoutSettings,
): RequestTimeouts {
  const grpc = route.grpcTimeout !== null && isGrpcContentType(headers.get(Names.contentType));
  let globalMs = routeTimeout(headers, route, grpc);
  let perTryMs = route.retryPolicy?.perTryTimeoutMs ?? 0;
  let alternativeStatus = 0;
  if (asks) {
    const expected = settings.respectExpectedRequestTimeout
      ? number(headers, Names.xEnvoyExpectedRequestTimeoutMs)
      : undefined;
    // As Envoy, which then leaves the other where it is.
    if (expected === undefined) globalMs = takeNumber(headers, Names.xEnvoyUpstreamRequestTimeoutMs) ?? globalMs;
    else globalMs = expected;
    perTryMs = number(headers, Names.xEnvoyUpstreamRequestPerTryTimeoutMs) ?? perTryMs;
    if (headers.has(Names.xEnvoyUpstreamRequestTimeoutAltResponse)) alternativeStatus = 204;
    headers.remove(Names.xEnvoyUpstreamRequestPerTryTimeoutMs);
    headers.remove(Names.xEnvoyUpstreamRequestTimeoutAltResponse);
    for (const name of forTheRouterOnly) headers.remove(name);
  }
  if (perTryMs >= globalMs && globalMs > 0) perTryMs = 0;
  const timeouts = new RequestTimeouts(
    globalMs,
    perTryMs,
    route.retryPolicy?.perTryIdleTimeoutMs ?? 0,
    alternativeStatus,
  );
  const expectedMs = timeouts.expectedMs(0);
  if (!settings.suppressEnvoyHeaders) tellExpected(headers, expectedMs);
  if (grpc && expectedMs > 0 && !route.usesStreamDuration)
    headers.set(Names.grpcTimeout, formatGrpcTimeout(expectedMs));
  return timeouts;
}

/** Before the request's own wishes. */
function routeTimeout(headers: RequestHeaders, route: ForwardRoute, grpc: boolean): number {
  if (route.usesStreamDuration) return 0;
  const rule = route.grpcTimeout;
  if (!grpc || rule === null) return route.timeoutMs;
  // 0 is no limit, here and in the maximum.
  let asked = parseGrpcTimeout(headers.get(Names.grpcTimeout)) ?? 0;
  if (rule.offsetMs < asked) asked -= rule.offsetMs;
  return rule.maxMs !== 0 && (asked === 0 || asked > rule.maxMs) ? rule.maxMs : asked;
}

/** Tells the upstream how long it has (x-envoy-expected-rq-timeout-ms). */
export function tellExpected(headers: RequestHeaders, milliseconds: number): void {
  if (milliseconds > 0) headers.set(Names.xEnvoyExpectedRequestTimeoutMs, String(Math.round(milliseconds)));
}

/** Without one, nobody looks for those that the router knows. */
export function hasEnvoyHeader(headers: RequestHeaders): boolean {
  const entries = headers.entries;
  for (let i = 0; i < entries.length; i += 2) {
    const name = entries[i];
    if (typeof name === 'object' && (name.flags & NameFlag.Envoy) !== 0) return true;
  }
  return false;
}

function takeNumber(headers: RequestHeaders, name: NameInfo): number | undefined {
  const value = number(headers, name);
  headers.remove(name);
  return value;
}

function number(headers: RequestHeaders, name: NameInfo): number | undefined {
  const value = headers.get(name);
  return value !== undefined && /^\d{1,12}$/.test(value) ? Number(value) : undefined;
}
