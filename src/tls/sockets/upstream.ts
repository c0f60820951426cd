// Owns the client's side of TLS: puts a TLS socket around a connected one, with the SNI and the names to expect, and keeps
// sessions to resume.
import { isIP } from 'node:net';
import { type ConnectionOptions, connect, type SecureContext, type TLSSocket } from 'node:tls';
import type { Clock } from '../../base/clock.ts';
import type {
  TransportConnection,
  UpstreamTransport,
  UpstreamTransportOptions,
  UpstreamTransportSource,
} from '../../network/api.ts';
import type { StatsScope } from '../../observability/stats/api.ts';
import type { CertificateInfo } from '../../observability/tls-info.ts';
import { watchHandshake } from './handshake.ts';
import { type LiveSecrets, secretsMissing } from './live-secrets.ts';
import {
  keyUsageFailure,
  nobodyToTrust,
  noCertificate,
  PeerVerifier,
  type ShownPeer,
  type VerificationFailure,
} from './peer-verification.ts';
import { makeContext } from './secure-context.ts';
import type { UpstreamTlsSettings } from './settings.ts';
import type { TlsStats } from './stats.ts';

/** What is wrong with a context is found with the configuration; its secrets are opened when the cluster comes to be. */
export class UpstreamTlsSource implements UpstreamTransportSource {
  readonly message: unknown;
  readonly negotiates = true;
  readonly #open: (scope: StatsScope) => UpstreamTls;

  constructor(message: unknown, open: (scope: StatsScope) => UpstreamTls) {
    this.message = message;
    this.#open = open;
  }

  open(scope: StatsScope): UpstreamTransport {
    return this.#open(scope);
  }
}

/** A session to resume, with the peer that was let in when it was made. */
interface KeptSession {
  /** Who was asked for: the peer of a resumed session is not judged again. */
  readonly asked: string;
  readonly ticket: Buffer;
  readonly peer: CertificateInfo | null;
  /** Of TLS 1.3: a ticket that is used again lets others see that two connections are one client's (RFC 8446 appendix C.4). */
  readonly once: boolean;
}

export class UpstreamTls implements UpstreamTransport {
  /** Made with the first context: as in Envoy there are none while secrets are missing. */
  readonly #makeStats: () => TlsStats;
  #stats: TlsStats | null = null;
  readonly #clock: Clock;
  readonly #secrets: LiveSecrets;
  readonly ready: Promise<void> | undefined;
  /** Null until the secrets have come. */
  #state: UpstreamTlsState | null = null;
  /** The newest last. */
  #sessions: KeptSession[] = [];

  constructor(makeStats: () => TlsStats, clock: Clock, secrets: LiveSecrets) {
    this.#makeStats = makeStats;
    this.#clock = clock;
    this.#secrets = secrets;
    this.ready = secrets.ready;
  }

  /** For the connections from now on; open ones go on with what they have. */
  use(state: UpstreamTlsState): void {
    this.#state = state;
    this.#stats ??= this.#makeStats();
    // What was agreed on with other certificates does not vouch for these.
    this.#sessions = [];
  }

  start(connection: TransportConnection, options: UpstreamTransportOptions): void {
    const state = this.#state;
    const stats = this.#stats;
    if (state === null || stats === null) {
      this.#secrets.stats.upstreamNotReady.inc();
      connection.failTransport(secretsMissing);
      return;
    }
    const { applicationProtocols, serverName, autoHostServerName, maxSessionKeys } = state.settings;
    const streams = options.streams ?? null;
    const ofHost = autoHostServerName && options.hostname !== '' ? options.hostname : serverName;
    const name = streams !== null && streams.serverName !== '' ? streams.serverName : ofHost;
    const subjectAltNames = streams === null ? [] : streams.subjectAltNames;
    const protocols = firstOf(streams?.applicationProtocols, applicationProtocols, options.fallbackProtocols);
    const asked = subjectAltNames.length === 0 ? name : JSON.stringify([name, subjectAltNames]);
    const session = this.#takeSession(asked);
    connection.wrapSocket((inner) => {
      const settings: ConnectionOptions = {
        socket: inner,
        secureContext: state.context,
        // Judged here (`verify`), by what the configuration asks for.
        rejectUnauthorized: false,
        checkServerIdentity: () => undefined,
      };
      // No address is a server name (RFC 6066 section 3), and Node takes none.
      if (name !== '' && isIP(name) === 0) settings.servername = name;
      if (protocols.length > 0) settings.ALPNProtocols = [...protocols];
      if (session !== undefined) settings.session = session.ticket;
      const socket = connect(settings);
      const rules = {
        verify: (tls: TLSSocket, peer: ShownPeer | null) => state.verify(tls, peer, name, subjectAltNames),
        curves: state.settings.parameters.curves,
        judges: state.settings.validation !== null,
        resumedPeer: session?.peer ?? null,
      };
      state.settings.keyLog?.attach(socket, connection);
      watchHandshake(connection, socket, rules, stats, this.#clock);
      if (maxSessionKeys > 0) this.#watchSessions(connection, socket, state, asked);
      return socket;
    });
  }

  #takeSession(asked: string): KeptSession | undefined {
    const index = this.#sessions.findLastIndex((kept) => kept.asked === asked);
    const session = this.#sessions[index];
    if (session?.once === true) this.#sessions.splice(index, 1);
    return session;
  }

  /** TLS 1.2 brings its ticket before the verdict, TLS 1.3 after. */
  #watchSessions(connection: TransportConnection, socket: TLSSocket, state: UpstreamTlsState, asked: string): void {
    let early: Buffer | null = null;
    socket.on('session', (ticket: Buffer) => {
      const { tls } = connection;
      if (tls === null) early = ticket;
      else this.#keep({ asked, ticket, peer: tls.peer ?? null, once: tls.version === 'TLSv1.3' }, state);
    });
    socket.once('secure', () => {
      if (early !== null && connection.tls !== null)
        this.#keep({ asked, ticket: early, peer: connection.tls.peer ?? null, once: false }, state);
    });
  }

  #keep(session: KeptSession, state: UpstreamTlsState): void {
    if (state !== this.#state) return;
    this.#sessions.push(session);
    if (this.#sessions.length > state.settings.maxSessionKeys) this.#sessions.shift();
  }

  destroy(): void {
    this.#secrets.release();
  }
}

/** What settings have come to: with new secrets all of it is made anew. */
export class UpstreamTlsState {
  readonly settings: UpstreamTlsSettings;
  readonly context: SecureContext;
  readonly #verifier: PeerVerifier | null;

  /** Throws when OpenSSL does not take the settings. */
  constructor(settings: UpstreamTlsSettings, clock: Clock) {
    const { validation } = settings;
    this.settings = settings;
    this.context = makeContext(settings);
    this.#verifier = validation === null ? null : new PeerVerifier(validation, 'server', () => clock.wall());
  }

  /** `serverName`: that was sent; empty: none. `subjectAltNames`: that streams ask for. */
  verify(
    socket: TLSSocket,
    peer: ShownPeer | null,
    serverName: string,
    subjectAltNames: readonly string[],
  ): VerificationFailure | null {
    const misused = peer === null ? null : keyUsageFailure(socket, peer);
    if (misused !== null) return misused;
    const { serverNameInCertificate } = this.settings;
    if (this.#verifier === null) return subjectAltNames.length === 0 ? null : nobodyToTrust;
    if (peer === null) return noCertificate;
    const names = serverNameInCertificate && serverName !== '' ? [serverName] : [];
    return this.#verifier.verify(socket, peer, names, subjectAltNames);
  }
}

/** The first that has something. */
function firstOf(...lists: readonly (readonly string[] | undefined)[]): readonly string[] {
  return lists.find((list) => list !== undefined && list.length > 0) ?? [];
}
