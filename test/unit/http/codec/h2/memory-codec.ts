// Codecs without sockets: bytes in by hand, frames out as objects. For what must happen octet by octet.
import type {
  ClientStream,
  CodecConnection,
  CodecError,
  RequestDecoder,
  ResetReason,
  ResponseDecoder,
  ServerStream,
  Stream,
} from '../../../../../src/http/codec/api.ts';
import { Http2ClientCodec } from '../../../../../src/http/codec/h2/client-codec.ts';
import { settingsFrame } from '../../../../../src/http/codec/h2/frames.ts';
import { HpackDecoder } from '../../../../../src/http/codec/h2/hpack/decoder.ts';
import { HpackEncoder } from '../../../../../src/http/codec/h2/hpack/encoder.ts';
import { Http2ServerCodec } from '../../../../../src/http/codec/h2/server-codec.ts';
import { defaultHttp2Settings, type Http2Settings } from '../../../../../src/http/codec/h2/settings.ts';
import type { HeaderMap, RequestHeaders, ResponseHeaders } from '../../../../../src/http/headers/header-map.ts';
import { headerName } from '../../../../../src/http/headers/name.ts';
import { countingStats } from './socket-codec.ts';

export const clientPreface = `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${settingsFrame([])}`;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly payload: Buffer;
}

export function parseFrames(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at + 9 <= bytes.length; ) {
    const length = bytes.readUIntBE(at, 3);
    frames.push({
      type: bytes[at + 3] as number,
      flags: bytes[at + 4] as number,
      id: bytes.readUInt32BE(at + 5),
      payload: bytes.subarray(at + 9, at + 9 + length),
    });
    at += 9 + length;
  }
  return frames;
}

export class MemorySink implements CodecConnection {
  #text: string[] = [];

  writeLatin1(text: string): void {
    this.#text.push(text);
  }

  writeBuffer(data: Buffer): void {
    this.#text.push(data.toString('latin1'));
  }

  readDisable(): void {}

  take(): string {
    const text = this.#text.join('');
    this.#text = [];
    return text;
  }
}

export type Fields = readonly (readonly [name: string, value: string])[];

export function encodeBlock(fields: Fields, encoder = new HpackEncoder()): string {
  return encoder.begin() + fields.map(([name, value]) => encoder.field(headerName(name), value)).join('');
}

/** Every field as `name: value`. */
export function decodeBlock(block: Buffer, decoder = new HpackDecoder(4096)): string[] {
  const lines: string[] = [];
  const error = decoder.decode(block, { onHeader: ({ name }, value) => lines.push(`${name}: ${value}`) });
  if (error !== null) throw new Error(error);
  return lines;
}

export function linesOf(headers: HeaderMap): string[] {
  const lines: string[] = [];
  for (let i = 0; i < headers.size; i++) lines.push(`${headers.nameAt(i).name}: ${headers.valueAt(i)}`);
  return lines;
}

/** What was told of one request or response. */
export class Told<S extends Stream> {
  readonly stream: S;
  request: RequestHeaders | null = null;
  response: ResponseHeaders | null = null;
  readonly interim: number[] = [];
  body = '';
  trailers: HeaderMap | null = null;
  ended = false;
  reset: ResetReason | null = null;
  above = 0;
  below = 0;

  constructor(stream: S) {
    this.stream = stream;
    stream.callbacks = {
      onResetStream: (reason) => {
        this.reset = reason;
      },
      onAboveWriteBufferHighWatermark: () => void this.above++,
      onBelowWriteBufferLowWatermark: () => void this.below++,
    };
  }

  onData(data: Buffer, endStream: boolean): void {
    this.body += data.toString('latin1');
    if (endStream) this.ended = true;
  }

  onTrailers(trailers: HeaderMap): void {
    this.trailers = trailers;
    this.ended = true;
  }
}

export interface ServerHooks {
  onHeaders?(told: Told<ServerStream>, stream: ServerStream, endStream: boolean): void;
  onData?(told: Told<ServerStream>, stream: ServerStream, data: Buffer, endStream: boolean): void;
}

export class MemoryServer {
  readonly sink = new MemorySink();
  readonly counts: Record<string, number>;
  readonly requests: Told<ServerStream>[] = [];
  readonly completed: ServerStream[] = [];
  readonly codec: Http2ServerCodec;
  error: CodecError | null = null;

  constructor(settings: Partial<Http2Settings> = {}, hooks: ServerHooks = {}, bufferLimit = 64 * 1024) {
    const { stats, counts } = countingStats();
    this.counts = counts;
    const newStream = (stream: ServerStream): RequestDecoder => {
      const told = new Told(stream);
      this.requests.push(told);
      return {
        decodeHeaders: (headers, endStream) => {
          told.request = headers;
          told.ended = endStream;
          hooks.onHeaders?.(told, stream, endStream);
        },
        decodeData: (data, endStream) => {
          told.onData(data, endStream);
          hooks.onData?.(told, stream, data, endStream);
        },
        decodeTrailers: (trailers) => told.onTrailers(trailers),
        onMalformed: () => undefined,
      };
    };
    const callbacks = {
      newStream,
      onStreamComplete: (stream: ServerStream) => void this.completed.push(stream),
      onGoAway: () => undefined,
      onCodecException: () => undefined,
    };
    this.codec = new Http2ServerCodec(
      this.sink,
      callbacks,
      { ...defaultHttp2Settings, ...settings },
      stats,
      bufferLimit,
    );
  }

  /** In pieces of that size. Returns what came out meanwhile. */
  feed(text: string, pieceSize = text.length): Frame[] {
    const bytes = Buffer.from(text, 'latin1');
    for (let at = 0; at < bytes.length && this.error === null; at += pieceSize)
      this.error = this.codec.dispatch(Buffer.from(bytes.subarray(at, at + pieceSize)));
    return this.frames();
  }

  frames(): Frame[] {
    return parseFrames(Buffer.from(this.sink.take(), 'latin1'));
  }
}

export class MemoryClient {
  readonly sink = new MemorySink();
  readonly counts: Record<string, number>;
  readonly codec: Http2ClientCodec;
  error: CodecError | null = null;

  constructor(settings: Partial<Http2Settings> = {}, bufferLimit = 64 * 1024) {
    const { stats, counts } = countingStats();
    this.counts = counts;
    const callbacks = {
      onStreamComplete: () => undefined,
      onGoAway: () => undefined,
      onKeepAliveTimeout: () => undefined,
      onMaxStreamsChanged: () => undefined,
    };
    this.codec = new Http2ClientCodec(
      this.sink,
      callbacks,
      { ...defaultHttp2Settings, ...settings },
      stats,
      bufferLimit,
    );
    this.sink.take();
  }

  open(): Told<ClientStream> {
    const decoder: ResponseDecoder = {
      decode1xxHeaders: ({ status }) => void told.interim.push(status),
      decodeHeaders: (headers, endStream) => {
        told.response = headers;
        told.ended = endStream;
      },
      decodeData: (data, endStream) => told.onData(data, endStream),
      decodeTrailers: (trailers) => told.onTrailers(trailers),
    };
    const told = new Told(this.codec.newStream(decoder));
    return told;
  }

  feed(text: string, pieceSize = text.length): Frame[] {
    const bytes = Buffer.from(text, 'latin1');
    for (let at = 0; at < bytes.length && this.error === null; at += pieceSize)
      this.error = this.codec.dispatch(Buffer.from(bytes.subarray(at, at + pieceSize)));
    return parseFrames(Buffer.from(this.sink.take(), 'latin1'));
  }
}
