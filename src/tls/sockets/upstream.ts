// Owns the client's side of TLS: puts a TLS socket around a connected one, with the SNI and the names to expect, and keeps
// sessions to resume.
import { type ConnectionOptions, connect, type SecureContext, type TLSSocket } from 'node:tls';
import type { Clock } from '../../base/clock.ts';
import type {
  TransportConnection,
  UpstreamTransport,
  UpstreamTransportOptions,
  UpstreamTransportSource,
} from '../../network/api.ts';
import type { StatsScope } from '../../observability/stats/api.ts';
import type { CertificateInfo, TlsConnectionInfo } from '../../observability/tls-info.ts';
import { watchHandshake } from './handshake.ts';
import { type VerificationFailure, verifyPeer } from './peer-verification.ts';
import { makeContext } from './secure-context.ts';
import type { UpstreamTlsSettings } from './settings.ts';
import { type TlsStats, tlsStats } from './stats.ts';

/** The context is made at once, so that what is wrong with it is found with the configuration. */
export class UpstreamTlsSource implements UpstreamTransportSource {
  readonly message: unknown;
  readonly #settings: UpstreamTlsSettings;
  readonly #context: SecureContext;
  readonly #clock: Clock;

  /** Throws when OpenSSL does not take the settings. */
  constructor(message: unknown, settings: UpstreamTlsSettings, clock: Clock) {
    this.message = message;
    this.#settings = settings;
    this.#clock = clock;
    this.#context = makeContext(settings, false);
  }

  open(scope: StatsScope): UpstreamTransport {
    return new UpstreamTls(this.#settings, this.#context, tlsStats(scope), this.#clock);
  }
}

/** A session to resume, with the peer that was let in when it was made. */
interface KeptSession {
  readonly ticket: Buffer;
  readonly peer: CertificateInfo | null;
}

class UpstreamTls implements UpstreamTransport {
  readonly #settings: UpstreamTlsSettings;
  readonly #stats: TlsStats;
  readonly #clock: Clock;
  readonly #context: SecureContext;
  /** The newest last. */
  readonly #sessions: KeptSession[] = [];

  constructor(settings: UpstreamTlsSettings, context: SecureContext, stats: TlsStats, clock: Clock) {
    this.#settings = settings;
    this.#context = context;
    this.#stats = stats;
    this.#clock = clock;
  }

  start(connection: TransportConnection, options: UpstreamTransportOptions): void {
    const { applicationProtocols, serverName, autoHostServerName } = this.#settings;
    const name = options.serverName ?? (autoHostServerName && options.hostname !== '' ? options.hostname : serverName);
    const protocols = options.applicationProtocols ?? applicationProtocols;
    const session = this.#sessions.at(-1);
    connection.wrapSocket((inner) => {
      const settings: ConnectionOptions = {
        socket: inner,
        secureContext: this.#context,
        // Judged here (`verify`), by what the configuration asks for.
        rejectUnauthorized: false,
        checkServerIdentity: () => undefined,
      };
      if (name !== '') settings.servername = name;
      if (protocols.length > 0) settings.ALPNProtocols = [...protocols];
      if (session !== undefined) settings.session = session.ticket;
      const socket = connect(settings);
      const rules = {
        verify: (tls: TLSSocket, peer: TlsConnectionInfo['peer'] | null) => this.#verify(tls, peer),
        resumedPeer: session?.peer ?? null,
      };
      watchHandshake(connection, socket, rules, this.#stats, this.#clock);
      if (this.#settings.maxSessionKeys > 0) this.#watchSessions(connection, socket);
      return socket;
    });
  }

  #verify(socket: TLSSocket, peer: TlsConnectionInfo['peer'] | null): VerificationFailure | null {
    const { validation } = this.#settings;
    return validation === null ? null : verifyPeer(socket, peer ?? null, validation);
  }

  /** TLS 1.2 brings its ticket before the verdict, TLS 1.3 after. */
  #watchSessions(connection: TransportConnection, socket: TLSSocket): void {
    let early: Buffer | null = null;
    socket.on('session', (ticket: Buffer) => {
      if (connection.tls === null) early = ticket;
      else this.#keep({ ticket, peer: connection.tls.peer ?? null });
    });
    socket.once('secure', () => {
      if (early !== null && connection.tls !== null) this.#keep({ ticket: early, peer: connection.tls.peer ?? null });
    });
  }

  #keep(session: KeptSession): void {
    this.#sessions.push(session);
    if (this.#sessions.length > this.#settings.maxSessionKeys) this.#sessions.shift();
  }
}
