/** Owns the coverage of envoy.extensions.transport_sockets.tls.v3. */
import type { PackageCoverage } from './coverage.ts';

const tls = 'envoy.extensions.transport_sockets.tls.v3';

export const tlsSockets: PackageCoverage = {
  [`${tls}.DownstreamTlsContext`]: { notYet: { common_tls_context: 'issue 5', require_client_certificate: 'issue 5' } },
  [`${tls}.UpstreamTlsContext`]: {
    notYet: { common_tls_context: 'issue 5', sni: 'issue 5', auto_host_sni: 'issue 5', max_session_keys: 'issue 5' },
  },
  [`${tls}.CommonTlsContext`]: {
    notYet: {
      tls_params: 'issue 5',
      tls_certificates: 'issue 5',
      validation_context: 'issue 5',
      alpn_protocols: 'issue 5',
    },
  },
  [`${tls}.TlsCertificate`]: { notYet: { certificate_chain: 'issue 5', private_key: 'issue 5', password: 'issue 5' } },
  [`${tls}.TlsParameters`]: {
    notYet: {
      tls_minimum_protocol_version: 'issue 5',
      tls_maximum_protocol_version: 'issue 5',
      cipher_suites: 'issue 5',
      ecdh_curves: 'issue 5',
      signature_algorithms: 'issue 5',
    },
  },
  [`${tls}.CertificateValidationContext`]: { notYet: { trusted_ca: 'issue 5', trust_chain_verification: 'issue 5' } },
};
