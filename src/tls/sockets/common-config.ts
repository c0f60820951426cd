// Turns the CommonTlsContext message into settings. What is not implemented is refused with its place.
import { readDataSource } from '../../config/data-source.ts';
import type { TlsCertificate } from '../../generated/envoy/extensions/transport_sockets/tls/v3/common_pb.d.ts';
import type { CommonTlsContext } from '../../generated/envoy/extensions/transport_sockets/tls/v3/tls_pb.d.ts';
import type { TransportSocketContext } from '../api.ts';
import { readParameters } from './parameters-config.ts';
import type { CertificateMaterial, CommonTlsSettings } from './settings.ts';
import { type ReadStringMatcher, readValidation } from './validation-config.ts';

/** With what the layers above lend. */
export interface TlsReadContext extends TransportSocketContext {
  readonly readStringMatcher: ReadStringMatcher;
}

/** Errors are reported to `context.config`. */
export function readCommon(
  common: CommonTlsContext | undefined,
  context: TlsReadContext,
  server: boolean,
): CommonTlsSettings {
  const validation =
    common?.validationContextType.case === 'validationContext'
      ? readValidation(common.validationContextType.value, context.config, context.readStringMatcher)
      : null;
  return {
    parameters: readParameters(common?.tlsParams, server, context.config),
    certificates: (common?.tlsCertificates ?? []).flatMap((message) => readCertificate(message, context)),
    validation,
    applicationProtocols: common?.alpnProtocols ?? [],
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
