// Owns the events of one TLS handshake, alike at both ends: success with the judgement of the peer, or failure with its
// reason in words.
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../base/clock.ts';
import type { TransportConnection } from '../../network/api.ts';
import type { CertificateInfo, TlsConnectionInfo } from '../../observability/tls-info.ts';
import type { VerificationFailure } from './peer-verification.ts';
import { peerCertificates, resumedChain, sessionInfo } from './session-info.ts';
import type { TlsStats } from './stats.ts';

export interface HandshakeRules {
  /**
   * The peer of a resumed session, judged when it was made: Node shows a client no certificate then. Null: read it from the
   * socket and judge it.
   */
  readonly resumedPeer?: CertificateInfo | null;
  /** Null: let the peer in. */
  verify(socket: TLSSocket, peer: TlsConnectionInfo['peer'] | null): VerificationFailure | null;
}

export function watchHandshake(
  connection: TransportConnection,
  socket: TLSSocket,
  rules: HandshakeRules,
  stats: TlsStats,
  clock: Clock,
): void {
  const start = clock.monotonic();
  let over = false;
  socket.once('secure', () => {
    over = true;
    const known = socket.isSessionReused() ? (rules.resumedPeer ?? null) : null;
    const peerChain = known === null ? peerCertificates(socket) : resumedChain(known);
    const peer = peerChain[0] ?? null;
    const failure = known === null ? rules.verify(socket, peer) : null;
    if (failure !== null) {
      countFailure(stats, failure);
      stats.connectionError.inc();
      connection.failTransport(`TLS_error: ${failure.reason}`);
      return;
    }
    stats.handshake.inc();
    if (socket.isSessionReused()) stats.sessionReused.inc();
    if (peer === null) stats.noCertificate.inc();
    const info = sessionInfo(socket, peerChain, start, clock.monotonic());
    stats.count('versions', info.version);
    stats.count('ciphers', info.cipher);
    const protocol = socket.alpnProtocol;
    connection.markConnected(info, typeof protocol === 'string' ? protocol : '');
  });
  // Before the connection's own listener, which closes it.
  socket.prependListener('error', (error: NodeJS.ErrnoException) => {
    if (over || error.code === 'ECONNRESET') return;
    over = true;
    stats.connectionError.inc();
    connection.failTransport(`TLS_error: ${error.message}`);
  });
}

function countFailure(stats: TlsStats, failure: VerificationFailure): void {
  if (failure.kind === 'no_cert') stats.failVerifyNoCert.inc();
  else if (failure.kind === 'san') stats.failVerifySan.inc();
  else if (failure.kind === 'hash') stats.failVerifyCertHash.inc();
  else stats.failVerifyError.inc();
}
