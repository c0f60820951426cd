// Owns the response flags: short codes in access logs that say why a response was not the upstream's own.
// Source: https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage (RESPONSE_FLAGS)

/** Bits of the first word; `StreamInfo.responseFlags` is their union. */
export const ResponseFlag = {
  FailedLocalHealthCheck: 1 << 0,
  NoHealthyUpstream: 1 << 1,
  UpstreamRequestTimeout: 1 << 2,
  LocalReset: 1 << 3,
  UpstreamRemoteReset: 1 << 4,
  UpstreamConnectionFailure: 1 << 5,
  UpstreamConnectionTermination: 1 << 6,
  UpstreamOverflow: 1 << 7,
  NoRouteFound: 1 << 8,
  DelayInjected: 1 << 9,
  FaultInjected: 1 << 10,
  RateLimited: 1 << 11,
  UnauthorizedExternalService: 1 << 12,
  RateLimitServiceError: 1 << 13,
  DownstreamConnectionTermination: 1 << 14,
  UpstreamRetryLimitExceeded: 1 << 15,
  StreamIdleTimeout: 1 << 16,
  InvalidEnvoyRequestHeaders: 1 << 17,
  DownstreamProtocolError: 1 << 18,
  UpstreamMaxStreamDurationReached: 1 << 19,
  ResponseFromCacheFilter: 1 << 20,
  NoFilterConfigFound: 1 << 21,
  DurationTimeout: 1 << 22,
  UpstreamProtocolError: 1 << 23,
  NoClusterFound: 1 << 24,
  OverloadManager: 1 << 25,
  DnsResolutionFailed: 1 << 26,
  DropOverLoad: 1 << 27,
  DownstreamRemoteReset: 1 << 28,
  UnconditionalDropOverload: 1 << 29,
} as const;

/** In the order of their bits. */
const names: readonly (readonly [flag: number, short: string, long: string])[] = [
  [ResponseFlag.FailedLocalHealthCheck, 'LH', 'FailedLocalHealthCheck'],
  [ResponseFlag.NoHealthyUpstream, 'UH', 'NoHealthyUpstream'],
  [ResponseFlag.UpstreamRequestTimeout, 'UT', 'UpstreamRequestTimeout'],
  [ResponseFlag.LocalReset, 'LR', 'LocalReset'],
  [ResponseFlag.UpstreamRemoteReset, 'UR', 'UpstreamRemoteReset'],
  [ResponseFlag.UpstreamConnectionFailure, 'UF', 'UpstreamConnectionFailure'],
  [ResponseFlag.UpstreamConnectionTermination, 'UC', 'UpstreamConnectionTermination'],
  [ResponseFlag.UpstreamOverflow, 'UO', 'UpstreamOverflow'],
  [ResponseFlag.NoRouteFound, 'NR', 'NoRouteFound'],
  [ResponseFlag.DelayInjected, 'DI', 'DelayInjected'],
  [ResponseFlag.FaultInjected, 'FI', 'FaultInjected'],
  [ResponseFlag.RateLimited, 'RL', 'RateLimited'],
  [ResponseFlag.UnauthorizedExternalService, 'UAEX', 'UnauthorizedExternalService'],
  [ResponseFlag.RateLimitServiceError, 'RLSE', 'RateLimitServiceError'],
  [ResponseFlag.DownstreamConnectionTermination, 'DC', 'DownstreamConnectionTermination'],
  [ResponseFlag.UpstreamRetryLimitExceeded, 'URX', 'UpstreamRetryLimitExceeded'],
  [ResponseFlag.StreamIdleTimeout, 'SI', 'StreamIdleTimeout'],
  [ResponseFlag.InvalidEnvoyRequestHeaders, 'IH', 'InvalidEnvoyRequestHeaders'],
  [ResponseFlag.DownstreamProtocolError, 'DPE', 'DownstreamProtocolError'],
  [ResponseFlag.UpstreamMaxStreamDurationReached, 'UMSDR', 'UpstreamMaxStreamDurationReached'],
  [ResponseFlag.ResponseFromCacheFilter, 'RFCF', 'ResponseFromCacheFilter'],
  [ResponseFlag.NoFilterConfigFound, 'NFCF', 'NoFilterConfigFound'],
  [ResponseFlag.DurationTimeout, 'DT', 'DurationTimeout'],
  [ResponseFlag.UpstreamProtocolError, 'UPE', 'UpstreamProtocolError'],
  [ResponseFlag.NoClusterFound, 'NC', 'NoClusterFound'],
  [ResponseFlag.OverloadManager, 'OM', 'OverloadManagerTerminated'],
  [ResponseFlag.DnsResolutionFailed, 'DF', 'DnsResolutionFailed'],
  [ResponseFlag.DropOverLoad, 'DO', 'DropOverload'],
  [ResponseFlag.DownstreamRemoteReset, 'DR', 'DownstreamRemoteReset'],
  [ResponseFlag.UnconditionalDropOverload, 'UDO', 'UnconditionalDropOverload'],
];

/** Five bits for each flag, its place among the bits plus one: six flags, more than any request has had. */
export function appendFlag(order: number, flag: number): number {
  return (order << 5) | (32 - Math.clz32(flag));
}

/** Flags as `UH,NR` in the order they were set, as Envoy prints them; `-` for none. */
export function formatResponseFlags(order: number): string {
  return format(order, 1);
}

/** Flags as `NoHealthyUpstream,NoRouteFound`, `-` for none. */
export function formatResponseFlagsLong(order: number): string {
  return format(order, 2);
}

function format(order: number, column: 1 | 2): string {
  if (order === 0) return '-';
  let text = '';
  for (let rest = order; rest !== 0; rest >>>= 5) {
    const name = names[(rest & 31) - 1]?.[column] ?? '';
    text = text === '' ? name : `${name},${text}`;
  }
  return text;
}

/** The flag of a short or long name, undefined when there is none; for access-log filters. */
export function responseFlagByName(name: string): number | undefined {
  return names.find((entry) => entry[1] === name || entry[2] === name)?.[0];
}
