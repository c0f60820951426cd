// Codecs on real sockets, for peers that nobody here wrote: a server that echoes, and a client.
import { connect, createServer, type Server, type Socket } from 'node:net';
import type {
  ClientCodecCallbacks,
  CodecConnection,
  RequestDecoder,
  ResponseDecoder,
  ServerCodec,
  ServerCodecCallbacks,
  ServerStream,
} from '../../../../../src/http/codec/api.ts';
import { ResetReason } from '../../../../../src/http/codec/api.ts';
import { Http2ClientCodec } from '../../../../../src/http/codec/h2/client-codec.ts';
import { Http2ServerCodec } from '../../../../../src/http/codec/h2/server-codec.ts';
import {
  defaultHttp2Settings,
  type Http2CodecStats,
  type Http2Settings,
} from '../../../../../src/http/codec/h2/settings.ts';
import { type HeaderMap, type RequestHeaders, ResponseHeaders } from '../../../../../src/http/headers/header-map.ts';
import { headerName } from '../../../../../src/http/headers/name.ts';

const bufferLimit = 64 * 1024;

/** Every counter and gauge there is, by name. */
export function countingStats(): { readonly stats: Http2CodecStats; readonly counts: Record<string, number> } {
  const counts: Record<string, number> = {};
  const stats = new Proxy({} as Http2CodecStats, {
    get: (_target, name) => ({
      inc: () => {
        counts[String(name)] = (counts[String(name)] ?? 0) + 1;
      },
      add: (amount: number) => {
        counts[String(name)] = (counts[String(name)] ?? 0) + amount;
      },
    }),
  });
  return { stats, counts };
}

/** Gathers what one turn writes, as the proxy's connections do. */
class SocketSink implements CodecConnection {
  readonly #socket: Socket;
  #scheduled = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  writeLatin1(text: string): void {
    this.#gather();
    this.#socket.write(text, 'latin1');
  }

  writeBuffer(data: Buffer): void {
    this.#gather();
    this.#socket.write(Buffer.from(data));
  }

  #gather(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#socket.cork();
    setImmediate(() => {
      this.#scheduled = false;
      this.#socket.uncork();
    });
  }

  readDisable(): void {}
}

class Echo implements RequestDecoder {
  readonly #stream: ServerStream;

  constructor(stream: ServerStream) {
    this.#stream = stream;
    stream.callbacks = {
      onResetStream: () => undefined,
      onAboveWriteBufferHighWatermark: () => stream.readDisable(true),
      onBelowWriteBufferLowWatermark: () => stream.readDisable(false),
    };
  }

  decodeHeaders(headers: RequestHeaders, endStream: boolean): void {
    const response = new ResponseHeaders(200);
    response.append(headerName('x-method'), headers.method);
    response.append(headerName('x-path'), headers.path);
    for (let i = 0; i < headers.size; i++)
      if (headers.nameAt(i).name.startsWith('x-')) response.append(headers.nameAt(i), headers.valueAt(i));
    this.#stream.encodeHeaders(response, endStream);
  }

  decodeData(data: Buffer, endStream: boolean): void {
    this.#stream.encodeData(data, endStream);
  }

  decodeTrailers(trailers: HeaderMap): void {
    this.#stream.encodeTrailers(trailers);
  }

  onMalformed(): void {}
}

export interface EchoServer {
  readonly port: number;
  readonly counts: Record<string, number>;
  /** Of all connections. */
  active(): number;
  close(): void;
}

export async function echoServer(settings: Partial<Http2Settings> = {}): Promise<EchoServer> {
  const { stats, counts } = countingStats();
  const codecs = new Set<ServerCodec>();
  const sockets = new Set<Socket>();
  const server: Server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    const callbacks: ServerCodecCallbacks = {
      newStream: (stream) => new Echo(stream),
      onStreamComplete: () => undefined,
      onGoAway: () => undefined,
      onCodecException: () => undefined,
    };
    const codec = new Http2ServerCodec(
      new SocketSink(socket),
      callbacks,
      { ...defaultHttp2Settings, ...settings },
      stats,
      bufferLimit,
    );
    codecs.add(codec);
    socket.on('data', (data: Buffer) => {
      if (codec.dispatch(data) !== null) socket.end();
      if (socket.writableNeedDrain) codec.onAboveWriteBufferHighWatermark();
    });
    socket.on('drain', () => codec.onBelowWriteBufferLowWatermark());
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      codec.onConnectionClosed(ResetReason.ConnectionTermination);
      codecs.delete(codec);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    counts,
    active: () => [...codecs].reduce((sum, codec) => sum + codec.activeStreams, 0),
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

export interface Answer {
  status: number;
  readonly headers: Record<string, string>;
  body: string;
  readonly trailers: Record<string, string>;
  readonly interim: number[];
  reset: ResetReason | null;
}

/** A client of our own. */
export class TestClient {
  readonly codec: Http2ClientCodec;
  readonly counts: Record<string, number>;
  readonly #socket: Socket;

  constructor(port: number, settings: Partial<Http2Settings> = {}) {
    const { stats, counts } = countingStats();
    this.counts = counts;
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket = socket;
    const callbacks: ClientCodecCallbacks = {
      onStreamComplete: () => undefined,
      onGoAway: () => undefined,
      onKeepAliveTimeout: () => undefined,
      onMaxStreamsChanged: () => undefined,
    };
    this.codec = new Http2ClientCodec(
      new SocketSink(socket),
      callbacks,
      { ...defaultHttp2Settings, ...settings },
      stats,
      bufferLimit,
    );
    socket.on('data', (data: Buffer) => {
      if (this.codec.dispatch(data) !== null) socket.end();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => this.codec.onConnectionClosed(ResetReason.ConnectionTermination));
  }

  /** Sends `body` in pieces, then `trailers`. */
  request(headers: RequestHeaders, body: readonly Buffer[] = [], trailers: HeaderMap | null = null): Promise<Answer> {
    return new Promise((resolve) => {
      const answer: Answer = { status: 0, headers: {}, body: '', trailers: {}, interim: [], reset: null };
      const end = (over: boolean): void => {
        if (over) resolve(answer);
      };
      const decoder: ResponseDecoder = {
        decode1xxHeaders: ({ status }) => void answer.interim.push(status),
        decodeHeaders: (head, endStream) => {
          answer.status = head.status;
          copy(head, answer.headers);
          end(endStream);
        },
        decodeData: (data, endStream) => {
          answer.body += data.toString('latin1');
          end(endStream);
        },
        decodeTrailers: (tail) => {
          copy(tail, answer.trailers);
          end(true);
        },
      };
      const stream = this.codec.newStream(decoder);
      stream.callbacks = {
        onResetStream: (reason) => {
          answer.reset = reason;
          resolve(answer);
        },
        onAboveWriteBufferHighWatermark: () => undefined,
        onBelowWriteBufferLowWatermark: () => undefined,
      };
      stream.encodeHeaders(headers, body.length === 0 && trailers === null);
      for (const [i, piece] of body.entries()) stream.encodeData(piece, i === body.length - 1 && trailers === null);
      if (trailers !== null) stream.encodeTrailers(trailers);
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}

function copy(from: HeaderMap, to: Record<string, string>): void {
  for (let i = 0; i < from.size; i++) to[from.nameAt(i).name] = from.valueAt(i);
}
