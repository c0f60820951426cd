// Owns the upstream of the mixed soak, of HTTP/1.1 or HTTP/2: answers with the sum of what came and the bytes that were asked
// for, breaks off where it is told to, and lets its windows change meanwhile.
import { createHash, type Hash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import {
  createServer as createHttp2Server,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { type Asked, askedBy, piece } from './mixed-plan.ts';

/** The answer to one request, as either protocol gives it. */
interface Exchange {
  readonly request: Readable;
  readonly response: Writable;
  head(headers: Record<string, string>): void;
  trailers(fields: Record<string, string>): void;
  cutOff(): void;
}

const written = 65_536;

class Answer {
  readonly #exchange: Exchange;
  readonly #asked: Asked;
  readonly #hash: Hash = createHash('sha1');
  #received = 0;
  #sent = 0;
  #sum = '';
  #tail = '';

  constructor(exchange: Exchange, asked: Asked) {
    this.#exchange = exchange;
    this.#asked = asked;
    const { request, response } = exchange;
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    request.on('data', (data: Buffer) => {
      this.#hash.update(data);
      this.#received += data.length;
    });
    request.on('trailers', (fields: Record<string, string>) => (this.#tail = String(fields['x-tail'])));
    if (asked.early) this.#begin();
    request.on('end', () => {
      this.#sum = this.#hash.digest('hex');
      if (!asked.early) this.#begin();
    });
  }

  #begin(): void {
    const { index, breakAt } = this.#asked;
    if (breakAt === -1) {
      this.#exchange.cutOff();
      return;
    }
    this.#exchange.head({
      'x-index': String(index),
      'x-received': String(this.#received),
      'x-sum': this.#sum,
      'x-tail': this.#tail,
    });
    this.#send();
  }

  #send(): void {
    const { index, down, breakAt } = this.#asked;
    const { response } = this.#exchange;
    const end = breakAt ?? down;
    while (this.#sent < end) {
      const size = Math.min(written, end - this.#sent);
      const room = response.write(piece(index, this.#sent, size));
      this.#sent += size;
      if (room) continue;
      response.once('drain', () => this.#send());
      return;
    }
    if (breakAt !== null) {
      this.#exchange.cutOff();
      return;
    }
    this.#exchange.trailers({ 'x-end': String(index) });
    response.end();
  }
}

export class MixedUpstream {
  readonly #server: Server | Http2Server;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();

  constructor(http2: boolean) {
    this.#server = http2 ? this.#http2() : this.#http1();
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  #http1(): Server {
    const server = createServer((request, response) => {
      const asked = askedBy(request.url ?? '');
      new Answer(
        {
          request,
          response,
          head: (headers) => response.writeHead(200, { ...headers, trailer: 'x-end' }),
          trailers: (fields) => response.addTrailers(fields),
          cutOff: () => request.socket.destroy(),
        },
        asked,
      );
    });
    server.keepAliveTimeout = 0;
    server.requestTimeout = 0;
    return server;
  }

  #http2(): Http2Server {
    const server = createHttp2Server({ settings: { initialWindowSize: 65_535, maxConcurrentStreams: 100 } });
    server.on('session', (session) => {
      this.#sessions.add(session);
      session.on('error', () => undefined);
      session.on('close', () => this.#sessions.delete(session));
    });
    server.on('stream', (stream: ServerHttp2Stream, headers) => {
      stream.on('error', () => undefined);
      const asked = askedBy(String(headers[':path']));
      let tail: Record<string, string> = {};
      stream.on('wantTrailers', () => stream.sendTrailers(tail));
      new Answer(
        {
          request: stream,
          response: stream,
          // A stream of Node's that is reset while it waits for its trailers ends the process (node_http2.cc, OnTrailers).
          head: (fields) => {
            if (!stream.closed)
              stream.respond({ ':status': 200, ...fields }, { waitForTrailers: asked.whole && !asked.early });
          },
          trailers: (fields) => (tail = fields),
          cutOff: () => stream.close([2, 8, 11][stream.id === undefined ? 0 : stream.id % 3]),
        },
        asked,
      );
    });
    return server;
  }

  /** Of every HTTP/2 connection. */
  changeWindows(octets: number): void {
    for (const session of this.#sessions) if (!session.destroyed) session.settings({ initialWindowSize: octets });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
