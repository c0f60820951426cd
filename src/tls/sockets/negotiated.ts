// Owns what a handshake agreed on that Node does not tell directly: the group of the key exchange and the algorithm of the
// peer's signature, under the names that BoringSSL has for them.
import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { certificateInfo } from './certificate-info.ts';

const groups: Readonly<Record<string, string>> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };

/** Empty: not known. Node tells it to clients; a server knows it where it allows one only. */
export function groupOf(socket: TLSSocket, curves: readonly string[]): string {
  const [only] = curves;
  if (curves.length === 1 && only !== undefined) return groups[only] ?? only;
  const name = (socket.getEphemeralKeyInfo() as { readonly name?: string } | null)?.name;
  return name === undefined ? '' : (groups[name] ?? name);
}

interface WithX509 {
  getPeerX509Certificate(): X509Certificate | undefined;
}

const ofCurve: Readonly<Record<string, string>> = {
  prime256v1: 'ecdsa_secp256r1_sha256',
  secp384r1: 'ecdsa_secp384r1_sha384',
  secp521r1: 'ecdsa_secp521r1_sha512',
};

/** Empty: the peer has signed nothing, or it is not known. What the kind of its key and the version leave, or prefer. */
export function signatureAlgorithm(socket: TLSSocket, version: string): string {
  const certificate = (socket as unknown as WithX509).getPeerX509Certificate();
  if (certificate === undefined || socket.isSessionReused()) return '';
  const { keyType, curve } = certificateInfo(certificate);
  if (keyType === 'ec') return ofCurve[curve] ?? '';
  if (keyType === 'ed25519') return 'ed25519';
  if (keyType === 'rsa') return version === 'TLSv1.3' || version === 'TLSv1.2' ? 'rsa_pss_rsae_sha256' : '';
  return '';
}
