// Owns the shape of a TLS context after conversion: frozen plain data. The config.ts files make it from the messages.
import type { SecureVersion } from 'node:tls';

/** A certificate chain with its key, as bytes: PEM. */
export interface CertificateMaterial {
  /** PEM, leaf first. */
  readonly chain: Buffer;
  /** PEM. */
  readonly key: Buffer;
  /** Chain and key in one, instead of them (RFC 7292); empty: none. */
  readonly pkcs12: Buffer;
  /** Of the key, or of the PKCS#12 file; undefined: none. */
  readonly passphrase: string | undefined;
  /** Where it came from, in words, for errors and /certs. */
  readonly origin: string;
}

export interface TlsParameters {
  readonly minVersion: SecureVersion;
  readonly maxVersion: SecureVersion;
  /** OpenSSL's names; empty: the default. */
  readonly cipherSuites: readonly string[];
  readonly curves: readonly string[];
  readonly signatureAlgorithms: readonly string[];
}

/** How a peer's certificate is judged. */
export interface ValidationSettings {
  /** PEM; null: none, any chain is taken that the rest allows. */
  readonly trustedCa: Buffer | null;
  /** At least one must match, where there are any. */
  readonly subjectAltNames: readonly SubjectAltNameRule[];
  readonly acceptUntrusted: boolean;
}

/** One rule on the names of a certificate. */
export interface SubjectAltNameRule {
  readonly kind: 'dns' | 'uri' | 'email' | 'ip' | 'other';
  matches(name: string): boolean;
}

/** What both ends have in common. */
export interface CommonTlsSettings {
  readonly parameters: TlsParameters;
  readonly certificates: readonly CertificateMaterial[];
  readonly validation: ValidationSettings | null;
  readonly applicationProtocols: readonly string[];
}

export interface DownstreamTlsSettings extends CommonTlsSettings {
  readonly requireClientCertificate: boolean;
}

export interface UpstreamTlsSettings extends CommonTlsSettings {
  /** Empty: none is sent. */
  readonly serverName: string;
  readonly autoHostServerName: boolean;
  /** 0: sessions are not kept. */
  readonly maxSessionKeys: number;
}
