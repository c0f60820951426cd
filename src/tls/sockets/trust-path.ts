// Owns the search for a path from a certificate to an authority that is trusted (RFC 5280, section 6), for what Node cannot ask
// of OpenSSL: another set of authorities for each trust domain, a limit of its length, and whether a certificate that has
// expired would be trusted else. OpenSSL has judged the same chain before; nothing is let in here that it finds fault with
// otherwise.
import type { X509Certificate } from 'node:crypto';
import { pathLengthOf } from './certificate-extensions.ts';

export interface PathRules {
  readonly authorities: readonly X509Certificate[];
  /** Null: `longest`. */
  readonly maxIntermediates: number | null;
  /** What is wrong with a certificate of the path, besides; null: nothing. `depth`: of the certificate, 0 for the peer's own. */
  flaw(certificate: X509Certificate, depth: number): PathFailure | null;
}

export type PathFailure = { readonly depth: number; readonly words: string };

/** As many certificates as a peer may show; each step tries all of them. */
const longest = 10;

/** Null: there is one. `shown`: what the peer sent behind its certificate. */
export function findPath(
  leaf: X509Certificate,
  shown: readonly X509Certificate[],
  rules: PathRules,
): PathFailure | null {
  const limit = Math.min(rules.maxIntermediates ?? longest, longest);
  const candidates = shown.slice(0, longest);
  let deepest = 0;
  let flawed: PathFailure | null = null;

  function climb(certificate: X509Certificate, depth: number, used: ReadonlySet<X509Certificate>): boolean {
    deepest = Math.max(deepest, depth);
    const flaw = rules.flaw(certificate, depth);
    if (flaw !== null) {
      flawed ??= flaw;
      return false;
    }
    for (const authority of rules.authorities) {
      const same = authority.fingerprint256 === certificate.fingerprint256;
      if (!same && !issued(authority, certificate, depth)) continue;
      const flawOfAuthority = same ? null : rules.flaw(authority, depth + 1);
      if (flawOfAuthority === null) return true;
      flawed ??= flawOfAuthority;
    }
    for (const candidate of candidates) {
      if (used.has(candidate) || !issued(candidate, certificate, depth)) continue;
      if (depth >= limit) {
        deepest = Math.max(deepest, depth + 1);
        return false;
      }
      if (climb(candidate, depth + 1, new Set([...used, candidate]))) return true;
    }
    return false;
  }

  if (climb(leaf, 0, new Set())) return null;
  return flawed ?? { depth: deepest, words: 'unable to get local issuer certificate' };
}

/** `depth`: of the certificate that it may have issued, which is the number of authorities below `authority`. */
function issued(authority: X509Certificate, certificate: X509Certificate, depth: number): boolean {
  if (!authority.ca || !certificate.checkIssued(authority) || !certificate.verify(authority.publicKey)) return false;
  const pathLength = pathLengthOf(authority.raw);
  return pathLength === null || depth <= pathLength;
}

export function timeFailure(certificate: X509Certificate, depth: number, now: number): PathFailure | null {
  if (now > Date.parse(certificate.validTo)) return { depth, words: 'certificate has expired' };
  if (now < Date.parse(certificate.validFrom)) return { depth, words: 'certificate is not yet valid' };
  return null;
}
