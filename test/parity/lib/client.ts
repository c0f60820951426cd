// Owns the scripted client: raw sockets to the proxy, each recording every response that came and whether the proxy closed.
import { connect, type Socket } from 'node:net';
import type { Http2Options } from './http2/options.ts';
import { Http2Peer } from './http2/peer.ts';
import { awaitOn, type Http2Await } from './http2/requests.ts';
import type { Signals } from './signals.ts';
import { ClientHandshake, type ClientTls } from './tls.ts';
import { isInterim, WireReader } from './wire-reader.ts';

export class ClientConnection {
  readonly name: string;
  /** What is written to: the TLS socket, where there is TLS. */
  readonly socket: Socket;
  readonly handshake: ClientHandshake | null;
  readonly reader = new WireReader('response');
  /** Null where the connection is one of HTTP/1, or of no protocol. */
  readonly http2: Http2Peer | null;
  localPort = 0;
  /** The proxy closed or reset the connection (both are one to a recording: which comes first on the wire is a race). */
  closed = false;
  leaving = false;
  requestsSent = 0;
  #awaited = 0;
  #awaitedInterim = 0;
  readonly #signals: Signals;

  readonly #raw: Socket;

  private constructor(
    name: string,
    raw: Socket,
    handshake: ClientHandshake | null,
    signals: Signals,
    http2: Http2Options | null,
  ) {
    this.name = name;
    this.#raw = raw;
    this.handshake = handshake;
    const socket = handshake?.socket ?? raw;
    this.socket = socket;
    this.#signals = signals;
    this.http2 = http2 === null ? null : new Http2Peer('client', (octets) => this.#write(octets), http2);
    raw.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      (this.http2 ?? this.reader).push(chunk);
      signals.changed();
    });
    const gone = () => {
      if (!this.leaving) this.closed = true;
      this.reader.end();
      // The other half of a raw connection is the script's.
      if (!socket.writableEnded && this.reader.raw === null) socket.end();
      signals.changed();
    };
    socket.on('end', gone);
    socket.on('error', gone);
    socket.on('close', gone);
  }

  /** `tls`: null for none; `resume`: the session to offer. Waits for the end of the handshake. */
  static async open(
    name: string,
    { port, host }: { port: number; host: string },
    signals: Signals,
    tls: ClientTls | null = null,
    resume: Buffer | null = null,
    noProtocol = false,
    http2: Http2Options | null = null,
  ): Promise<ClientConnection> {
    const raw = connect({ port, host, allowHalfOpen: true });
    const handshake = tls === null ? null : await ClientHandshake.start(raw, tls, resume);
    const connection = new ClientConnection(name, raw, handshake, signals, http2);
    if (noProtocol) connection.reader.raw = '';
    raw.once('connect', () => {
      connection.localPort = raw.localPort ?? 0;
    });
    await new Promise<void>((resolve) => {
      connection.socket.once(tls === null ? 'connect' : 'secureConnect', resolve);
      connection.socket.once('close', () => resolve());
    });
    connection.http2?.start();
    return connection;
  }

  #write(octets: Buffer): void {
    if (!this.socket.destroyed && !this.socket.writableEnded) this.socket.write(octets);
  }

  /** Separate turns keep separate sends separate segments. */
  turn(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  /** Sends raw bytes; `methods` are those of the requests in it, for the reading of their responses. */
  async send(data: string, methods: readonly string[]): Promise<void> {
    for (const method of methods) this.reader.expectResponseTo(method);
    this.requestsSent += methods.length;
    if (this.socket.destroyed || this.socket.writableEnded) return;
    const bytes = Buffer.from(data, 'latin1');
    if (!this.socket.write(bytes))
      await this.#signals.within(5_000, () => !this.socket.writableNeedDrain || this.closed);
    await this.turn();
  }

  /** HTTP/2: waits for that on that stream, by default the last. */
  async on(what: Http2Await, stream: number | undefined, limitMs: number): Promise<boolean> {
    if (this.http2 === null) throw new Error(`connection ${this.name} is none of HTTP/2, it has no ${what}`);
    return awaitOn(this.http2, what, stream, { signals: this.#signals, limitMs, closed: () => this.closed });
  }

  /** Waits for the next final response, or for the end of the connection. */
  async nextResponse(limitMs: number): Promise<boolean> {
    const wanted = ++this.#awaited;
    return this.#signals.within(limitMs, () => this.closed || this.#finals() >= wanted);
  }

  /** Waits for the head of the next final response; its body may still be coming. */
  async nextHead(limitMs: number): Promise<boolean> {
    const begun = () => this.reader.messages.filter((m) => !isInterim(m)).length;
    return this.#signals.within(limitMs, () => this.closed || begun() > this.#awaited);
  }

  /** Waits for the next 1xx response. */
  async nextInterim(limitMs: number): Promise<boolean> {
    const wanted = ++this.#awaitedInterim;
    const seen = () => this.reader.messages.filter(isInterim).length;
    return this.#signals.within(limitMs, () => this.closed || seen() >= wanted);
  }

  /** Raw connections: so many bytes have come; HTTP/2: so many of a body, on that stream or the last. */
  async received(bytes: number, stream: number | undefined, limitMs: number): Promise<boolean> {
    const { http2, reader } = this;
    const has = () =>
      http2 === null ? reader.totalBytes : (http2.streams.get(stream ?? http2.latest)?.bodyBytes ?? 0);
    return this.#signals.within(limitMs, () => this.closed || has() >= bytes);
  }

  closes(limitMs: number): Promise<boolean> {
    return this.#signals.within(limitMs, () => this.closed);
  }

  /** Every request sent has had its final response. */
  get answered(): boolean {
    if (this.http2 !== null) return [...this.http2.streams.values()].every((stream) => stream.done || stream.left);
    return this.#finals() >= this.requestsSent;
  }

  /** Nothing of what was begun is still under way. */
  get finished(): boolean {
    if (this.http2 !== null) return [...this.http2.streams.values()].every((stream) => stream.done);
    return this.answered && this.reader.messages.every((m) => m.complete);
  }

  /** A tunnel never ends, so its head counts. */
  #finals(): number {
    return this.reader.messages.filter((m) => !isInterim(m) && (m.complete || m.framing === 'tunnel')).length;
  }

  end(): void {
    this.socket.end();
  }

  reset(): void {
    this.leaving = true;
    this.#raw.resetAndDestroy();
  }

  leave(): void {
    this.leaving = true;
    this.socket.destroy();
  }
}
