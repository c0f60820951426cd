// Owns which headers hold one value even when several were sent: Envoy keeps these in slots of their own and joins what
// comes in addition with a comma. Found by asking Envoy 1.40 what it forwards.
import { type NameInfo, pinnedName } from '../../http/headers/name.ts';

/** Of requests. */
const requestNames = new Set(
  [
    'accept',
    'accept-encoding',
    'access-control-request-headers',
    'access-control-request-method',
    'authorization',
    'cache-control',
    'content-encoding',
    'content-type',
    'expect',
    'grpc-accept-encoding',
    'grpc-timeout',
    'if-match',
    'if-none-match',
    'origin',
    'pragma',
    'referer',
    'user-agent',
    'via',
    'x-client-trace-id',
    'x-envoy-attempt-count',
    'x-envoy-downstream-service-cluster',
    'x-envoy-external-address',
    'x-envoy-original-path',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-port',
    'x-forwarded-proto',
    'x-request-id',
  ].map(pinnedName),
);

/** Of responses. */
const responseNames = new Set(
  [
    'access-control-allow-credentials',
    'access-control-allow-headers',
    'access-control-allow-methods',
    'access-control-allow-origin',
    'access-control-expose-headers',
    'access-control-max-age',
    'age',
    'cache-control',
    'content-encoding',
    'content-type',
    'date',
    'etag',
    'expires',
    'grpc-message',
    'grpc-status',
    'keep-alive',
    'last-modified',
    'location',
    'proxy-status',
    'server',
    'vary',
    'via',
    'x-envoy-attempt-count',
    'x-envoy-decorator-operation',
    'x-envoy-degraded',
    'x-envoy-upstream-canary',
    'x-envoy-upstream-service-time',
    'x-request-id',
  ].map(pinnedName),
);

export function joinsValues(name: NameInfo, side: 'request' | 'response'): boolean {
  return (side === 'request' ? requestNames : responseNames).has(name);
}
