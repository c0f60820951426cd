// Upstreams nobody here wrote: `node:http` servers for what HTTP servers do, raw sockets for what they should not.
import { createHash } from 'node:crypto';
import { createServer as createHttpServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer, type Server as NetServer, type Socket } from 'node:net';
import type { Test } from 'tap';
import { address, type Json, pipe } from './bootstrap.ts';

export interface Upstream {
  readonly port: number;
  /** For a configuration. */
  readonly address: Json;
  /** Connections accepted so far, ended ones too. */
  readonly sockets: readonly Socket[];
  close(): Promise<void>;
}

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  /** Ends of connections tell which requests shared one. */
  readonly remotePort: number;
}

export class HttpUpstream implements Upstream {
  readonly sockets: Socket[] = [];
  readonly seen: SeenRequest[] = [];
  readonly server: Server;

  constructor(listener: RequestListener) {
    this.server = createHttpServer((request, response) => {
      this.seen.push({
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        remotePort: request.socket.remotePort ?? 0,
      });
      listener(request, response);
    });
    // The proxy's pool decides how long connections live.
    this.server.keepAliveTimeout = 0;
    this.server.on('connection', (socket) => this.sockets.push(socket));
  }

  get port(): number {
    const bound = this.server.address();
    return bound !== null && typeof bound === 'object' ? bound.port : 0;
  }

  get address(): Json {
    const bound = this.server.address();
    return typeof bound === 'string' ? pipe(bound) : address(this.port, (bound as AddressInfo).address);
  }

  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.server.close(() => resolve());
    this.server.closeAllConnections();
    for (const socket of this.sockets) socket.destroy();
    await promise;
  }
}

export class RawUpstream implements Upstream {
  readonly sockets: Socket[] = [];
  readonly #server: NetServer;

  constructor(behave: (socket: Socket, index: number) => void) {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      behave(socket, this.sockets.push(socket) - 1);
    });
  }

  async listen(): Promise<this> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.listen(0, '127.0.0.1', resolve);
    await promise;
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get address(): Json {
    return address(this.port);
  }

  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    for (const socket of this.sockets) socket.destroy();
    await promise;
  }
}

interface ListenOptions {
  readonly host?: string;
  /** A Unix socket instead of TCP. */
  readonly path?: string;
}

/** `upstream.http1(t).respond(200, 'hello')`; closed with the test. */
export const upstream = {
  http1(t: Test, options: ListenOptions = {}) {
    const start = async (listener: RequestListener): Promise<HttpUpstream> => {
      const made = new HttpUpstream(listener);
      const { promise, resolve } = Promise.withResolvers<void>();
      if (options.path === undefined) made.server.listen(0, options.host ?? '127.0.0.1', resolve);
      else made.server.listen(options.path, resolve);
      await promise;
      t.teardown(() => made.close());
      return made;
    };
    return {
      respond: (status: number, body: string | Buffer = '', headers: Record<string, string> = {}) =>
        start((request, response) => {
          request.resume();
          request.on('end', () => response.writeHead(status, headers).end(body));
        }),
      handle: start,
      /** Answers with length and SHA-256 of what came. */
      digest: () =>
        start((request, response) => {
          const hash = createHash('sha256');
          let length = 0;
          request.on('data', (data: Buffer) => {
            hash.update(data);
            length += data.length;
          });
          request.on('end', () => response.end(JSON.stringify({ length, sha256: hash.digest('hex') })));
        }),
    };
  },

  /** `behave` gets each connection with its number from 0. */
  async raw(t: Test, behave: (socket: Socket, index: number) => void): Promise<RawUpstream> {
    const made = await new RawUpstream(behave).listen();
    t.teardown(() => made.close());
    return made;
  },
};

/** Calls back for each whole request head; bodies are the test's affair. */
export function onRequest(socket: Socket, handle: (head: string, index: number) => void): void {
  let text = '';
  let count = 0;
  socket.on('data', (data: Buffer) => {
    text += data.toString('latin1');
    for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
      const head = text.slice(0, end + 4);
      text = text.slice(end + 4);
      handle(head, count++);
    }
  });
}
