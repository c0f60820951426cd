/** What a load run yields, whichever tool drove it, and the request that all tools send. */

export interface LoadResult {
  readonly requests: number;
  /** Responses other than 200, connection errors and timeouts. A run with any of them proves nothing. */
  readonly errors: number;
  /** The first of them, in words. */
  readonly complaint?: string;
  readonly seconds: number;
  /** Latency in microseconds. */
  readonly p50: number;
  readonly p99: number;
  /** How late a constant-rate client sent its requests, the 99th percentile in microseconds. */
  readonly lateness?: number;
}

/** A driver calls these around its measured window. */
export interface Window {
  opens(): void;
  closes(): void;
}

/**
 * Headers of a browser or a service behind a gateway. `ID` stands for a text that is different in every request, so that no
 * cache of header values flatters a proxy.
 */
export const requestHeaders: readonly (readonly [string, string])[] = [
  ['host', 'app.bench.test'],
  ['user-agent', 'Mozilla/5.0 (X11; Linux x86_64) bench/1.0'],
  ['accept', 'application/json, text/plain, */*'],
  ['accept-language', 'en-GB,en;q=0.8'],
  ['x-correlation-id', 'ID'],
  ['traceparent', '00-ID-00f067aa0ba902b7-01'],
  ['cookie', 'session=ID; theme=dark'],
];
