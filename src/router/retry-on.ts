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
  /** Taken, and without effect until there is HTTP/3 to upstreams. */
  Http3PostConnectFailure: 1 << 10,
  GrpcCancelled: 1 << 11,
  GrpcDeadlineExceeded: 1 << 12,
  GrpcInternal: 1 << 13,
  GrpcResourceExhausted: 1 << 14,
  GrpcUnavailable: 1 << 15,
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
  'http3-post-connect-failure': RetryOn.Http3PostConnectFailure,
};

const grpcConditions: Readonly<Record<string, number>> = {
  cancelled: RetryOn.GrpcCancelled,
  'deadline-exceeded': RetryOn.GrpcDeadlineExceeded,
  internal: RetryOn.GrpcInternal,
  'resource-exhausted': RetryOn.GrpcResourceExhausted,
  unavailable: RetryOn.GrpcUnavailable,
};

const anyGrpc =
  RetryOn.GrpcCancelled |
  RetryOn.GrpcDeadlineExceeded |
  RetryOn.GrpcInternal |
  RetryOn.GrpcResourceExhausted |
  RetryOn.GrpcUnavailable;

/** Conditions of x-envoy-retry-on; unknown ones are passed over, as Envoy does. */
export function parseRetryOn(list: string): number {
  return parse(list, conditions);
}

/** Conditions of x-envoy-retry-grpc-on. */
export function parseRetryGrpcOn(list: string): number {
  return parse(list, grpcConditions);
}

/** Conditions of a policy's retry_on: both kinds. */
export function parsePolicyRetryOn(list: string): number {
  return parse(list, conditions) | parse(list, grpcConditions);
}

/** Every word is a condition: what strict_check_headers asks. */
export function isRetryOnList(list: string): boolean {
  return allKnown(list, conditions);
}

export function isRetryGrpcOnList(list: string): boolean {
  return allKnown(list, grpcConditions);
}

function allKnown(list: string, known: Readonly<Record<string, number>>): boolean {
  return list.split(',').every((word) => word.trim() === '' || Object.hasOwn(known, word.trim()));
}

function parse(list: string, known: Readonly<Record<string, number>>): number {
  let bits = 0;
  for (const word of list.split(',')) {
    const name = word.trim();
    if (Object.hasOwn(known, name)) bits |= known[name] as number;
  }
  return bits;
}

export function looksAtGrpcStatus(bits: number): boolean {
  return (bits & anyGrpc) !== 0;
}

/** `status`: the text of grpc-status. */
export function wantsGrpcStatus(bits: number, status: string): boolean {
  switch (status) {
    case '1':
      return (bits & RetryOn.GrpcCancelled) !== 0;
    case '4':
      return (bits & RetryOn.GrpcDeadlineExceeded) !== 0;
    case '8':
      return (bits & RetryOn.GrpcResourceExhausted) !== 0;
    case '13':
      return (bits & RetryOn.GrpcInternal) !== 0;
    case '14':
      return (bits & RetryOn.GrpcUnavailable) !== 0;
    default:
      return false;
  }
}
