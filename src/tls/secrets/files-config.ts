// Owns the files that a secret names: which they are, a copy of the secret with their bytes in it, and the check that
// what was read is whole, so that a pair of which only one half has been replaced is never put to use.
import type { Message } from '@bufbuild/protobuf';
import { alreadyUnpacked, type ConfigContext, readDataSource } from '../../config/api.ts';
import type { DataSource } from '../../generated/envoy/config/core/v3/base_pb.d.ts';
import type {
  CertificateValidationContext,
  TlsCertificate,
  TlsSessionTicketKeys,
} from '../../generated/envoy/extensions/transport_sockets/tls/v3/common_pb.d.ts';
import type { Secret } from '../../generated/envoy/extensions/transport_sockets/tls/v3/secret_pb.d.ts';
import type { SPIFFECertValidatorConfig } from '../../generated/envoy/extensions/transport_sockets/tls/v3/tls_spiffe_validator_config_pb.d.ts';
import type { SecretKind } from './api.ts';
import { checkCertificates, checkPair } from './material.ts';

type Value = TlsCertificate | CertificateValidationContext | TlsSessionTicketKeys;

/** Fields that hold a DataSource, by message. */
const sourceFields: Readonly<Record<string, readonly { readonly key: string; readonly field: string }[]>> = {
  'envoy.extensions.transport_sockets.tls.v3.TlsCertificate': [
    { key: 'certificateChain', field: 'certificate_chain' },
    { key: 'privateKey', field: 'private_key' },
    { key: 'pkcs12', field: 'pkcs12' },
    { key: 'password', field: 'password' },
    { key: 'ocspStaple', field: 'ocsp_staple' },
  ],
  'envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext': [
    { key: 'trustedCa', field: 'trusted_ca' },
    { key: 'crl', field: 'crl' },
  ],
};

const kinds: Readonly<Record<string, SecretKind>> = {
  tlsCertificate: 'tls_certificate',
  validationContext: 'validation_context',
  sessionTicketKeys: 'session_ticket_keys',
  genericSecret: 'generic_secret',
};

export interface OpenedSecret {
  readonly name: string;
  /** Undefined: it holds nothing. */
  readonly kind: SecretKind | undefined;
  readonly value: Message | undefined;
}

export function openSecret(message: Message): OpenedSecret {
  const { name, type } = message as Secret;
  return { name, kind: type.case === undefined ? undefined : kinds[type.case], value: type.value };
}

/** The Secret with another value in it, for /config_dump. */
export function withValue(message: Message, value: Message): Message {
  const secret = message as Secret;
  const copy: Secret = { ...secret, type: { ...secret.type, value } as Secret['type'] };
  return copy;
}

/** A Secret that has not come yet. */
export function emptySecret(name: string): Message {
  const secret: Secret = {
    $typeName: 'envoy.extensions.transport_sockets.tls.v3.Secret',
    name,
    type: { case: undefined },
  };
  return secret;
}

/** Every file that the value names, and the directory that is said to change when they do. */
export function filesOf(value: Message): {
  readonly files: readonly string[];
  readonly directories: readonly string[];
} {
  const files: string[] = [];
  const directories = new Set<string>();
  const look = (source: DataSource | undefined): void => {
    if (source?.specifier.case !== 'filename') return;
    files.push(source.specifier.value);
    if (source.watchedDirectory !== undefined) directories.add(source.watchedDirectory.path);
  };
  const fields = value as unknown as Record<string, DataSource | undefined>;
  for (const { key } of sourceFields[value.$typeName] ?? []) look(fields[key]);
  for (const source of (value as Partial<TlsSessionTicketKeys>).keys ?? []) look(source);
  look(trustBundlesOf(value));
  const watched = (value as Partial<TlsCertificate>).watchedDirectory;
  if (watched !== undefined) directories.add(watched.path);
  return { files, directories: [...directories] };
}

/** What a certificate validator reads for itself, when the value is taken up (tls/sockets/validation-config.ts). */
function trustBundlesOf(value: Message): DataSource | undefined {
  const any = (value as Partial<CertificateValidationContext>).customValidatorConfig?.typedConfig;
  const typed = any === undefined ? undefined : alreadyUnpacked(any);
  return (typed as Partial<SPIFFECertValidatorConfig> | undefined)?.trustBundles;
}

/** Whether the value asks to be followed by itself, outside of a subscription. */
export function isWatched(value: Message): boolean {
  return filesOf(value).directories.length > 0;
}

/** A copy with the files' bytes in it. Undefined after errors were reported. */
export function withFilesRead(value: Message, config: ConfigContext): Message | undefined {
  const before = config.errorCount;
  const copy = { ...value } as unknown as Record<string, unknown>;
  const read = (source: DataSource, field: string): DataSource => {
    if (source.specifier.case !== 'filename') return source;
    const bytes = readDataSource(source, value, field, 'RMR0801', config);
    return { ...source, specifier: { case: 'inlineBytes', value: bytes ?? Buffer.alloc(0) } };
  };
  for (const { key, field } of sourceFields[value.$typeName] ?? []) {
    const source = copy[key] as DataSource | undefined;
    if (source !== undefined) copy[key] = read(source, field);
  }
  const keys = (value as Partial<TlsSessionTicketKeys>).keys;
  if (keys !== undefined) copy['keys'] = keys.map((source, index) => read(source, `keys[${index}]`));
  return config.errorCount > before ? undefined : (copy as unknown as Value);
}

/** Reports what makes the value unusable for everybody. `owner`: the value as it was received. */
export function checkValue(value: Message, owner: Message, config: ConfigContext): void {
  if (value.$typeName.endsWith('.TlsCertificate')) checkCertificate(value as TlsCertificate, owner, config);
  else if (value.$typeName.endsWith('.CertificateValidationContext')) {
    const ca = readDataSource(
      (value as CertificateValidationContext).trustedCa,
      owner,
      'trusted_ca',
      'RMR0801',
      config,
    );
    const problem = ca === undefined || ca.length === 0 ? null : checkCertificates(ca);
    if (problem !== null) config.error(owner, 'trusted_ca', 'RMR0801', problem);
  }
}

function checkCertificate(certificate: TlsCertificate, owner: Message, config: ConfigContext): void {
  const read = (source: DataSource | undefined, field: string): Buffer | undefined =>
    readDataSource(source, owner, field, 'RMR0801', config);
  const chain = read(certificate.certificateChain, 'certificate_chain');
  const key = read(certificate.privateKey, 'private_key');
  const pkcs12 = read(certificate.pkcs12, 'pkcs12');
  const password = read(certificate.password, 'password');
  if (chain === undefined || key === undefined || pkcs12 === undefined || password === undefined) return;
  const problem = checkPair({
    chain,
    key,
    pkcs12,
    passphrase: password.length === 0 ? undefined : password.toString(),
  });
  if (problem !== null) config.error(owner, pkcs12.length > 0 ? 'pkcs12' : 'private_key', 'RMR0801', problem);
}
