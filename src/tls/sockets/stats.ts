// Owns the statistics of TLS connections, `listener.ADDRESS.ssl.*` and `cluster.NAME.ssl.*`.
// Source: https://www.envoyproxy.io/docs/envoy/latest/configuration/listeners/stats#tls-statistics
import type { StatsScope } from '../../observability/stats/api.ts';
import { type CounterGroup, counters } from '../../observability/stats/group.ts';

const tlsCounters = {
  connectionError: 'ssl.connection_error',
  handshake: 'ssl.handshake',
  sessionReused: 'ssl.session_reused',
  noCertificate: 'ssl.no_certificate',
  failVerifyNoCert: 'ssl.fail_verify_no_cert',
  failVerifyError: 'ssl.fail_verify_error',
  failVerifySan: 'ssl.fail_verify_san',
  failVerifyCertHash: 'ssl.fail_verify_cert_hash',
  ocspStaplingFailed: 'ssl.ocsp_staple_failed',
  ocspStaplingOmitted: 'ssl.ocsp_staple_omitted',
  ocspStaplingResponses: 'ssl.ocsp_staple_responses',
  ocspStaplingRequests: 'ssl.ocsp_staple_requests',
} as const;

/** `ssl.ciphers.NAME`, `ssl.curves.NAME`, `ssl.sigalgs.NAME` and `ssl.versions.NAME` come with their first connection. */
export interface TlsStats extends CounterGroup<typeof tlsCounters> {
  count(kind: 'ciphers' | 'curves' | 'sigalgs' | 'versions', name: string): void;
}

export function tlsStats(scope: StatsScope): TlsStats {
  return {
    ...counters(scope, tlsCounters),
    count: (kind, name) => scope.counter(`ssl.${kind}.${name}`).inc(),
  };
}
