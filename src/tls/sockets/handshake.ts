// Owns the events of one TLS handshake, alike at both ends: success with the judgement of the peer, or failure with its
// reason in words.
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../base/clock.ts';
import type { TransportConnection } from '../../network/api.ts';
import type { CertificateInfo } from '../../observability/tls-info.ts';
import { wasRejected } from './certificate-choice.ts';
import { handshakeFailure, rejectedWords } from './failure-words.ts';
import { groupOf, signatureAlgorithm } from './negotiated.ts';
import type { ShownPeer, VerificationFailure } from './peer-verification.ts';
import { peerCertificates, resumedChain, sessionInfo, shownPeer } from './session-info.ts';
import type { TlsStats } from './stats.ts';

export interface HandshakeRules {
  /**
   * The peer of a resumed session, judged when it was made: Node shows a client no certificate then. Null: read it from the
   * socket and judge it.
   */
  readonly resumedPeer?: CertificateInfo | null;
  /** Configured curves, by preference. */
  readonly curves: readonly string[];
  /** Whether `verify` looks at the peer's certificate at all. */
  readonly judges: boolean;
  /** Null: let the peer in, which may have shown nothing. */
  verify(socket: TLSSocket, peer: ShownPeer | null): VerificationFailure | null;
}

export function watchHandshake(
  connection: TransportConnection,
  socket: TLSSocket,
  rules: HandshakeRules,
  stats: TlsStats,
  clock: Clock,
): void {
  const start = clock.monotonic();
  let state: 'shaking hands' | 'secure' | 'failed' = 'shaking hands';
  socket.once('secure', () => {
    state = 'secure';
    releaseControl(socket);
    const known = socket.isSessionReused() ? (rules.resumedPeer ?? null) : null;
    const peerChain = known === null ? peerCertificates(socket) : resumedChain(known);
    const peer = peerChain[0] ?? null;
    const failure = known === null ? rules.verify(socket, shownPeer(socket)) : null;
    if (failure !== null) {
      // Who is let in all the same was counted when the session was made.
      if (failure.accepted !== true || !socket.isSessionReused()) countFailure(stats, failure);
      if (failure.accepted !== true) {
        state = 'failed';
        connection.failTransport(failure.reason);
        return;
      }
    }
    stats.handshake.inc();
    if (socket.isSessionReused()) stats.sessionReused.inc();
    if (peer === null) stats.noCertificate.inc();
    const info = sessionInfo(socket, peerChain, rules.judges && failure === null, start, clock.monotonic());
    stats.count('versions', info.version);
    stats.count('ciphers', info.cipher);
    const group = groupOf(socket, rules.curves);
    if (group !== '') stats.count('curves', group);
    const signed = known === null ? signatureAlgorithm(socket, info.version) : '';
    if (signed !== '') stats.count('sigalgs', signed);
    const protocol = socket.alpnProtocol;
    connection.markConnected(info, typeof protocol === 'string' ? protocol : '');
  });
  // Before the connection's own listener, which closes it.
  socket.prependListener('error', (error: NodeJS.ErrnoException) => {
    const records = state === 'secure' && error.code?.startsWith('ERR_SSL_') === true;
    if ((state !== 'shaking hands' && !records) || error.code === 'ECONNRESET') return;
    state = 'failed';
    if (error.code === 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE') stats.failVerifyNoCert.inc();
    else stats.connectionError.inc();
    connection.failTransport(wasRejected(socket) ? rejectedWords : handshakeFailure(error));
  });
}

interface WithControl {
  _releaseControl?(): boolean;
}

/**
 * As Node's own servers do: until then a TLS socket keeps errors to itself, and a peer that sends what is no record would
 * hold its connection for ever.
 */
function releaseControl(socket: TLSSocket): void {
  (socket as unknown as WithControl)._releaseControl?.();
}

function countFailure(stats: TlsStats, failure: VerificationFailure): void {
  if (failure.kind === 'no_cert') stats.failVerifyNoCert.inc();
  else if (failure.kind === 'san') stats.failVerifySan.inc();
  else if (failure.kind === 'usage') stats.connectionError.inc();
  else if (failure.kind === 'hash') stats.failVerifyCertHash.inc();
  else if (failure.kind === 'error') stats.failVerifyError.inc();
}
