// Owns the reading of certificates and keys as bytes: what a PEM file holds, whether a key belongs to its certificate,
// and PKCS#12 (RFC 7292) opened by OpenSSL. Reasons are in words, for logs and configuration errors.
import { X509Certificate } from 'node:crypto';
import type { SecureContext, SecureContextOptions } from 'node:tls';

/** node:tls costs 3.6 MB: a proxy whose configuration names no certificate never loads it (DESIGN 3.8). */
function createSecureContext(options: SecureContextOptions): SecureContext {
  return process.getBuiltinModule('node:tls').createSecureContext(options);
}

/** As bytes; what is not given is empty. */
export interface PairBytes {
  readonly chain: Buffer;
  readonly key: Buffer;
  readonly pkcs12: Buffer;
  readonly passphrase: string | undefined;
}

const certificatePattern =
  /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]*-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;

const beginPattern = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/g;

/** The certificates of a PEM text, in order. Throws when one cannot be read. */
export function readCertificates(pem: Buffer): X509Certificate[] {
  const text = pem.toString('latin1');
  const whole = text.match(certificatePattern) ?? [];
  // Somebody is still writing.
  if ((text.match(beginPattern)?.length ?? 0) > whole.length) throw new Error('it ends in the middle of a certificate');
  return whole.map((certificate) => new X509Certificate(certificate));
}

/** Why these are no certificates; null when they are. */
export function checkCertificates(pem: Buffer): string | null {
  try {
    return readCertificates(pem).length > 0 ? null : 'there is no PEM certificate in it';
  } catch (error) {
    return `a certificate in it cannot be read: ${wordsOf(error)}`;
  }
}

/** Why certificate and key are no pair; null when they are, or when one of them is not given. */
export function checkPair({ chain, key, pkcs12, passphrase }: PairBytes): string | null {
  const options = passphrase === undefined ? {} : { passphrase };
  try {
    if (pkcs12.length > 0) createSecureContext({ pfx: pkcs12, ...options });
    if (chain.length === 0) return null;
    const problem = checkCertificates(chain);
    if (problem !== null) return problem;
    if (key.length > 0) createSecureContext({ cert: chain, key, ...options });
    return null;
  } catch (error) {
    return `certificate and key cannot be used together: ${wordsOf(error)}`;
  }
}

interface WithCertificate {
  readonly context: { getCertificate(): Buffer | null };
}

/** The leaf of a PKCS#12 file as PEM. Throws when it cannot be opened. */
export function leafOfPkcs12(pkcs12: Buffer, passphrase: string | undefined): Buffer {
  const context: SecureContext = createSecureContext({
    pfx: pkcs12,
    ...(passphrase === undefined ? {} : { passphrase }),
  });
  const der = (context as unknown as WithCertificate).context.getCertificate();
  return der === null ? Buffer.alloc(0) : Buffer.from(new X509Certificate(der).toString());
}

/** OpenSSL's words say little of what to do. */
function wordsOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (/key values mismatch/i.test(text)) return 'the private key does not belong to the certificate';
  if (/mac verify|bad decrypt|interrupted or cancelled|bad password/i.test(text))
    return `the password is wrong or missing (${text})`;
  return text;
}
