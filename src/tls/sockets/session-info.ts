// Owns what a finished handshake leaves to logs, matchers and headers.

import { X509Certificate } from 'node:crypto';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import { type CertificateInfo, type TlsConnectionInfo, tlsDemand } from '../../observability/tls-info.ts';
import { certificateInfo } from './certificate-info.ts';
import { chainError } from './chain-error.ts';
import type { ShownPeer } from './peer-verification.ts';
import { sessionFacts } from './session-facts.ts';

interface WithX509 {
  getPeerX509Certificate(): X509Certificate | undefined;
  getX509Certificate(): X509Certificate | undefined;
}

/** What the peer showed, for its judgement; null: nothing. */
export function shownPeer(socket: TLSSocket): ShownPeer | null {
  const certificate = (socket as unknown as WithX509).getPeerX509Certificate();
  if (certificate === undefined) return null;
  const chain: X509Certificate[] = [];
  let next = certificate.issuerCertificate;
  while (next !== undefined && chain.length < maxChain) {
    chain.push(next);
    next = next.issuerCertificate;
  }
  return { info: certificateInfo(certificate), certificate, chain };
}

/** The certificates that the peer sent, its own first; empty when it showed none. */
export function peerCertificates(socket: TLSSocket): readonly CertificateInfo[] {
  const chain: CertificateInfo[] = [];
  // Here, unlike in Node's other chains, are those that were sent and no others.
  let certificate = (socket as unknown as WithX509).getPeerX509Certificate();
  while (certificate !== undefined && chain.length < maxChain) {
    chain.push(certificateInfo(certificate));
    certificate = certificate.issuerCertificate;
  }
  const [peer] = chain;
  if (peer === undefined) return chain;
  if (socket.isSessionReused()) return resumedChain(peer);
  if (chain.length > 1) sentChains.set(peer, chain);
  else sentChains.delete(peer);
  return chain;
}

/** By the peer's own certificate: what was sent with it last. A resumed session tells no more than that certificate. */
const sentChains = new WeakMap<CertificateInfo, readonly CertificateInfo[]>();

export function resumedChain(peer: CertificateInfo): readonly CertificateInfo[] {
  return sentChains.get(peer) ?? [peer];
}

/** More than OpenSSL verifies. */
const maxChain = 100;

/** `validated`: nothing was found against what the peer showed. Times in monotonic milliseconds. */
export function sessionInfo(
  socket: TLSSocket,
  peerChain: readonly CertificateInfo[],
  validated: boolean,
  handshakeStart: number,
  handshakeEnd: number,
): TlsConnectionInfo {
  const local = (socket as unknown as WithX509).getX509Certificate();
  const [peer] = peerChain;
  const trusted = peer !== undefined && chainError(socket) === null;
  const issuer = trusted && tlsDemand.peerIssuer ? (peerChain[1] ?? issuerInStore(socket)) : undefined;
  return {
    version: socket.getProtocol() ?? '',
    cipher: socket.getCipher()?.name ?? '',
    ...(tlsDemand.session ? sessionFacts(socket) : {}),
    ...(typeof socket.servername === 'string' ? { serverName: socket.servername } : {}),
    handshakeStart,
    handshakeEnd,
    ...(local === undefined ? {} : { local: certificateInfo(local) }),
    ...(peer === undefined ? {} : { peer, peerChain, peerValidated: validated }),
    ...(issuer === undefined ? {} : { peerIssuer: issuer }),
  };
}

/** Of a peer that sent its certificate alone: Node completes the chain with the trusted ones. */
function issuerInStore(socket: TLSSocket): CertificateInfo | undefined {
  const issuer = (socket.getPeerCertificate(true) as DetailedPeerCertificate | null)?.issuerCertificate;
  return issuer?.raw === undefined ? undefined : certificateInfo(new X509Certificate(issuer.raw));
}
