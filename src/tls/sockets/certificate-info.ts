// Owns what is known of a certificate: read once for each certificate, whatever the number of connections that show it.
import { createHash, type X509Certificate } from 'node:crypto';
import type { CertificateInfo } from '../../observability/tls-info.ts';
import { keyUsageOf } from './certificate-extensions.ts';
import { type AlternativeName, certificateNames } from './certificate-names.ts';

/** Certificates of workloads are few and live for hours; a client that shows ever new ones must not fill the memory. */
const maxKnown = 1024;
const known = new Map<string, KnownCertificate>();

/** `certificate`: as the handshake left it. */
export function certificateInfo(certificate: X509Certificate): KnownCertificate {
  const key = certificate.fingerprint256;
  const present = known.get(key);
  if (present !== undefined) return present;
  const info = new KnownCertificate(certificate);
  if (known.size >= maxKnown) known.delete(known.keys().next().value ?? '');
  known.set(key, info);
  return info;
}

/** Keeps the bytes, not OpenSSL's object; texts that few ask for are made when somebody does. */
export class KnownCertificate implements CertificateInfo {
  readonly subject: string;
  readonly issuer: string;
  readonly serial: string;
  readonly sha256: string;
  readonly uriSans: readonly string[];
  readonly dnsSans: readonly string[];
  readonly ipSans: readonly string[];
  readonly emailSans: readonly string[];
  readonly otherNameSans: readonly string[];
  readonly otherNameTypes: readonly string[];
  readonly validFrom: number;
  readonly validTo: number;
  readonly sha1: string;
  /** In the certificate's order. */
  readonly alternativeNames: readonly AlternativeName[];
  /** SHA-256 of the public key, base64. */
  readonly spki: string;
  /** OpenSSL's name for the kind of key (`rsa`, `ec`), and its curve. */
  readonly keyType: string;
  readonly curve: string;
  /** Bits of KeyUsage; null: any use. */
  readonly keyUsage: number | null;
  readonly #raw: Buffer;
  #pem: string | undefined;
  #urlEncodedPem: string | undefined;

  constructor(certificate: X509Certificate) {
    const raw = certificate.raw;
    const names = certificateNames(raw);
    this.#raw = raw;
    this.subject = names.subject;
    this.issuer = names.issuer;
    this.uriSans = names.uriSans;
    this.dnsSans = names.dnsSans;
    this.ipSans = names.ipSans;
    this.emailSans = names.emailSans;
    this.otherNameSans = names.otherNameSans;
    this.otherNameTypes = names.otherNameTypes;
    this.alternativeNames = names.alternativeNames;
    const { publicKey } = certificate;
    this.spki = createHash('sha256')
      .update(publicKey.export({ type: 'spki', format: 'der' }))
      .digest('base64');
    this.keyType = publicKey.asymmetricKeyType ?? '';
    this.curve = publicKey.asymmetricKeyDetails?.namedCurve ?? '';
    this.keyUsage = keyUsageOf(raw);
    this.serial = certificate.serialNumber.toLowerCase();
    this.sha256 = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
    this.sha1 = certificate.fingerprint.replaceAll(':', '').toLowerCase();
    this.validFrom = Date.parse(certificate.validFrom);
    this.validTo = Date.parse(certificate.validTo);
  }

  get pem(): string {
    this.#pem ??= pemOf(this.#raw);
    return this.#pem;
  }

  get urlEncodedPem(): string {
    this.#urlEncodedPem ??= encodeURIComponent(this.pem);
    return this.#urlEncodedPem;
  }
}

function pemOf(raw: Buffer): string {
  const lines = raw.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
