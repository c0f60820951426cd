// Owns the server's side of TLS: puts a TLS socket around an accepted one, with the context of its filter chain.
import { type SecureContext, TLSSocket, type TLSSocketOptions } from 'node:tls';
import type { Clock } from '../../base/clock.ts';
import type { DownstreamTransport, TransportConnection } from '../../network/api.ts';
import type { TlsConnectionInfo } from '../../observability/tls-info.ts';
import { type HandshakeRules, watchHandshake } from './handshake.ts';
import { type VerificationFailure, verifyPeer } from './peer-verification.ts';
import { makeContext } from './secure-context.ts';
import type { DownstreamTlsSettings } from './settings.ts';
import type { TlsStats } from './stats.ts';

export class DownstreamTls implements DownstreamTransport, HandshakeRules {
  readonly secure = true;
  readonly #settings: DownstreamTlsSettings;
  readonly #stats: TlsStats;
  readonly #clock: Clock;
  readonly #context: SecureContext;
  readonly #asksForCertificate: boolean;

  /** Throws when OpenSSL does not take the settings. */
  constructor(settings: DownstreamTlsSettings, stats: TlsStats, clock: Clock) {
    this.#settings = settings;
    this.#stats = stats;
    this.#clock = clock;
    this.#context = makeContext(settings, true);
    this.#asksForCertificate = settings.requireClientCertificate || settings.validation !== null;
  }

  start(connection: TransportConnection): void {
    const { applicationProtocols, requireClientCertificate } = this.#settings;
    const options: TLSSocketOptions = {
      isServer: true,
      secureContext: this.#context,
      requestCert: this.#asksForCertificate,
      // OpenSSL itself refuses a client without certificate, which tells the client so.
      rejectUnauthorized: requireClientCertificate,
    };
    if (applicationProtocols.length > 0) {
      // Without one in common the connection goes on without, as in Envoy; Node's own list would end it.
      options.ALPNCallback = ({ protocols }) => applicationProtocols.find((name) => protocols.includes(name));
    }
    connection.wrapSocket((inner) => {
      const socket = new TLSSocket(inner, options);
      watchHandshake(connection, socket, this, this.#stats, this.#clock);
      return socket;
    });
  }

  verify(socket: TLSSocket, peer: TlsConnectionInfo['peer'] | null): VerificationFailure | null {
    const { validation, requireClientCertificate } = this.#settings;
    if (!this.#asksForCertificate || (peer === null && !requireClientCertificate)) return null;
    return validation === null ? null : verifyPeer(socket, peer ?? null, validation);
  }
}
