// Owns TLS in scenarios: what a client or an upstream offers, and what a handshake came to.

import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import { connect as connectTls, type SecureContextOptions, type SecureVersion, type TLSSocket } from 'node:tls';
import type { Json } from './observation.ts';
import { type Pki, pki } from './pki.ts';

const VERSIONS: Record<string, SecureVersion> = {
  '1.0': 'TLSv1',
  '1.1': 'TLSv1.1',
  '1.2': 'TLSv1.2',
  '1.3': 'TLSv1.3',
};

/** What both ends may say. Names of certificates are those of the harness's PKI. */
interface Ends {
  /** A lowest and a highest version: `['1.2', '1.3']`. */
  versions?: [string, string];
  alpn?: string[];
  ciphers?: string;
  curves?: string;
  sigalgs?: string;
}

export interface ClientTls extends Ends {
  sni?: string;
  certificate?: string;
  /** An authority: whether it would trust the server is recorded. */
  trust?: string;
  /** The session of that connection is offered. */
  resume?: string;
  /** It asks for a stapled OCSP response; its length is recorded as present or absent. */
  ocsp?: boolean;
  /** `false`: with TLS 1.2 it takes no session tickets, only session ids. */
  tickets?: boolean;
}

export interface ServerTls extends Ends {
  certificates?: string[];
  /** Asks for a client certificate; `require` ends the handshake without one. */
  client?: 'ask' | 'require';
  trust?: string;
  /** Sessions can be resumed; without it every handshake is a full one, whatever was played before. */
  tickets?: boolean;
}

export const CLIENT_TLS_KEYS = ['versions', 'alpn', 'ciphers', 'curves', 'sigalgs', 'sni', 'certificate', 'trust'];
export const MORE_CLIENT_TLS_KEYS = ['resume', 'ocsp', 'tickets'];
export const SERVER_TLS_KEYS = [
  ...['versions', 'alpn', 'ciphers', 'curves', 'sigalgs', 'certificates', 'client', 'trust'],
  'tickets',
];

function contextOptions(ends: Ends, certificates: readonly string[], trust: string | undefined, files: Pki) {
  const options: SecureContextOptions = {
    minVersion: VERSIONS[ends.versions?.[0] ?? '1.2'] ?? 'TLSv1.2',
    maxVersion: VERSIONS[ends.versions?.[1] ?? '1.3'] ?? 'TLSv1.3',
    cert: certificates.map((name) => files.file(`${name}.pem`)),
    key: certificates.map((name) => files.file(`${name}.key`)),
    ca: trust === undefined ? [] : [files.file(`${trust}.pem`)],
  };
  if (ends.ciphers !== undefined) options.ciphers = ends.ciphers;
  if (ends.curves !== undefined) options.ecdhCurve = ends.curves;
  if (ends.sigalgs !== undefined) options.sigalgs = ends.sigalgs;
  return options;
}

/** What the client's side of one handshake came to. */
export class ClientHandshake {
  readonly socket: TLSSocket;
  session: Buffer | null = null;
  readonly #settings: ClientTls;
  #connected: Record<string, Json> | null = null;
  #failure: Record<string, Json> | null = null;
  #ocsp: string | null = null;

  private constructor(socket: TLSSocket, settings: ClientTls) {
    this.socket = socket;
    this.#settings = settings;
    socket.on('session', (session) => {
      this.session = session;
    });
    socket.on('OCSPResponse', (response: Buffer | null) => {
      this.#ocsp = response === null || response.length === 0 ? 'absent' : 'present';
    });
    socket.on('secureConnect', () => {
      this.#connected = this.#describe();
    });
    socket.prependListener('error', (error: NodeJS.ErrnoException) => this.#failed(error));
    socket.prependListener('close', () => {
      if (this.#connected === null) this.#failure ??= { alert: null };
    });
  }

  static async start(raw: Socket, settings: ClientTls, resume: Buffer | null): Promise<ClientHandshake> {
    const certificates = settings.certificate === undefined ? [] : [settings.certificate];
    const socket = connectTls({
      socket: raw,
      ...contextOptions(settings, certificates, settings.trust, await pki()),
      ...(settings.sni === undefined ? {} : { servername: settings.sni }),
      ...(settings.alpn === undefined ? {} : { ALPNProtocols: settings.alpn }),
      ...(resume === null ? {} : { session: resume }),
      ...(settings.tickets === false ? { secureOptions: constants.SSL_OP_NO_TICKET } : {}),
      requestOCSP: settings.ocsp === true,
      rejectUnauthorized: false,
    });
    return new ClientHandshake(socket, settings);
  }

  /** What is recorded. */
  get outcome(): Json {
    return { ...(this.#connected ?? { connected: false }), ...this.#failure };
  }

  #describe(): Record<string, Json> {
    const { socket } = this;
    const peer = socket.getPeerCertificate();
    const exchange = socket.getEphemeralKeyInfo() as { type?: string; name?: string } | null;
    const alpn = socket.alpnProtocol;
    return {
      connected: true,
      version: socket.getProtocol() ?? '',
      cipher: socket.getCipher().standardName ?? '',
      alpn: typeof alpn === 'string' ? alpn : null,
      reused: socket.isSessionReused(),
      server: String(peer?.subject?.CN ?? ''),
      group: exchange?.name ?? exchange?.type ?? '',
      ...(this.#settings.trust === undefined
        ? {}
        : { trusted: socket.authorized ? true : String(socket.authorizationError) }),
      ...(this.#settings.ocsp === true ? { ocsp: this.#ocsp ?? 'absent' } : {}),
    };
  }

  #failed(error: NodeJS.ErrnoException): void {
    const alert = alertOf(error);
    // A reset after the handshake is an end of the connection like any other.
    if (alert !== null) this.#failure = { alert };
    else if (this.#connected === null) this.#failure ??= reasonOf(error);
  }
}

/** The alert the other side sent, as its name in words; null: it sent none. */
export function alertOf(error: NodeJS.ErrnoException): string | null {
  const found = /_ALERT_(\w+)$/.exec(error.code ?? '')?.[1];
  if (found !== undefined) return found.toLowerCase().replaceAll('_', ' ');
  // OpenSSL has no name for some.
  const number = /SSL alert number (\d+)/.exec(error.message)?.[1];
  return number === undefined ? null : `number ${number}`;
}

function reasonOf(error: NodeJS.ErrnoException): Record<string, Json> {
  if (error.code?.startsWith('ERR_SSL_')) return { alert: null, error: error.code };
  return { alert: null };
}

/** Options of a `tls.Server` for an upstream. */
export async function serverOptions(settings: ServerTls) {
  const { alpn, client } = settings;
  return {
    ...contextOptions(settings, settings.certificates ?? ['server'], settings.trust, await pki()),
    requestCert: client !== undefined,
    rejectUnauthorized: client === 'require',
    ...(alpn === undefined
      ? {}
      : { ALPNCallback: ({ protocols }: { protocols: string[] }) => alpn.find((name) => protocols.includes(name)) }),
    allowHalfOpen: true,
    ...(settings.tickets === true ? {} : { secureOptions: constants.SSL_OP_NO_TICKET }),
  };
}

/** What an upstream saw of the proxy in a handshake. */
export function describeServed(socket: TLSSocket): Json {
  const peer = socket.getPeerCertificate();
  const alpn = socket.alpnProtocol;
  const name = (socket as { servername?: string | false | null }).servername;
  return {
    version: socket.getProtocol() ?? '',
    cipher: socket.getCipher().standardName ?? '',
    sni: typeof name === 'string' ? name : null,
    alpn: typeof alpn === 'string' ? alpn : null,
    reused: socket.isSessionReused(),
    client: typeof peer?.subject?.CN === 'string' ? peer.subject.CN : null,
  };
}
