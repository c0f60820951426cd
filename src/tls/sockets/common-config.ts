// Turns the CommonTlsContext message into settings. What is not implemented is refused with its place.
import { type CidrRange, cidrRange } from '../../base/cidr.ts';
import { errorText } from '../../base/error-text.ts';
import type { ConfigContext } from '../../config/api.ts';
import { readDataSource } from '../../config/data-source.ts';
import type { CidrRange as CidrMessage } from '../../generated/envoy/config/core/v3/address_pb.d.ts';
import type { TlsCertificate } from '../../generated/envoy/extensions/transport_sockets/tls/v3/common_pb.d.ts';
import type {
  CommonTlsContext,
  TlsKeyLog,
} from '../../generated/envoy/extensions/transport_sockets/tls/v3/tls_pb.d.ts';
import type { TransportSocketContext } from '../api.ts';
import { KeyLog } from './key-log.ts';
import { readParameters } from './parameters-config.ts';
import type { CertificateMaterial, CommonTlsSettings } from './settings.ts';
import { readStaple } from './stapling.ts';
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
    certificates: (common?.tlsCertificates ?? []).flatMap((message) => readCertificate(message, context, server)),
    validation,
    applicationProtocols: common?.alpnProtocols ?? [],
    keyLog: common?.keyLog === undefined ? null : readKeyLog(common.keyLog, context),
  };
}

/** Null after an error was reported. */
function readKeyLog(message: TlsKeyLog, { config, logFiles }: TransportSocketContext): KeyLog | null {
  const ranges = (list: readonly CidrMessage[]): CidrRange[] => list.flatMap((range) => readRange(range, config));
  const local = ranges(message.localAddressRange);
  const remote = ranges(message.remoteAddressRange);
  try {
    return new KeyLog(logFiles.file(message.path), local, remote);
  } catch (error) {
    config.error(message, 'path', 'RMR0800', `the file cannot be opened: ${errorText(error)}`);
    return null;
  }
}

function readRange(message: CidrMessage, config: ConfigContext): CidrRange[] {
  const bits = message.addressPrefix.includes(':') ? 128 : 32;
  const range = cidrRange(message.addressPrefix, Math.min(message.prefixLen ?? 0, bits));
  if (range !== null) return [range];
  config.error(message, 'address_prefix', 'RMR0901', `'${message.addressPrefix}' is no IP address`);
  return [];
}

function readCertificate(
  message: TlsCertificate,
  { config, clock }: TransportSocketContext,
  server: boolean,
): CertificateMaterial[] {
  const chain = readDataSource(message.certificateChain, message, 'certificate_chain', 'RMR0801', config);
  const key = readDataSource(message.privateKey, message, 'private_key', 'RMR0801', config);
  const password = readDataSource(message.password, message, 'password', 'RMR0801', config);
  const pkcs12 = readDataSource(message.pkcs12, message, 'pkcs12', 'RMR0801', config);
  const ocsp = readDataSource(message.ocspStaple, message, 'ocsp_staple', 'RMR0801', config);
  if (ocsp === undefined || chain === undefined || key === undefined || password === undefined || pkcs12 === undefined)
    return [];
  const origin =
    message.certificateChain?.specifier.case === 'filename' ? message.certificateChain.specifier.value : '';
  const passphrase = password.length === 0 ? undefined : password.toString('utf8');
  const material = { chain, key, pkcs12, passphrase, origin };
  if (!server) {
    const text = 'a client staples nothing: the OCSP response is not used, as in Envoy';
    if (message.ocspStaple !== undefined) config.warning(message, 'ocsp_staple', 'RMR0802', text, 'remove it');
    return [{ ...material, staple: { response: null, required: false } }];
  }
  if (message.ocspStaple?.specifier.case === 'inlineString')
    config.error(
      message,
      'ocsp_staple',
      'RMR0801',
      'an OCSP response is in DER: it cannot be given as text',
      'use inline_bytes or filename',
    );
  try {
    const staple = readStaple(material, ocsp);
    const validFrom = staple.response?.validFrom ?? 0;
    const future = `the OCSP response is of the future: its thisUpdate is ${new Date(validFrom).toISOString()}`;
    if (validFrom > clock.wall()) config.warning(message, 'ocsp_staple', 'RMR0802', future, 'look at the clocks');
    return [{ ...material, staple }];
  } catch (error) {
    config.error(message, 'ocsp_staple', 'RMR0801', (error as Error).message);
    return [];
  }
}
