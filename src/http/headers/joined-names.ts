// Owns which repeated fields become one line, `a,b` in the place of the first, as Envoy does it: those its header maps hold
// in slots of their own. All others stay apart. Asked of Envoy 1.40, name by name (test/parity/scenarios/headers/repeated-*).
import type { NameInfo } from './name.ts';

/** In requests. Host is not among them: we refuse a second one. */
export const joinedInRequests: readonly string[] = (
  'accept accept-encoding access-control-request-headers access-control-request-method ' +
  'access-control-request-private-network authorization cache-control cdn-loop connection content-encoding content-type ' +
  'expect grpc-accept-encoding grpc-timeout if-match if-modified-since if-none-match if-range if-unmodified-since ' +
  'keep-alive origin pragma proxy-connection proxy-status referer te upgrade user-agent via x-client-trace-id ' +
  'x-envoy-attempt-count x-envoy-decorator-operation x-envoy-downstream-service-cluster x-envoy-downstream-service-node ' +
  'x-envoy-expected-rq-timeout-ms x-envoy-external-address x-envoy-force-trace x-envoy-hedge-on-per-try-timeout ' +
  'x-envoy-internal x-envoy-ip-tags x-envoy-is-timeout-retry x-envoy-max-retries x-envoy-original-host ' +
  'x-envoy-original-path x-envoy-original-url x-envoy-retriable-header-names x-envoy-retriable-status-codes ' +
  'x-envoy-retry-grpc-on x-envoy-retry-on x-envoy-upstream-alt-stat-name x-envoy-upstream-rq-per-try-timeout-ms ' +
  'x-envoy-upstream-rq-timeout-alt-response x-envoy-upstream-rq-timeout-ms x-envoy-upstream-stream-duration-ms ' +
  'x-forwarded-client-cert x-forwarded-for x-forwarded-host x-forwarded-port x-forwarded-proto x-request-id'
).split(' ');

export const joinedInResponses: readonly string[] = (
  'access-control-allow-credentials access-control-allow-headers access-control-allow-methods access-control-allow-origin ' +
  'access-control-expose-headers access-control-max-age age cache-control connection content-encoding content-type date ' +
  'etag expires grpc-message grpc-status keep-alive last-modified location proxy-connection proxy-status server upgrade ' +
  'vary via x-envoy-attempt-count x-envoy-decorator-operation x-envoy-degraded x-envoy-immediate-health-check-fail ' +
  'x-envoy-ratelimited x-envoy-upstream-canary x-envoy-upstream-healthchecked-cluster x-request-id'
).split(' ');

const requestBits = bits(joinedInRequests);
const responseBits = bits(joinedInResponses);

/**
 * Some bit for a name that is joined, 0 for others: the codec gathers the bits of a message, so that only a name whose bit
 * came before is looked for. Several names may share a bit.
 */
export function requestJoinBit(name: string): number {
  return requestBits.get(name) ?? 0;
}

export function responseJoinBit(name: string): number {
  return responseBits.get(name) ?? 0;
}

function bits(names: readonly string[]): Map<string, number> {
  return new Map(names.map((name, index) => [name, 1 << (index % 31)]));
}

/** Adds the value to the line that the field has already; false when it has none. */
export function addToLine(entries: (NameInfo | string)[], name: NameInfo, value: string): boolean {
  for (let i = 0; i < entries.length; i += 2) {
    if (entries[i] !== name) continue;
    const before = entries[i + 1] as string;
    if (value !== '') entries[i + 1] = before === '' ? value : `${before},${value}`;
    return true;
  }
  return false;
}
