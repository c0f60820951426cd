// Owns the statistics of the filter, `tls_inspector.*`.
// Source: https://www.envoyproxy.io/docs/envoy/latest/configuration/listeners/listener_filters/tls_inspector
import type { Counter, Histogram, StatsScope } from '../../../../observability/stats/api.ts';

export interface TlsInspectorStats {
  readonly clientHelloTooLarge: Counter;
  readonly tlsFound: Counter;
  readonly tlsNotFound: Counter;
  readonly alpnFound: Counter;
  readonly alpnNotFound: Counter;
  readonly sniFound: Counter;
  readonly sniNotFound: Counter;
  readonly bytesProcessed: Histogram;
}

/** `scope`: without prefix. */
export function tlsInspectorStats(root: { scope(prefix: string): StatsScope }): TlsInspectorStats {
  const scope = root.scope('tls_inspector.');
  return {
    clientHelloTooLarge: scope.counter('client_hello_too_large'),
    tlsFound: scope.counter('tls_found'),
    tlsNotFound: scope.counter('tls_not_found'),
    alpnFound: scope.counter('alpn_found'),
    alpnNotFound: scope.counter('alpn_not_found'),
    sniFound: scope.counter('sni_found'),
    sniNotFound: scope.counter('sni_not_found'),
    bytesProcessed: scope.histogram('bytes_processed', 'bytes'),
  };
}
