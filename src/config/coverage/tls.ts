/** Owns the coverage of envoy.extensions.transport_sockets.tls.v3. */
import type { PackageCoverage } from './coverage.ts';

const tls = 'envoy.extensions.transport_sockets.tls.v3';

export const tlsSockets: PackageCoverage = {
  [`${tls}.DownstreamTlsContext`]: {
    implemented: ['common_tls_context', 'require_client_certificate'],
  },
  [`${tls}.UpstreamTlsContext`]: {
    implemented: ['common_tls_context', 'sni'],
    notYet: { auto_host_sni: 'issue 5', max_session_keys: 'issue 5' },
  },
  [`${tls}.CommonTlsContext`]: {
    implemented: [
      'tls_certificates',
      'validation_context',
      'alpn_protocols',
      'tls_certificate_sds_secret_configs',
      'validation_context_sds_secret_config',
      'combined_validation_context',
    ],
    notYet: { tls_params: 'issue 5' },
  },
  [`${tls}.TlsCertificate`]: {
    implemented: ['certificate_chain', 'private_key', 'watched_directory', 'pkcs12', 'password'],
  },
  [`${tls}.CommonTlsContext.CombinedCertificateValidationContext`]: {
    implemented: ['default_validation_context', 'validation_context_sds_secret_config'],
  },
  [`${tls}.SdsSecretConfig`]: { implemented: ['name', 'sds_config'] },
  [`${tls}.Secret`]: {
    implemented: ['name', 'tls_certificate', 'validation_context'],
    notYet: { session_ticket_keys: 'issue 5', generic_secret: 'nothing that uses one is there yet' },
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
    implemented: ['trusted_ca', 'watched_directory', 'trust_chain_verification'],
  },
};
