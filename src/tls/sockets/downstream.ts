// Owns the server's side of TLS: puts a TLS socket around an accepted one, with the context of its filter chain.
import { type SecureContext, TLSSocket, type TLSSocketOptions } from 'node:tls';
import type { Clock } from '../../base/clock.ts';
import type { DownstreamTransport, TransportConnection } from '../../network/api.ts';
import type { TlsConnectionInfo } from '../../observability/tls-info.ts';
import { type HandshakeRules, watchHandshake } from './handshake.ts';
import { type LiveSecrets, secretsMissing } from './live-secrets.ts';
import { type VerificationFailure, verifyPeer } from './peer-verification.ts';
import { makeContext } from './secure-context.ts';
import type { DownstreamTlsSettings } from './settings.ts';
import type { TlsStats } from './stats.ts';

export class DownstreamTls implements DownstreamTransport, HandshakeRules {
  readonly secure = true;
  /** Made with the first context: as in Envoy there are none while secrets are missing. */
  readonly #makeStats: () => TlsStats;
  #stats: TlsStats | null = null;
  readonly #clock: Clock;
  readonly #secrets: LiveSecrets;
  readonly ready: Promise<void> | undefined;
  /** Null until the secrets have come. */
  #state: DownstreamTlsState | null = null;

  constructor(makeStats: () => TlsStats, clock: Clock, secrets: LiveSecrets) {
    this.#makeStats = makeStats;
    this.#clock = clock;
    this.#secrets = secrets;
    this.ready = secrets.ready;
  }

  /** For the handshakes from now on; open connections go on with what they have. */
  use(state: DownstreamTlsState): void {
    this.#state = state;
    this.#stats ??= this.#makeStats();
  }

  start(connection: TransportConnection): void {
    const state = this.#state;
    const stats = this.#stats;
    if (state === null || stats === null) {
      this.#secrets.stats.downstreamNotReady.inc();
      connection.failTransport(secretsMissing);
      return;
    }
    const { applicationProtocols, requireClientCertificate } = state.settings;
    const options: TLSSocketOptions = {
      isServer: true,
      secureContext: state.context,
      requestCert: state.asksForCertificate,
      // OpenSSL itself refuses a client without certificate, which tells the client so.
      rejectUnauthorized: requireClientCertificate,
    };
    if (applicationProtocols.length > 0) {
      // Without one in common the connection goes on without, as in Envoy; Node's own list would end it.
      options.ALPNCallback = ({ protocols }) => applicationProtocols.find((name) => protocols.includes(name));
    }
    connection.wrapSocket((inner) => {
      const socket = new TLSSocket(inner, options);
      watchHandshake(connection, socket, this, stats, this.#clock);
      return socket;
    });
  }

  verify(socket: TLSSocket, peer: TlsConnectionInfo['peer'] | null): VerificationFailure | null {
    if (this.#state === null) return { kind: 'error', reason: secretsMissing };
    const { validation, requireClientCertificate } = this.#state.settings;
    if (!this.#state.asksForCertificate || (peer === null && !requireClientCertificate)) return null;
    return validation === null ? null : verifyPeer(socket, peer ?? null, validation);
  }

  destroy(): void {
    this.#secrets.release();
  }
}

/** What settings have come to: with new secrets all of it is made anew. */
export interface DownstreamTlsState {
  readonly settings: DownstreamTlsSettings;
  readonly context: SecureContext;
  readonly asksForCertificate: boolean;
}

/** Throws when OpenSSL does not take the settings. */
export function prepareDownstreamTls(settings: DownstreamTlsSettings): DownstreamTlsState {
  return {
    settings,
    context: makeContext(settings, true),
    asksForCertificate: settings.requireClientCertificate || settings.validation !== null,
  };
}
