// Owns the statistics of the filter: `proxy_proto.`, with the filter's stat_prefix behind it where there is one.
// Source: https://www.envoyproxy.io/docs/envoy/latest/configuration/listeners/listener_filters/proxy_protocol
import type { Counter, StatsScope } from '../../../../observability/stats/api.ts';

export interface VersionStats {
  readonly found: Counter;
  readonly disallowed: Counter;
  readonly error: Counter;
}

export interface ProxyProtocolStats {
  readonly notFoundAllowed: Counter;
  readonly notFoundDisallowed: Counter;
  readonly v1: VersionStats;
  readonly v2: VersionStats;
}

/** `root`: the scope without prefix. */
export function proxyProtocolStats(
  root: { scope(prefix: string): StatsScope },
  statPrefix: string,
): ProxyProtocolStats {
  const scope = root.scope(statPrefix === '' ? 'proxy_proto.' : `proxy_proto.${statPrefix}.`);
  const version = (name: string): VersionStats => ({
    found: scope.counter(`versions.${name}.found`),
    disallowed: scope.counter(`versions.${name}.disallowed`),
    error: scope.counter(`versions.${name}.error`),
  });
  return {
    notFoundAllowed: scope.counter('not_found_allowed'),
    notFoundDisallowed: scope.counter('not_found_disallowed'),
    v1: version('v1'),
    v2: version('v2'),
  };
}
