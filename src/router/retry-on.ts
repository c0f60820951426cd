// Owns the conditions of retry_on.
// Source: https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter#x-envoy-retry-on

/** As bits, so that a policy is one number. */
export const RetryOn = {
  FiveXx: 1 << 0,
  GatewayError: 1 << 1,
  ConnectFailure: 1 << 2,
  Retriable4xx: 1 << 3,
  RefusedStream: 1 << 4,
  RetriableStatusCodes: 1 << 5,
  Reset: 1 << 6,
  ResetBeforeRequest: 1 << 7,
  RetriableHeaders: 1 << 8,
  EnvoyRateLimited: 1 << 9,
} as const;

const conditions: Readonly<Record<string, number>> = {
  '5xx': RetryOn.FiveXx,
  'gateway-error': RetryOn.GatewayError,
  'connect-failure': RetryOn.ConnectFailure,
  'retriable-4xx': RetryOn.Retriable4xx,
  'refused-stream': RetryOn.RefusedStream,
  'retriable-status-codes': RetryOn.RetriableStatusCodes,
  reset: RetryOn.Reset,
  'reset-before-request': RetryOn.ResetBeforeRequest,
  'retriable-headers': RetryOn.RetriableHeaders,
  'envoy-ratelimited': RetryOn.EnvoyRateLimited,
};

/** Conditions of a comma-separated list; unknown ones are passed over, as Envoy does. */
export function parseRetryOn(list: string): number {
  let bits = 0;
  for (const word of list.split(',')) bits |= conditions[word.trim()] ?? 0;
  return bits;
}
