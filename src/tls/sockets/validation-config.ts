// Turns the CertificateValidationContext message into settings. String matchers come from outside: they are of a layer above.
import { createHash, type X509Certificate } from 'node:crypto';
import { getCACertificates } from 'node:tls';
import { dnsNameMatches } from '../../base/dns-name.ts';
import type { ConfigContext } from '../../config/api.ts';
import { readDataSource } from '../../config/data-source.ts';
import type {
  CertificateValidationContext,
  SubjectAltNameMatcher,
} from '../../generated/envoy/extensions/transport_sockets/tls/v3/common_pb.d.ts';
import type { SPIFFECertValidatorConfig } from '../../generated/envoy/extensions/transport_sockets/tls/v3/tls_spiffe_validator_config_pb.d.ts';
import type { StringMatcher as StringMatcherMessage } from '../../generated/envoy/type/matcher/v3/string_pb.d.ts';
import { readCertificates } from '../secrets/material.ts';
import type { NameKind } from './certificate-names.ts';
import type { SubjectAltNameRule, ValidationSettings } from './settings.ts';
import { readTrustBundles, type TrustBundles } from './spiffe-bundles.ts';

/** Undefined after an error was reported. */
export type ReadStringMatcher = (
  message: StringMatcherMessage,
  config: ConfigContext,
) => { matches(value: string): boolean } | undefined;

const spiffeName = 'envoy.tls.cert_validator.spiffe';
const spiffeValidator = 'envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig';
const kinds: readonly (NameKind | 'any')[] = ['any', 'email', 'dns', 'uri', 'ip', 'other'];

/** Errors are reported to `config`. */
export function readValidation(
  message: CertificateValidationContext,
  config: ConfigContext,
  readStringMatcher: ReadStringMatcher,
): ValidationSettings {
  const given = readDataSource(message.trustedCa, message, 'trusted_ca', 'RMR0801', config);
  const crl = readDataSource(message.crl, message, 'crl', 'RMR0801', config);
  let trustedCa = given === undefined || given.length === 0 ? null : given;
  if (trustedCa === null && message.systemRootCerts !== undefined)
    trustedCa = Buffer.from(getCACertificates('system').join('\n'));
  const trustBundles = readValidator(message, config);
  const bundled = trustBundles === null ? null : [...trustBundles.values()].flat();
  if (bundled !== null) trustedCa = Buffer.from(bundled.map(String).join('\n'));
  return {
    trustedCa,
    crl: crl === undefined || crl.length === 0 ? null : crl,
    crlOfLeafOnly: message.onlyVerifyLeafCertCrl,
    subjectAltNames: [
      ...message.matchTypedSubjectAltNames.flatMap((matcher) => readName(matcher, config, readStringMatcher)),
      ...message.matchSubjectAltNames.flatMap((matcher): SubjectAltNameRule | SubjectAltNameRule[] => {
        const inner = readStringMatcher(matcher, config);
        return inner === undefined ? [] : { kind: 'any', oid: '', matches: (name) => inner.matches(name) };
      }),
    ],
    certificateHashes: new Set(message.verifyCertificateHash.map((hash) => readHash(hash, message, config))),
    keyHashes: new Set(message.verifyCertificateSpki.map((hash) => readKeyHash(hash, message, config))),
    acceptUntrusted: message.trustChainVerification === 1,
    allowExpired: message.allowExpiredCertificate,
    // As Envoy counts: 0 and 1 both mean that the authority has signed the certificate itself.
    maxIntermediates: message.maxVerifyDepth === undefined ? null : Math.max(0, message.maxVerifyDepth - 1),
    trustBundles,
    authorities: bundled ?? certificatesOf(trustedCa, message, 'trusted_ca', config),
    hidesAuthorities: message.suppressClientCaList,
    digest: digestOf(message, trustedCa, crl, trustBundles),
  };
}

function readHash(hash: string, message: object, config: ConfigContext): string {
  const plain = hash.replaceAll(':', '').toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(plain))
    config.error(message, 'verify_certificate_hash', 'RMR0800', `'${hash}' is no SHA-256 in hexadecimal`);
  return plain;
}

function readKeyHash(hash: string, message: object, config: ConfigContext): string {
  if (!/^[A-Za-z0-9+/]{43}=$/.test(hash))
    config.error(message, 'verify_certificate_spki', 'RMR0800', `'${hash}' is no SHA-256 in base64`);
  return hash;
}

/** Where authorities and lists come from does not count, only what they are. */
function digestOf(
  message: CertificateValidationContext,
  trustedCa: Buffer | null,
  crl: Buffer | undefined,
  trustBundles: TrustBundles | null,
): string {
  const bundles = [...(trustBundles ?? [])].map(([domain, authorities]) => [domain, authorities.map(String)]);
  const rules = [
    [message.matchTypedSubjectAltNames, message.matchSubjectAltNames],
    [message.verifyCertificateHash, message.verifyCertificateSpki],
    [message.trustChainVerification, message.allowExpiredCertificate],
    [message.maxVerifyDepth, message.onlyVerifyLeafCertCrl],
    [sha256(trustedCa ?? ''), sha256(crl ?? ''), bundles],
  ];
  const text = JSON.stringify(rules, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  return sha256(text);
}

function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function readName(
  message: SubjectAltNameMatcher,
  config: ConfigContext,
  readStringMatcher: ReadStringMatcher,
): SubjectAltNameRule[] {
  const kind = kinds[message.sanType] ?? 'any';
  const { matcher, oid } = message;
  if (kind === 'other' && !/^[0-2](?:\.\d+)+$/.test(oid)) {
    const text = oid === '' ? 'OTHER_NAME needs the type of the name' : `'${oid}' is no object identifier`;
    config.error(message, 'oid', 'RMR0800', text);
  }
  const inner = matcher === undefined ? undefined : readStringMatcher(matcher, config);
  if (inner === undefined) return [];
  const pattern = matcher?.matchPattern;
  // The certificate's name may hold a wildcard.
  const host = kind === 'dns' && pattern?.case === 'exact' ? pattern.value : null;
  const matches = (name: string): boolean => inner.matches(name) || (host !== null && dnsNameMatches(host, name));
  return [{ kind, oid, matches }];
}

function readValidator(message: CertificateValidationContext, config: ConfigContext): TrustBundles | null {
  const any = message.customValidatorConfig?.typedConfig;
  if (any === undefined) return null;
  const typed = config.unpack(any);
  if (typed === undefined) return null;
  if (typed.$typeName !== spiffeValidator) {
    const text = `the certificate validator ${typed.$typeName} is not implemented`;
    config.error(message, 'custom_validator_config', 'RMR0304', text);
    return null;
  }
  const name = message.customValidatorConfig?.name ?? '';
  if (name !== spiffeName) {
    const text = `there is no certificate validator '${name}': they are found by name`;
    config.error(message, 'custom_validator_config.name', 'RMR0304', text, `name it ${spiffeName}`);
  }
  const spiffe = typed as SPIFFECertValidatorConfig;
  const bundles = new Map<string, readonly X509Certificate[]>();
  if (spiffe.trustBundles !== undefined) {
    const text = 'where there are trust_bundles these do not count, as in Envoy';
    if (spiffe.trustDomains.length > 0) config.warning(spiffe, 'trust_domains', 'RMR0802', text, 'remove them');
    return readBundles(spiffe, config);
  }
  if (spiffe.trustDomains.length === 0) {
    const text = 'without trust domains nobody is let in, as in Envoy';
    config.warning(spiffe, '', 'RMR0802', text, 'add trust_bundles or trust_domains');
  }
  for (const domain of spiffe.trustDomains) {
    const pem = readDataSource(domain.trustBundle, domain, 'trust_bundle', 'RMR0801', config);
    if (bundles.has(domain.name))
      config.error(domain, 'name', 'RMR0800', `the trust domain ${domain.name} has a bundle already`);
    bundles.set(domain.name, certificatesOf(pem ?? null, domain, 'trust_bundle', config));
  }
  return bundles;
}

/** Nobody is trusted after an error. */
function readBundles(spiffe: SPIFFECertValidatorConfig, config: ConfigContext): TrustBundles {
  const bytes = readDataSource(spiffe.trustBundles, spiffe, 'trust_bundles', 'RMR0801', config);
  if (bytes === undefined) return new Map();
  try {
    return readTrustBundles(bytes.toString('utf8'));
  } catch (error) {
    config.error(spiffe, 'trust_bundles', 'RMR0801', (error as Error).message);
    return new Map();
  }
}

function certificatesOf(
  pem: Buffer | null,
  message: object,
  field: string,
  config: ConfigContext,
): readonly X509Certificate[] {
  if (pem === null || pem.length === 0) return [];
  try {
    const certificates = readCertificates(pem);
    if (certificates.length > 0) return certificates;
    config.error(message, field, 'RMR0801', 'there is no PEM certificate in it');
  } catch (error) {
    config.error(message, field, 'RMR0801', `a certificate in it cannot be read: ${(error as Error).message}`);
  }
  return [];
}
