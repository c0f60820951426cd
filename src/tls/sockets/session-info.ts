// Owns what a finished handshake leaves to logs, matchers and headers.
import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { CertificateInfo, TlsConnectionInfo } from '../../observability/tls-info.ts';
import { certificateInfo } from './certificate-info.ts';

interface WithX509 {
  getPeerX509Certificate(): X509Certificate | undefined;
  getX509Certificate(): X509Certificate | undefined;
}

/** The peer's certificate; null when it showed none. */
export function peerCertificate(socket: TLSSocket): CertificateInfo | null {
  const certificate = (socket as unknown as WithX509).getPeerX509Certificate();
  return certificate === undefined ? null : certificateInfo(certificate);
}

/** Times in monotonic milliseconds. */
export function sessionInfo(
  socket: TLSSocket,
  peer: CertificateInfo | null,
  handshakeStart: number,
  handshakeEnd: number,
): TlsConnectionInfo {
  const local = (socket as unknown as WithX509).getX509Certificate();
  return {
    version: socket.getProtocol() ?? '',
    cipher: socket.getCipher()?.name ?? '',
    ...(typeof socket.servername === 'string' ? { serverName: socket.servername } : {}),
    handshakeStart,
    handshakeEnd,
    ...(local === undefined ? {} : { local: certificateInfo(local) }),
    ...(peer === null ? {} : { peer, peerChain: [peer] }),
  };
}
