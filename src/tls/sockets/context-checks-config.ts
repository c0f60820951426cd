// Owns what must be true of a TLS context as a whole, when its secrets are in their places: combinations that Envoy refuses,
// since they would let somebody in whom nobody has looked at, or nobody at all.
import type { ConfigContext } from '../../config/api.ts';
import type { CertificateValidationContext } from '../../generated/envoy/extensions/transport_sockets/tls/v3/common_pb.d.ts';
import type { CommonTlsContext } from '../../generated/envoy/extensions/transport_sockets/tls/v3/tls_pb.d.ts';
import type { CommonTlsSettings } from './settings.ts';

/** `owner`: the context as it was received, for the place of errors, which are reported to `config`. */
export function checkContext(
  owner: object,
  common: CommonTlsContext | undefined,
  settings: CommonTlsSettings,
  side: 'client' | 'server',
  config: ConfigContext,
): void {
  const certificates = common?.tlsCertificates.length ?? 0;
  if (side === 'server' && certificates === 0)
    config.error(owner, 'common_tls_context', 'RMR0800', 'a server needs a certificate, and there is none');
  if (side === 'client' && certificates > 1)
    config.error(owner, 'common_tls_context', 'RMR0800', `a client has one certificate at most, not ${certificates}`);
  const type = common?.validationContextType;
  if (type?.case === 'validationContext' && settings.validation?.trustedCa === null)
    checkWithoutAuthority(type.value, config);
}

function checkWithoutAuthority(message: CertificateValidationContext, config: ConfigContext): void {
  const hint = 'add a trusted_ca';
  const refuse = (field: string, text: string): void => config.error(message, field, 'RMR0800', text, hint);
  if (message.matchTypedSubjectAltNames.length + message.matchSubjectAltNames.length > 0) {
    const field =
      message.matchTypedSubjectAltNames.length > 0 ? 'match_typed_subject_alt_names' : 'match_subject_alt_names';
    refuse(field, 'without a trusted CA anybody can make a certificate with these names');
  }
  if (message.crl !== undefined) refuse('crl', 'without a trusted CA nobody has revoked anything');
  if (message.allowExpiredCertificate)
    refuse('allow_expired_certificate', 'without a trusted CA it does not count when a certificate expires');
}
