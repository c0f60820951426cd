/** Owns the coverage of envoy.extensions.transport_sockets.tls.v3. */
import type { PackageCoverage } from './coverage.ts';

const tls = 'envoy.extensions.transport_sockets.tls.v3';

export const tlsSockets: PackageCoverage = {
  [`${tls}.DownstreamTlsContext`]: {
    implemented: ['common_tls_context'],
    notYet: { require_client_certificate: 'issue 5' },
  },
  [`${tls}.UpstreamTlsContext`]: {
    implemented: ['common_tls_context', 'sni'],
    notYet: { auto_host_sni: 'issue 5', max_session_keys: 'issue 5' },
  },
  [`${tls}.CommonTlsContext`]: {
    implemented: ['tls_certificates', 'validation_context', 'alpn_protocols'],
    notYet: { tls_params: 'issue 5' },
  },
  [`${tls}.TlsCertificate`]: {
    implemented: ['certificate_chain', 'private_key'],
    notYet: { password: 'issue 5' },
  },
  [`${tls}.TlsParameters`]: {
    notYet: {
      tls_minimum_protocol_version: 'issue 5',
      tls_maximum_protocol_version: 'issue 5',
      cipher_suites: 'issue 5',
      ecdh_curves: 'issue 5',
      signature_algorithms: 'issue 5',
    },
  },
  [`${tls}.CertificateValidationContext`]: {
    implemented: ['trusted_ca'],
    notYet: { trust_chain_verification: 'issue 5' },
  },
};
