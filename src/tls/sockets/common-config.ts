// Turns the CommonTlsContext message into settings. What is not implemented is refused with its place.
import { readDataSource } from '../../config/data-source.ts';
import type {
  CertificateValidationContext,
  TlsCertificate,
  TlsParameters as TlsParametersMessage,
} from '../../generated/envoy/extensions/transport_sockets/tls/v3/common_pb.d.ts';
import type { CommonTlsContext } from '../../generated/envoy/extensions/transport_sockets/tls/v3/tls_pb.d.ts';
import type { TransportSocketContext } from '../api.ts';
import type { CertificateMaterial, CommonTlsSettings, TlsParameters, ValidationSettings } from './settings.ts';

/** Errors are reported to `context.config`. */
export function readCommon(
  common: CommonTlsContext | undefined,
  context: TransportSocketContext,
  server: boolean,
): CommonTlsSettings {
  const validation =
    common?.validationContextType.case === 'validationContext'
      ? readValidation(common.validationContextType.value, context)
      : null;
  return {
    parameters: readParameters(common?.tlsParams, server),
    certificates: (common?.tlsCertificates ?? []).flatMap((message) => readCertificate(message, context)),
    validation,
    applicationProtocols: common?.alpnProtocols ?? [],
  };
}

const versions = ['', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

/** Defaults as Envoy's: TLS 1.2 to 1.3 as a server, to 1.2 as a client. */
function readParameters(message: TlsParametersMessage | undefined, server: boolean): TlsParameters {
  return {
    minVersion: versions[message?.tlsMinimumProtocolVersion ?? 0] || 'TLSv1.2',
    maxVersion: versions[message?.tlsMaximumProtocolVersion ?? 0] || (server ? 'TLSv1.3' : 'TLSv1.2'),
    cipherSuites: message?.cipherSuites ?? [],
    curves: message?.ecdhCurves ?? [],
    signatureAlgorithms: message?.signatureAlgorithms ?? [],
  };
}

function readCertificate(message: TlsCertificate, { config }: TransportSocketContext): CertificateMaterial[] {
  const chain = readDataSource(message.certificateChain, message, 'certificate_chain', 'RMR0901', config);
  const key = readDataSource(message.privateKey, message, 'private_key', 'RMR0901', config);
  const password = readDataSource(message.password, message, 'password', 'RMR0901', config);
  const pkcs12 = readDataSource(message.pkcs12, message, 'pkcs12', 'RMR0901', config);
  if (chain === undefined || key === undefined || password === undefined || pkcs12 === undefined) return [];
  const origin =
    message.certificateChain?.specifier.case === 'filename' ? message.certificateChain.specifier.value : '';
  const passphrase = password.length === 0 ? undefined : password.toString('utf8');
  return [{ chain, key, pkcs12, passphrase, origin }];
}

function readValidation(message: CertificateValidationContext, { config }: TransportSocketContext): ValidationSettings {
  const trustedCa = readDataSource(message.trustedCa, message, 'trusted_ca', 'RMR0901', config);
  return {
    trustedCa: trustedCa === undefined || trustedCa.length === 0 ? null : trustedCa,
    subjectAltNames: [],
    acceptUntrusted: message.trustChainVerification === 1,
  };
}
