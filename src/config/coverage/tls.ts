/** Owns the coverage of envoy.extensions.transport_sockets.tls.v3. */
import type { PackageCoverage } from './coverage.ts';

const tls = 'envoy.extensions.transport_sockets.tls.v3';

export const tlsSockets: PackageCoverage = {
  [`${tls}.DownstreamTlsContext`]: {
    implemented: [
      'common_tls_context',
      'require_client_certificate',
      'session_ticket_keys',
      'session_ticket_keys_sds_secret_config',
      'disable_stateless_session_resumption',
      'disable_stateful_session_resumption',
      'session_timeout',
      'full_scan_certs_on_sni_mismatch',
      'prefer_client_ciphers',
      'ocsp_staple_policy',
    ],
    harmless: { require_sni: 'Envoy does not read it either' },
  },
  [`${tls}.UpstreamTlsContext`]: {
    implemented: ['common_tls_context', 'sni', 'auto_host_sni', 'auto_sni_san_validation', 'max_session_keys'],
    harmless: { enforce_rsa_key_usage: 'deprecated: key usage is always enforced, as in Envoy' },
    refused: { allow_renegotiation: 'Node does not let a server renegotiate, and TLS 1.3 has no such thing' },
  },
  [`${tls}.CommonTlsContext`]: {
    implemented: [
      'tls_params',
      'tls_certificates',
      'validation_context',
      'alpn_protocols',
      'tls_certificate_sds_secret_configs',
      'validation_context_sds_secret_config',
      'combined_validation_context',
      'key_log',
    ],
    refused: {
      tls_certificate_provider_instance:
        'certificate providers are those of gRPC clients: Envoy finds no certificate either',
      custom_tls_certificate_selector: 'not implemented; the certificates that are listed would be shown',
      custom_handshaker: 'the handshake is that of OpenSSL',
    },
  },
  [`${tls}.TlsKeyLog`]: { implemented: ['path', 'local_address_range', 'remote_address_range'] },
  [`${tls}.TlsCertificate`]: {
    implemented: ['certificate_chain', 'private_key', 'watched_directory', 'pkcs12', 'password', 'ocsp_staple'],
    harmless: { signed_certificate_timestamp: 'Envoy does not read it either' },
    refused: {
      private_key_provider: 'keys are used in memory, by OpenSSL; there is no hardware that Node could ask',
      tls_params: 'one certificate cannot have parameters of its own: set those of the context',
    },
  },
  [`${tls}.TlsSessionTicketKeys`]: { implemented: ['keys'] },
  [`${tls}.CommonTlsContext.CombinedCertificateValidationContext`]: {
    implemented: ['default_validation_context', 'validation_context_sds_secret_config'],
  },
  [`${tls}.SdsSecretConfig`]: { implemented: ['name', 'sds_config'] },
  [`${tls}.Secret`]: {
    implemented: ['name', 'tls_certificate', 'validation_context', 'session_ticket_keys'],
    notYet: { generic_secret: 'nothing that uses one is there yet' },
  },
  [`${tls}.TlsParameters`]: {
    implemented: [
      'tls_minimum_protocol_version',
      'tls_maximum_protocol_version',
      'cipher_suites',
      'ecdh_curves',
      'signature_algorithms',
      'compliance_policies',
    ],
  },
  [`${tls}.CertificateValidationContext`]: {
    implemented: [
      'trusted_ca',
      'watched_directory',
      'system_root_certs',
      'verify_certificate_hash',
      'verify_certificate_spki',
      'match_typed_subject_alt_names',
      'match_subject_alt_names',
      'crl',
      'only_verify_leaf_cert_crl',
      'allow_expired_certificate',
      'trust_chain_verification',
      'max_verify_depth',
      'custom_validator_config',
      'suppress_client_ca_list',
    ],
    refused: {
      require_signed_certificate_timestamp: 'nobody looks at them: Envoy takes it, and does not either',
      ca_certificate_provider_instance:
        'certificate providers are those of gRPC clients: in Envoy nobody is verified then',
    },
  },
  [`${tls}.SPIFFECertValidatorConfig`]: { implemented: ['trust_domains', 'trust_bundles'] },
  [`${tls}.SPIFFECertValidatorConfig.TrustDomain`]: {
    implemented: ['name', 'trust_bundle'],
    refused: { workload_trust_domain: 'not implemented; what it limits would be let in' },
  },
};
