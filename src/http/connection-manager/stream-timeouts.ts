// Owns the timeouts of one downstream stream: without bytes, until the request is complete, in all; and what the client
// is told when one of them is over. The stream itself extends this class: a request costs no object more for it.
import { isGrpcContentType } from '../../base/grpc-status.ts';
import { formatGrpcTimeout, parseGrpcTimeout } from '../../base/grpc-timeout.ts';
import type { LazyTimeout, TimeoutHandler } from '../../base/lazy-timeout.ts';
import { ResponseFlag } from '../../observability/response-flags.ts';
import type { StreamInfo } from '../../observability/stream-info.ts';
import type { ForwardRoute, Route } from '../../router/api.ts';
import type { RequestHeaders } from '../headers/header-map.ts';
import { Names } from '../headers/name.ts';
import type { ConnectionManager } from './connection-manager.ts';

/** gRPC's status for a stream that took too long. */
const deadlineExceeded = 4;

export abstract class StreamTimeouts implements TimeoutHandler {
  readonly manager: ConnectionManager;
  abstract readonly info: StreamInfo;
  /** The request's last byte has arrived. */
  requestComplete = false;
  /** When something last happened; monotonic milliseconds. */
  protected now: number;

  #idle: LazyTimeout | null;
  #request: LazyTimeout | null;
  #maxDuration: LazyTimeout | null;
  /** The response is over, and waits for the client's window. */
  #flush: LazyTimeout | null = null;
  #flushMs: number;
  #logFlush: LazyTimeout | null;

  constructor(manager: ConnectionManager, now: number) {
    const { config, services } = manager;
    const { timeouts } = services;
    this.manager = manager;
    this.now = now;
    this.#idle = timeouts.start(config.streamIdleTimeoutMs, this, now);
    this.#request = timeouts.start(config.requestTimeoutMs, this, now);
    this.#maxDuration = timeouts.start(config.maxStreamDurationMs, this, now);
    this.#flushMs = config.streamFlushTimeoutMs;
    this.#logFlush = timeouts.start(config.accessLogging.flushIntervalMs, this, now);
  }

  /** Answers, or resets where an answer has begun. */
  protected abstract timedOut(status: number, body: string, details: string, cause: string, grpcStatus?: number): void;
  /** The client does not take the end of the response. */
  protected abstract flushTimedOut(): void;
  abstract onException(error: unknown): void;
  /** A line for a stream that lasts (access_log_flush_interval). */
  protected abstract logPeriodically(): void;

  /** Bytes went one way or the other. */
  protected touch(): void {
    this.now = this.manager.services.clock.monotonic();
    this.#idle?.touch(this.now);
  }

  protected stopRequestTimeout(): void {
    if (this.#request === null) return;
    this.#request.release();
    this.#request = null;
  }

  /** A route's own timeouts take the place of the connection manager's; gRPC upstreams are told how long they have. */
  protected applyRouteTimeouts(route: Route, headers: RequestHeaders): void {
    if (route.kind !== 'forward') return;
    this.#flushMs = route.flushTimeoutMs ?? this.manager.config.streamFlushTimeoutMs;
    const { timeouts } = this.manager.services;
    const idleMs = route.idleTimeoutMs ?? this.manager.config.streamIdleTimeoutMs;
    if (idleMs !== (this.#idle?.delayMs ?? 0)) {
      this.#idle?.release();
      this.#idle = timeouts.start(idleMs, this, this.now);
    }
    const durationMs = this.#duration(route, headers);
    if (durationMs !== (this.#maxDuration?.delayMs ?? 0)) {
      this.#maxDuration?.release();
      this.#maxDuration = timeouts.start(durationMs, this, this.info.startTime);
    }
  }

  /** Milliseconds the stream may last; 0: no limit. */
  #duration(route: ForwardRoute, headers: RequestHeaders): number {
    const configured = route.maxStreamDurationMs ?? this.manager.config.maxStreamDurationMs;
    if (!route.usesStreamDuration) return configured;
    const rule = route.grpcTimeoutHeader;
    const asked = rule === null ? undefined : parseGrpcTimeout(headers.get(Names.grpcTimeout));
    if (rule === null || asked === undefined) {
      if (configured !== 0 && isGrpcContentType(headers.get(Names.contentType)))
        headers.set(Names.grpcTimeout, formatGrpcTimeout(configured));
      return configured;
    }
    const capped = rule.maxMs !== 0 && asked > rule.maxMs ? rule.maxMs : asked;
    const left = Math.max(0, capped - rule.offsetMs);
    if (isGrpcContentType(headers.get(Names.contentType))) headers.set(Names.grpcTimeout, formatGrpcTimeout(left));
    // None left is over at once, and not no limit.
    return Math.max(1, left);
  }

  /** Idle is not who has nothing more to say: from here on it is the client's turn, for as long as it may take in all. */
  protected startFlushTimeout(): void {
    if (this.#flush !== null) return;
    this.#idle?.release();
    this.#idle = null;
    this.#flush = this.manager.services.timeouts.start(this.#flushMs, this, this.now);
  }

  protected releaseTimeouts(): void {
    this.#flush?.release();
    this.#flush = null;
    this.#idle?.release();
    this.#idle = null;
    this.stopRequestTimeout();
    this.#maxDuration?.release();
    this.#maxDuration = null;
    this.#logFlush?.release();
    this.#logFlush = null;
  }

  onTimeout(timeout: LazyTimeout): void {
    try {
      this.#over(timeout);
    } catch (error) {
      this.onException(error);
    }
  }

  #over(timeout: LazyTimeout): void {
    const { stats } = this.manager;
    const status = this.requestComplete ? 504 : 408;
    if (timeout === this.#logFlush) {
      timeout.start(this, this.manager.services.clock.monotonic());
      this.logPeriodically();
    } else if (timeout === this.#flush) {
      this.#flush = null;
      stats.http2().txFlushTimeout.inc();
      this.flushTimedOut();
    } else if (timeout === this.#idle) {
      this.#idle = null;
      stats.downstreamRqIdleTimeout.inc();
      this.info.setFlag(ResponseFlag.StreamIdleTimeout);
      const cause = `no bytes in either direction for ${timeout.delayMs} ms (stream_idle_timeout or the route's idle_timeout)`;
      this.timedOut(status, 'stream timeout', 'stream_idle_timeout', cause);
    } else if (timeout === this.#request) {
      this.#request = null;
      stats.downstreamRqTimeout.inc();
      const cause = `the request was not complete after ${timeout.delayMs} ms (request_timeout)`;
      this.timedOut(status, 'request timeout', 'request_overall_timeout', cause);
    } else if (timeout === this.#maxDuration) {
      this.#maxDuration = null;
      stats.downstreamRqMaxDurationReached.inc();
      const cause = `the stream lasted ${timeout.delayMs} ms (max_stream_duration)`;
      this.timedOut(status, 'downstream duration timeout', 'max_duration_timeout', cause, deadlineExceeded);
    }
  }

  /** The head of the request did not end in time. */
  headTimedOut(delayMs: number): void {
    const { stats, config } = this.manager;
    if (config.requestHeadersTimeoutMs > 0) {
      stats.downstreamRqHeaderTimeout.inc();
      const cause = `the request's headers were not complete after ${delayMs} ms (request_headers_timeout)`;
      this.timedOut(408, 'request header timeout', 'request_header_timeout', cause);
      return;
    }
    stats.downstreamRqIdleTimeout.inc();
    this.info.setFlag(ResponseFlag.StreamIdleTimeout);
    const cause = `the request's headers were not complete after ${delayMs} ms (stream_idle_timeout)`;
    this.timedOut(408, 'stream timeout', 'stream_idle_timeout', cause);
  }
}
