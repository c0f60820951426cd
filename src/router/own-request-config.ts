// What those who make requests of their own (own-request.ts) hand in and are told, and what all of a process's share.
import type { HeaderMap, ResponseHeaders } from '../http/headers/header-map.ts';
import type { ProcessServices } from '../upstream/services.ts';
import type { RetryPolicy } from './api.ts';
import type { RouterConfig } from './config-types.ts';
import { RetryControls } from './retry-controls.ts';
import { routerStats } from './stats.ts';

/** Why there is no response, or no more of one. */
export interface OwnRequestFailure {
  /** What a client would have been answered; 0 where the response had begun. */
  readonly status: number;
  /** The body of that answer. */
  readonly body: string;
  /** Response-code details. */
  readonly details: string;
  /** In words. */
  readonly cause: string;
}

/** Nothing is called after the end of the response, a failure, or `cancel`. */
export interface OwnRequestCallbacks {
  onResponseHeaders(headers: ResponseHeaders, endStream: boolean): void;
  /** Borrowed. */
  onResponseData(data: Buffer, endStream: boolean): void;
  onResponseTrailers(trailers: HeaderMap): void;
  /** May come before `start` returns. */
  onRequestFailed(failure: OwnRequestFailure): void;
  /** What is sent piles up, until the low watermark. */
  onAboveWriteBufferHighWatermark(): void;
  onBelowWriteBufferLowWatermark(): void;
}

export interface OwnRequestOptions {
  /** Milliseconds from the start to the end of the response; 0: none. */
  readonly timeoutMs: number;
  /** Null: one attempt. With one the body is kept until there is a response. */
  readonly retryPolicy: RetryPolicy | null;
  /** It is kept without one too: a host that never began to work on the request is not the last to get it. */
  readonly keepsBody: boolean;
  /** It fails, with the reason, on a connection that does not speak it. */
  readonly needsHttp2: boolean;
}

/** What all of a process's own requests share. */
export interface OwnRequestConfig {
  readonly router: RouterConfig;
  readonly services: ProcessServices;
}

const configs = new WeakMap<ProcessServices, OwnRequestConfig>();

/** Statistics under `http.async-client.`, as in Envoy. */
export function ownRequestConfig(services: ProcessServices): OwnRequestConfig {
  let config = configs.get(services);
  if (config === undefined) {
    const { timeouts, stats, runtime, random, localAddress, node } = services;
    const router: RouterConfig = {
      stats: routerStats(stats.scope('http.async-client.')),
      timeouts,
      retryControls: new RetryControls(runtime, random),
      suppressEnvoyHeaders: false,
      respectExpectedRequestTimeout: false,
      strictCheckHeaders: [],
      suppressGrpcCodeStats: false,
      attemptLog: { logs: [], onConnection: false, flushIntervalMs: 0 },
      localAddress,
      zone: node.zone,
    };
    config = { router, services };
    configs.set(services, config);
  }
  return config;
}
