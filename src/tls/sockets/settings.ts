// Owns the shape of a TLS context after conversion: frozen plain data. The config.ts files make it from the messages.
import type { X509Certificate } from 'node:crypto';
import type { SecureVersion } from 'node:tls';
import type { NameKind } from './certificate-names.ts';
import type { KeyLog } from './key-log.ts';
import type { TrustBundles } from './spiffe-bundles.ts';
import type { Staple, StaplePolicy } from './stapling.ts';

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
  /** Of no use at a client. */
  readonly staple: Staple;
}

export interface TlsParameters {
  readonly minVersion: SecureVersion;
  readonly maxVersion: SecureVersion;
  /** OpenSSL's names, with colons between. */
  readonly ciphers: string;
  /** The order of `ciphers` counts before the client's. */
  readonly serverOrder: boolean;
  readonly curves: readonly string[];
  /** Empty: the default. */
  readonly signatureAlgorithms: readonly string[];
  /** SSL_OP bits. */
  readonly options: number;
}

/** How a peer's certificate is judged. */
export interface ValidationSettings {
  /** PEM; null: none, any chain is taken that the rest allows. */
  readonly trustedCa: Buffer | null;
  /** PEM, one after the other; null: revocation is not looked at. */
  readonly crl: Buffer | null;
  /** The lists count for the peer's certificate, not for its authorities. */
  readonly crlOfLeafOnly: boolean;
  /** At least one must match, where there are any. */
  readonly subjectAltNames: readonly SubjectAltNameRule[];
  /** SHA-256, of the certificate in hexadecimal and of its key in base64; one of both lists is enough. */
  readonly certificateHashes: ReadonlySet<string>;
  readonly keyHashes: ReadonlySet<string>;
  readonly acceptUntrusted: boolean;
  readonly allowExpired: boolean;
  /** Authorities between the peer's certificate and a trusted one; null: OpenSSL's limit. */
  readonly maxIntermediates: number | null;
  /** SPIFFE: trust domain → its authorities; null: the trusted CA counts for all. */
  readonly trustBundles: TrustBundles | null;
  /** The authorities of `trustedCa`, for what OpenSSL does not judge. */
  readonly authorities: readonly X509Certificate[];
  /** All of the above as one text: who was let in by other rules is judged anew. */
  readonly digest: string;
  /** A server does not tell clients which authorities it trusts. */
  readonly hidesAuthorities: boolean;
}

/** One rule on the names of a certificate. */
export interface SubjectAltNameRule {
  readonly kind: NameKind | 'any';
  /** Of `other`: its type. */
  readonly oid: string;
  matches(name: string): boolean;
}

/** What both ends have in common. */
export interface CommonTlsSettings {
  readonly parameters: TlsParameters;
  readonly certificates: readonly CertificateMaterial[];
  readonly validation: ValidationSettings | null;
  readonly applicationProtocols: readonly string[];
  /** Null: secrets are not logged. */
  readonly keyLog: KeyLog | null;
}

export interface DownstreamTlsSettings extends CommonTlsSettings {
  readonly requireClientCertificate: boolean;
  /** The server names that the filter chain is for. */
  readonly serverNames: readonly string[];
  /** A name of no certificate gets the first certificate that fits the client, not just the first. */
  readonly fullScan: boolean;
  readonly staplePolicy: StaplePolicy;
  readonly clientCipherOrder: boolean;
  /** Tickets keep sessions at the client. */
  readonly tickets: boolean;
  /** A cache keeps those of TLS 1.2 clients that take no tickets. */
  readonly sessionCache: boolean;
  /** The first encrypts, all decrypt; empty: one that is made for this process. */
  readonly ticketKeys: readonly Buffer[];
  /** Seconds; 0: the default. */
  readonly sessionTimeout: number;
}

export interface UpstreamTlsSettings extends CommonTlsSettings {
  /** Empty: none is sent. */
  readonly serverName: string;
  readonly autoHostServerName: boolean;
  /** The server name that was sent must be among the certificate's DNS names. */
  readonly serverNameInCertificate: boolean;
  /** 0: sessions are not kept. */
  readonly maxSessionKeys: number;
}
