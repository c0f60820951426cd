// Owns the server's side of TLS: puts a TLS socket around an accepted one, with the context of its filter chain.
import { TLSSocket, type TLSSocketOptions } from 'node:tls';
import type { Clock } from '../../base/clock.ts';
import type { DownstreamTransport, TransportConnection } from '../../network/api.ts';
import { CertificateChoice } from './certificate-choice.ts';
import { type HandshakeRules, watchHandshake } from './handshake.ts';
import { type LiveSecrets, secretsMissing } from './live-secrets.ts';
import { noCertificate, PeerVerifier, type ShownPeer, type VerificationFailure } from './peer-verification.ts';
import { ServerContexts } from './server-contexts.ts';
import { SessionCache } from './session-cache.ts';
import type { DownstreamTlsSettings, ValidationSettings } from './settings.ts';
import type { TlsStats } from './stats.ts';

export class DownstreamTls implements DownstreamTransport {
  readonly secure = true;
  /** Made with the first context: as in Envoy there are none while secrets are missing. */
  readonly #makeStats: () => TlsStats;
  #stats: TlsStats | null = null;
  readonly #clock: Clock;
  readonly #secrets: LiveSecrets;
  readonly ready: Promise<void> | undefined;
  /** Null until the secrets have come. */
  #state: DownstreamTlsState | null = null;
  #choice: CertificateChoice | null = null;

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
    const { contexts, settings } = state;
    this.#choice = new CertificateChoice(contexts, settings.staplePolicy, this.#stats, () => this.#clock.wall());
  }

  start(connection: TransportConnection): void {
    const state = this.#state;
    const stats = this.#stats;
    const choice = this.#choice;
    if (state === null || stats === null || choice === null) {
      this.#secrets.stats.downstreamNotReady.inc();
      connection.failTransport(secretsMissing);
      return;
    }
    const { applicationProtocols, keyLog } = state.settings;
    const { contexts, sessions } = state;
    const options: TLSSocketOptions = {
      isServer: true,
      secureContext: contexts.base,
      requestCert: state.asksForCertificate,
      // OpenSSL itself refuses a client without certificate, which tells the client so.
      rejectUnauthorized: state.requiresCertificate,
    };
    if (applicationProtocols.length > 0) {
      // Without one in common OpenSSL refuses the client (RFC 7301 section 3.2).
      options.ALPNCallback = ({ protocols }) => applicationProtocols.find((name) => protocols.includes(name));
    }
    if (sessions !== null) options.server = sessions.asServer();
    connection.wrapSocket((inner) => {
      const socket = new TLSSocket(inner, options);
      choice.attach(socket);
      keyLog?.attach(socket, connection);
      watchHandshake(connection, socket, state, stats, this.#clock);
      return socket;
    });
  }

  destroy(): void {
    this.#secrets.release();
  }
}

/** What settings have come to: with new secrets all of it is made anew. */
export class DownstreamTlsState implements HandshakeRules {
  readonly settings: DownstreamTlsSettings;
  readonly contexts: ServerContexts;
  readonly curves: readonly string[];
  readonly asksForCertificate: boolean;
  readonly judges: boolean;
  readonly requiresCertificate: boolean;
  /** Null: sessions are kept by the clients, or not at all. */
  readonly sessions: SessionCache | null;
  readonly #verifier: PeerVerifier | null;

  /** Throws when OpenSSL does not take the settings. */
  constructor(settings: DownstreamTlsSettings, clock: Clock) {
    const { validation } = settings;
    const asksForNames = validation !== null && hasRules(validation);
    this.settings = settings;
    this.curves = settings.parameters.curves;
    this.contexts = new ServerContexts(settings);
    // As in Envoy: who has nothing to judge it by does not ask for it.
    this.asksForCertificate = validation !== null && (validation.trustedCa !== null || asksForNames);
    this.judges = this.asksForCertificate;
    this.requiresCertificate =
      this.asksForCertificate &&
      (settings.requireClientCertificate || (asksForNames && validation?.acceptUntrusted !== true));
    this.sessions = settings.sessionCache && !settings.tickets ? new SessionCache() : null;
    this.#verifier = validation === null ? null : new PeerVerifier(validation, 'client', () => clock.wall());
  }

  verify(socket: TLSSocket, peer: ShownPeer | null): VerificationFailure | null {
    if (this.#verifier === null || !this.asksForCertificate) return null;
    if (peer !== null) return this.#verifier.verify(socket, peer);
    return this.requiresCertificate ? noCertificate : null;
  }
}

function hasRules({ subjectAltNames, certificateHashes, keyHashes }: ValidationSettings): boolean {
  return subjectAltNames.length + certificateHashes.size + keyHashes.size > 0;
}
