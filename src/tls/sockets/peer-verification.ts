// Owns the judgement of a peer's certificate after OpenSSL has built its chain: which of OpenSSL's findings count, and
// whether hashes, names and trust domain are those asked for. The reason is for logs; the peer learns nothing of it: the
// handshake is over for OpenSSL, so no alert can say it, but nothing has been delivered.

import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { dnsNameMatches } from '../../base/dns-name.ts';
import { KeyUsage } from './certificate-extensions.ts';
import type { KnownCertificate } from './certificate-info.ts';
import { chainError } from './chain-error.ts';
import {
  chainFailure,
  keyUsageWords,
  noCertificateWords,
  unverifiedWords,
  verificationFailure,
} from './failure-words.ts';
import { crlFailed, revocation } from './revocation.ts';
import type { SubjectAltNameRule, ValidationSettings } from './settings.ts';
import { findPath, type PathFailure, timeFailure } from './trust-path.ts';

export type VerificationFailure = {
  /** What it is counted as; null: nothing. */
  readonly kind: 'no_cert' | 'usage' | 'error' | 'san' | 'hash' | null;
  /** In Envoy's words, for logs. */
  readonly reason: string;
  /** Counted, and let in all the same (ACCEPT_UNTRUSTED). */
  readonly accepted?: boolean;
};

/** OpenSSL refuses such a client itself; this is the second bolt. */
export const noCertificate: VerificationFailure = { kind: 'no_cert', reason: noCertificateWords };

/** Names are asked for where there is no authority: as in Envoy nobody is let in, and nothing counted. */
export const nobodyToTrust: VerificationFailure = { kind: null, reason: unverifiedWords };

/** BoringSSL refuses such a certificate before it is judged, whatever is believed otherwise; OpenSSL does not. */
const wrongKeyUsage: VerificationFailure = { kind: 'usage', reason: keyUsageWords };

/** What the peer showed. */
export interface ShownPeer {
  readonly info: KnownCertificate;
  readonly certificate: X509Certificate;
  /** Behind its certificate, as far as OpenSSL has it; of a resumed session nothing is left. */
  readonly chain: readonly X509Certificate[];
}

/** OpenSSL's codes in BoringSSL's words, where they differ from its own. */
const wordsOfCodes: Readonly<Record<string, string>> = {
  UNABLE_TO_GET_ISSUER_CERT: 'unable to get local issuer certificate',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'unable to get local issuer certificate',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'unable to get local issuer certificate',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'unable to get local issuer certificate',
  SELF_SIGNED_CERT_IN_CHAIN: 'self signed certificate in certificate chain',
  CERT_HAS_EXPIRED: 'certificate has expired',
  CERT_NOT_YET_VALID: 'certificate is not yet valid',
  INVALID_PURPOSE: 'unsupported certificate purpose',
  CERT_REVOKED: `${crlFailed}certificate revoked`,
  UNABLE_TO_GET_CRL: `${crlFailed}unable to get certificate CRL`,
  CRL_HAS_EXPIRED: `${crlFailed}CRL has expired`,
  CRL_NOT_YET_VALID: `${crlFailed}CRL is not yet valid`,
};

const outdated: ReadonlySet<string> = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CRL_HAS_EXPIRED',
  'CRL_NOT_YET_VALID',
]);

/** Judges peers by one set of settings. */
export class PeerVerifier {
  readonly #settings: ValidationSettings;
  readonly #now: () => number;
  /** Of the extended key usage, that the peer must have. */
  readonly #purpose: string;
  readonly #isOfClient: boolean;
  /**
   * SHA-256 of certificates whose path was found with what their peers had sent along: a resumed session brings only the
   * certificate itself. Bounded; who is not in it makes a full handshake.
   */
  readonly #found = new Set<string>();
  static readonly #mostFound = 4096;

  /** `peer`: which end it is. */
  constructor(settings: ValidationSettings, peer: 'client' | 'server', now: () => number) {
    this.#settings = settings;
    this.#isOfClient = peer === 'client';
    this.#purpose = peer === 'client' ? '1.3.6.1.5.5.7.3.2' : '1.3.6.1.5.5.7.3.1';
    this.#now = now;
  }

  /**
   * Null: let it in. Of each list one must be among the peer's names, where there are any: `serverNames` among its DNS
   * names in the place of those configured, `expected` among all of them, beside.
   */
  verify(
    socket: TLSSocket,
    peer: ShownPeer,
    serverNames: readonly string[] = [],
    expected: readonly string[] = [],
  ): VerificationFailure | null {
    if (this.#isOfClient && !mayBeUsed(peer.info, KeyUsage.DigitalSignature)) return wrongKeyUsage;
    const failure = this.#judge(socket, peer, serverNames, expected);
    if (failure === null || !this.#settings.acceptUntrusted) return failure;
    return { ...failure, accepted: true };
  }

  #judge(
    socket: TLSSocket,
    peer: ShownPeer,
    serverNames: readonly string[],
    expected: readonly string[],
  ): VerificationFailure | null {
    const { certificateHashes, keyHashes, subjectAltNames, trustBundles } = this.#settings;
    const { info } = peer;
    const untrusted = this.#chain(socket, peer);
    if (untrusted !== null) return { kind: 'error', reason: verificationFailure(untrusted) };
    const names = info.alternativeNames.map(({ value }) => value).join(', ');
    if (expected.length > 0 && !expected.some((name) => isNamed(info, name))) {
      const detail = `verify SAN list, expected SANs: [${expected.join(', ')}], certificate SANs: [${names}]`;
      return { kind: 'san', reason: verificationFailure(detail) };
    }
    const rules = serverNames.length === 0 ? subjectAltNames : serverNames.map(hostRule);
    if (rules.length > 0 && !rules.some((rule) => fits(rule, info))) {
      const detail = trustBundles === null ? `SAN matcher, certificate SANs are [${names}]` : 'SAN match';
      return { kind: 'san', reason: verificationFailure(detail) };
    }
    if (certificateHashes.size + keyHashes.size > 0) {
      if (!certificateHashes.has(info.sha256) && !keyHashes.has(info.spki))
        return { kind: 'hash', reason: verificationFailure('cert hash and spki') };
    }
    return null;
  }

  /** Why the chain is not trusted; null: it is, or nobody asks. */
  #chain(socket: TLSSocket, peer: ShownPeer): string | null {
    const { trustedCa, trustBundles, authorities, allowExpired, maxIntermediates, crl, crlOfLeafOnly } = this.#settings;
    if (trustedCa === null) return null;
    let trusted = authorities;
    if (trustBundles !== null) {
      if (mayIssue(peer)) return 'cert precheck';
      const bundle = trustBundles.get(trustDomain(peer.info));
      if (bundle === undefined) return 'no trust bundle store';
      trusted = bundle;
    }
    const error = chainError(socket);
    const isOutdated = outdated.has(error?.code ?? '');
    if (error !== null && !(allowExpired && isOutdated)) return chainFailure(failureOf(error, peer, trusted));
    // OpenSSL tells its last finding only: an outdated certificate may be untrusted too, be revoked, or be for something else.
    const asksPath = error !== null || trustBundles !== null || maxIntermediates !== null;
    const asksLists = crl !== null && (error !== null || crlOfLeafOnly);
    if (!asksPath && !asksLists) return null;
    if (socket.isSessionReused() && this.#found.has(peer.info.sha256)) return null;
    const purposes = peer.certificate.keyUsage as string[] | undefined;
    if (error !== null && purposes !== undefined && !purposes.includes(this.#purpose))
      return chainFailure({ depth: 0, words: 'unsupported certificate purpose' });
    const now = allowExpired ? null : this.#now();
    const issuers = [...peer.chain, ...trusted];
    const flaw = (certificate: X509Certificate, depth: number): PathFailure | null => {
      const late = now === null ? null : timeFailure(certificate, depth, now);
      if (late !== null || !asksLists || (crlOfLeafOnly && depth > 0)) return late;
      return revocation(certificate, depth, issuers, crl, now);
    };
    const failure = asksPath
      ? findPath(peer.certificate, peer.chain, { authorities: trusted, maxIntermediates, flaw })
      : flaw(peer.certificate, 0);
    if (failure !== null) return chainFailure(failure);
    if (this.#found.size >= PeerVerifier.#mostFound) this.#found.clear();
    this.#found.add(peer.info.sha256);
    return null;
  }
}

function failureOf(
  error: Error & { readonly code?: string },
  peer: ShownPeer,
  trusted: readonly X509Certificate[],
): PathFailure {
  const words = wordsOfCodes[error.code ?? ''] ?? error.message;
  if (words !== 'unable to get local issuer certificate') return { depth: 0, words };
  const path = findPath(peer.certificate, peer.chain, {
    authorities: trusted,
    maxIntermediates: null,
    flaw: () => null,
  });
  return { depth: path?.depth ?? 0, words };
}

function hostRule(host: string): SubjectAltNameRule {
  return { kind: 'dns', oid: '', matches: (name) => dnsNameMatches(host, name) };
}

/** Whether one of its names is `name`: a DNS name by its wildcard too, the others to the letter. */
function isNamed({ alternativeNames }: KnownCertificate, name: string): boolean {
  return alternativeNames.some(({ kind, value }) => (kind === 'dns' ? dnsNameMatches(name, value) : value === name));
}

function fits(rule: SubjectAltNameRule, { alternativeNames }: KnownCertificate): boolean {
  return alternativeNames.some(
    ({ kind, value, oid }) =>
      (rule.kind === 'any' || rule.kind === kind) && (rule.kind !== 'other' || rule.oid === oid) && rule.matches(value),
  );
}

/** Of the SPIFFE name, which is the first of its URIs, as Envoy takes it; empty: it has none. */
function trustDomain({ uriSans: [first = ''] }: KnownCertificate): string {
  return /^spiffe:\/\/([^/]+)\//.exec(first)?.[1] ?? '';
}

/** An identity that can sign certificates, or lists of them, is none (X.509-SVID, section 4.3). */
function mayIssue({ certificate, info }: ShownPeer): boolean {
  return certificate.ca || ((info.keyUsage ?? 0) & (KeyUsage.KeyCertSign | KeyUsage.CrlSign)) !== 0;
}

/** A client proves with a signature that the key is its own. */
function mayBeUsed({ keyUsage }: KnownCertificate, use: number): boolean {
  return keyUsage === null || (keyUsage & use) !== 0;
}

/** Whether a server has used the key of its certificate as that allows; null: it has, or none was used. */
export function keyUsageFailure(socket: TLSSocket, { info }: ShownPeer): VerificationFailure | null {
  if (socket.isSessionReused()) return null;
  // Without an ephemeral key the client has enciphered the secret with the server's (RFC 5246 section 7.4.7.1).
  const enciphers = /^(?:AES|CAMELLIA|ARIA|DES|NULL)/.test(socket.getCipher().name);
  return mayBeUsed(info, enciphers ? KeyUsage.KeyEncipherment : KeyUsage.DigitalSignature) ? null : wrongKeyUsage;
}
