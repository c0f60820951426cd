// Owns the scripted upstream: a raw socket server that records what the proxy sent and answers by the rules of the scenario that
// runs at the moment. Raw on purpose: an HTTP library would hide what is on the wire.
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls';
import { type FrameSpec, PREFACE } from './http2/frames.ts';
import { firstOf, type Http2Stream } from './http2/message.ts';
import { type Http2Options, isFrame } from './http2/options.ts';
import { Http2Peer } from './http2/peer.ts';
import type { Json } from './observation.ts';
import type { UpstreamAction, UpstreamRule } from './scenario.ts';
import type { Signals } from './signals.ts';
import { alertOf, describeServed, type ServerTls, serverOptions } from './tls.ts';
import { WireReader } from './wire-reader.ts';

/** One connection the proxy opened. */
export class UpstreamConnection {
  readonly socket: Socket;
  readonly reader = new WireReader('request');
  /** From the preface on, if it began with one. */
  http2: Http2Peer | null = null;
  /** What may be a preface. */
  #first: Buffer | null = Buffer.alloc(0);
  readonly remotePort: number;
  /** What the handshake came to; null without TLS. */
  readonly tls: Json;
  readonly #raw: Socket;
  /** The proxy closed or reset it before the harness did. */
  closedByProxy = false;
  closing = false;
  #answered = 0;
  #busy = false;
  /** The proxy half-closed. */
  #ended = false;
  #awaitsEnd = false;
  readonly #owner: ScriptedUpstream;

  constructor(raw: Socket, socket: Socket, tls: Json, owner: ScriptedUpstream) {
    this.#raw = raw;
    this.socket = socket;
    this.tls = tls;
    this.#owner = owner;
    if (owner.raw) this.reader.raw = '';
    this.remotePort = raw.remotePort ?? 0;
    raw.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.#receive(chunk);
      owner.signals.changed();
      if (this.http2 === null) void this.#serve();
    });
    socket.on('end', () => {
      this.#ended = true;
      // A script that waits for this goes on in the other direction.
      if (this.#awaitsEnd) owner.signals.changed();
      else this.#gone();
    });
    socket.on('error', () => this.#gone());
    socket.on('close', () => this.#gone());
  }

  /** A connection that begins with the preface of HTTP/2 is one. */
  #receive(chunk: Buffer): void {
    let octets = chunk;
    if (this.#first !== null && this.reader.raw === null) {
      octets = Buffer.concat([this.#first, chunk]);
      const size = Math.min(octets.length, PREFACE.length);
      const same = octets.subarray(0, size).equals(PREFACE.subarray(0, size));
      this.#first = same && size < PREFACE.length ? octets : null;
      if (this.#first !== null) return;
      if (same) this.#speakHttp2();
    }
    (this.http2 ?? this.reader).push(octets);
  }

  #speakHttp2(): void {
    const write = (octets: Buffer) => {
      if (!this.socket.destroyed && !this.socket.writableEnded) this.socket.write(octets);
    };
    this.http2 = new Http2Peer('server', write, this.#owner.http2);
    this.http2.onRequest = (stream) => void this.#serveStream(stream);
    this.http2.start();
  }

  /** Requests of HTTP/2 are answered beside each other. */
  async #serveStream(stream: Http2Stream): Promise<void> {
    const rule = this.#owner.pick(firstOf(stream.headers ?? [], ':path') ?? '');
    if ((rule.when ?? 'complete') === 'complete') await this.#until(() => stream.done);
    await this.run(rule.reply, () => stream.done, stream);
  }

  #sendFrames(frames: readonly FrameSpec[], stream: Http2Stream | null): void {
    this.http2?.send(frames, stream?.id ?? 0);
  }

  #gone(): void {
    if (!this.closing && !this.closedByProxy) this.closedByProxy = true;
    this.reader.end();
    // allowHalfOpen: our side closes too, or the connection would linger after the proxy's FIN.
    if (!this.socket.writableEnded) this.socket.end();
    this.#owner.signals.changed();
  }

  /** Answers each request in turn, as its rule says. */
  async #serve(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    while (this.#answered < this.reader.messages.length) {
      const request = this.reader.messages[this.#answered];
      if (request === undefined) break;
      const path = request.start.split(' ')[1] ?? '';
      const rule = this.#owner.pick(path);
      if ((rule.when ?? 'complete') === 'complete') await this.#until(() => request.complete);
      await this.run(rule.reply, () => request.complete);
      this.#answered++;
    }
    this.#busy = false;
  }

  /** `stream`: the request's, of HTTP/2. */
  async run(
    actions: readonly UpstreamAction[],
    complete: () => boolean,
    stream: Http2Stream | null = null,
  ): Promise<void> {
    if (actions.some((action) => typeof action === 'object' && 'await' in action && action.await === 'end'))
      this.#awaitsEnd = true;
    for (const action of actions) {
      if (this.closing || this.socket.destroyed) return;
      if (typeof action === 'string' && stream !== null) this.#sendFrames(asFrames(action), stream);
      else if (typeof action === 'string') this.socket.write(Buffer.from(action, 'latin1'));
      else if ('frames' in action) this.#sendFrames(action.frames, stream);
      else if (isFrame(action)) this.#sendFrames([action as FrameSpec], stream);
      else if ('write' in action) this.socket.write(Buffer.from(action.write.repeat(action.times ?? 1), 'latin1'));
      else if ('bytes' in action)
        await this.#until(() => (stream?.bodyBytes ?? this.reader.totalBytes) >= action.bytes);
      else if ('end' in action) this.socket.end();
      else if ('until' in action) await this.#owner.signals.given(action.until);
      else if ('await' in action) await this.#until(action.await === 'end' ? () => this.#ended : complete);
      else if ('close' in action) this.finish();
      else {
        this.closing = true;
        this.#raw.resetAndDestroy();
      }
    }
  }

  /** Closes from the upstream's side, after what was written. */
  finish(): void {
    this.closing = true;
    this.socket.end();
  }

  #until(done: () => boolean): Promise<void> {
    return this.#owner.signals.until(() => done() || this.socket.destroyed || this.closing);
  }
}

export class ScriptedUpstream {
  readonly name: string;
  port = 0;
  signals: Signals;
  connections: UpstreamConnection[] = [];
  /** Handshakes that failed on this side, by the alert that the proxy sent. */
  refusals: Json[] = [];
  readonly #server: Server;
  /** Connections carry bytes of no protocol. */
  raw = false;
  /** What connections of HTTP/2 say of themselves. */
  http2: Http2Options = {};
  #rules: { rule: UpstreamRule; left: number }[] = [];
  #epoch = 0;
  #tls: TlsServer | null = null;
  /** Remote port → socket below the TLS one, for resets. */
  readonly #shaking = new Map<number, Socket>();

  constructor(name: string, signals: Signals) {
    this.name = name;
    this.signals = signals;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      if (this.#tls === null) this.#accept(socket, socket, null);
      else this.#shakeHands(socket, this.#tls);
    });
  }

  /** To be called before `listen`. */
  async secure(settings: ServerTls): Promise<void> {
    this.#tls = createTlsServer(await serverOptions(settings));
    this.#tls.on('secureConnection', (socket: TLSSocket) => {
      const raw = this.#shaking.get(socket.remotePort ?? 0);
      if (raw !== undefined) this.#accept(raw, socket, describeServed(socket));
    });
    this.#tls.on('tlsClientError', (error: NodeJS.ErrnoException) => {
      const alert = alertOf(error);
      this.refusals.push(alert === null && error.code?.startsWith('ERR_SSL_') ? error.code : alert);
      this.signals.changed();
    });
  }

  #shakeHands(raw: Socket, server: TlsServer): void {
    const port = raw.remotePort ?? 0;
    this.#shaking.set(port, raw);
    raw.on('close', () => this.#shaking.delete(port));
    server.emit('connection', raw);
  }

  async listen(port: number, host = '127.0.0.1'): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, resolve);
    });
    this.port = (this.#server.address() as AddressInfo).port;
  }

  /** Starts a scenario: its rules hold from here, and what was recorded before is forgotten. */
  begin(
    rules: readonly UpstreamRule[],
    signals: Signals,
    { raw, http2 }: { raw: boolean; http2: Http2Options } = { raw: false, http2: {} },
  ): void {
    this.raw = raw;
    this.http2 = http2;
    this.#epoch++;
    this.signals = signals;
    this.connections = [];
    this.refusals = [];
    this.#rules = rules.map((rule) => ({ rule, left: rule.times ?? Number.POSITIVE_INFINITY }));
  }

  pick(path: string): UpstreamRule {
    for (const entry of this.#rules) {
      if (entry.rule.when === 'connect' || entry.left === 0) continue;
      if (entry.rule.path !== undefined && entry.rule.path !== path) continue;
      entry.left--;
      return entry.rule;
    }
    return { reply: ['HTTP/1.1 599 No Rule\r\ncontent-length: 0\r\n\r\n'] };
  }

  #accept(raw: Socket, socket: Socket, tls: Json): void {
    const connection = new UpstreamConnection(raw, socket, tls, this);
    this.connections.push(connection);
    this.signals.changed();
    const entry = this.#rules.find((e) => e.rule.when === 'connect' && e.left > 0);
    if (entry) {
      entry.left--;
      void connection.run(entry.rule.reply, () => true);
    }
  }

  /** Request heads seen in this scenario. */
  get requests(): number {
    return this.connections.reduce((sum, c) => sum + (c.http2?.streams.size ?? c.reader.messages.length), 0);
  }

  /** Closes what the proxy has kept open, and waits until it has closed too, so that the next scenario opens its own. */
  async settle(limitMs: number): Promise<void> {
    const epoch = this.#epoch;
    const open = this.connections.filter((c) => !c.socket.destroyed);
    for (const connection of open) connection.finish();
    const deadline = setTimeout(() => {
      for (const connection of open) connection.socket.destroy();
    }, limitMs);
    await this.signals.until(() => epoch !== this.#epoch || open.every((c) => c.socket.destroyed));
    clearTimeout(deadline);
  }

  close(): void {
    for (const connection of this.connections) connection.socket.destroy();
    this.#server.close();
  }
}

/** A whole answer of HTTP/1 as the frames that say the same, so that one rule serves both protocols. */
function asFrames(text: string): FrameSpec[] {
  const [head, ...body] = text.split('\r\n\r\n');
  const [start, ...fields] = (head ?? '').split('\r\n');
  const status = /^HTTP\/1\.1 (\d{3})/.exec(start ?? '')?.[1];
  if (status === undefined)
    throw new Error(`an upstream of HTTP/2 answers in frames, not with ${JSON.stringify(text)}`);
  const lower = (field: string) => field.replace(/^[^:]+/, (name) => name.toLowerCase());
  const all = fields.map(lower);
  const headers = [`:status: ${status}`, ...all.filter((field) => field !== chunked)];
  const data = body.join('\r\n\r\n');
  if (all.includes(chunked)) {
    const { pieces, trailers } = unchunk(data);
    const frames: FrameSpec[] = [{ headers }, ...pieces.map((piece) => ({ data: piece }))];
    return trailers.length === 0
      ? [...frames, { data: '', end: true }]
      : [...frames, { headers: trailers.map(lower), end: true }];
  }
  return data === '' ? [{ headers, end: true }] : [{ headers }, { data, end: true }];
}

const chunked = 'transfer-encoding: chunked';

/** Chunks, and the fields behind the last. */
function unchunk(body: string): { pieces: string[]; trailers: string[] } {
  const pieces: string[] = [];
  for (let at = 0; ; ) {
    const end = body.indexOf('\r\n', at);
    const size = Number.parseInt(body.slice(at, end), 16);
    if (end === -1 || Number.isNaN(size)) throw new Error(`no whole body in chunks: ${JSON.stringify(body)}`);
    at = end + 2;
    if (size === 0)
      return {
        pieces,
        trailers: body
          .slice(at)
          .split('\r\n')
          .filter((field) => field !== ''),
      };
    pieces.push(body.slice(at, at + size));
    at += size + 2;
  }
}
