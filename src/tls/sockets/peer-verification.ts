// Owns the judgement of a peer's certificate after OpenSSL has built its chain: which of OpenSSL's findings count, and
// whether its names are among those asked for. The reason is for logs; the peer learns nothing of it (DESIGN 4).
import type { TLSSocket } from 'node:tls';
import type { CertificateInfo } from '../../observability/tls-info.ts';
import type { SubjectAltNameRule, ValidationSettings } from './settings.ts';

export type VerificationFailure = {
  readonly kind: 'no_cert' | 'error' | 'san' | 'hash';
  /** In words, with the names that were found and looked for. */
  readonly reason: string;
};

interface WithVerifyError {
  readonly _handle?: { verifyError?(): (Error & { readonly code?: string }) | null } | null;
}

/** Null: let it in. `peer`: null when it showed none. */
export function verifyPeer(
  socket: TLSSocket,
  peer: CertificateInfo | null,
  validation: ValidationSettings,
): VerificationFailure | null {
  if (peer === null) return { kind: 'no_cert', reason: 'the peer showed no certificate' };
  if (validation.trustedCa !== null && !validation.acceptUntrusted) {
    const error = (socket as unknown as WithVerifyError)._handle?.verifyError?.() ?? null;
    if (error !== null) {
      const reason = `certificate of ${peer.subject || 'no subject'} is not trusted: ${error.message} (${error.code ?? ''})`;
      return { kind: 'error', reason };
    }
  }
  const { subjectAltNames } = validation;
  if (
    subjectAltNames.length > 0 &&
    !subjectAltNames.some((rule) => namesOf(peer, rule.kind).some((n) => rule.matches(n)))
  ) {
    return { kind: 'san', reason: `none of the certificate's names (${allNames(peer)}) is one that was asked for` };
  }
  return null;
}

function namesOf(peer: CertificateInfo, kind: SubjectAltNameRule['kind']): readonly string[] {
  switch (kind) {
    case 'dns':
      return peer.dnsSans;
    case 'uri':
      return peer.uriSans;
    case 'email':
      return peer.emailSans;
    case 'ip':
      return peer.ipSans;
    case 'other':
      return peer.otherNameSans;
  }
}

function allNames(peer: CertificateInfo): string {
  const names = [...peer.uriSans, ...peer.dnsSans, ...peer.ipSans, ...peer.emailSans, ...peer.otherNameSans];
  return names.length === 0 ? 'it has none' : names.join(', ');
}
