/**
 * An end of an HTTP/2 connection that costs as little as can be, for load and upstream: frames are put together as text from
 * prepared pieces, one write answers one read. It trusts the proxy under test to keep to the protocol, but not to be right:
 * client and server above it check every message.
 */
import type { Socket } from 'node:net';
import { FrameFlag, FrameType, frameHeader, settingsFrame, windowUpdateFrame } from '../../src/http/codec/h2/frames.ts';
import { type HeaderSink, HpackDecoder } from '../../src/http/codec/h2/hpack/decoder.ts';

const MAX_FRAME = 16_384;
/** What we let the peer send ahead, on a stream and on the connection, as Envoy does. */
const STREAM_WINDOW = 16 << 20;
const CONNECTION_WINDOW = 24 << 20;
/** Above it, written data waits for the socket. */
const OUTPUT_LIMIT = 1 << 20;
const INITIAL_WINDOW_SIZE = 4;

const settings =
  settingsFrame([[INITIAL_WINDOW_SIZE, STREAM_WINDOW]]) + windowUpdateFrame(0, CONNECTION_WINDOW - 65_535);
const settingsAck = frameHeader(0, FrameType.Settings, FrameFlag.Ack, 0);

/** What an end keeps of a stream. */
export class PeerStream {
  readonly id: number;
  sendWindow: number;
  /** Body that waits for windows. */
  body: Buffer | null = null;
  bodyAt = 0;
  /** Frames that follow it; '': it ends the stream; null: it does not. */
  behind: string | null = null;
  received = 0;
  /** Received and not given back. */
  consumed = 0;

  constructor(id: number, sendWindow: number) {
    this.id = id;
    this.sendWindow = sendWindow;
  }
}

export abstract class H2Peer<S extends PeerStream> {
  protected readonly socket: Socket;
  protected readonly streams = new Map<number, S>();
  protected peerStreamWindow = 65_535;
  readonly #decoder = new HpackDecoder(4096);
  readonly #sink: HeaderSink;
  #window = 65_535;
  #consumed = 0;
  /** Text to be written; buffers go between texts. */
  #out: string;
  #parts: (string | Buffer)[] = [];
  #partBytes = 0;
  readonly #waiting: S[] = [];
  #rest: Buffer | null = null;
  /** Of a DATA frame that comes in pieces. */
  #dataLeft = 0;
  #dataStream = 0;
  #dataEnds = false;
  #block: Buffer[] = [];
  #blockEnds = false;

  constructor(socket: Socket, sink: HeaderSink, preface: string) {
    this.socket = socket;
    this.#sink = sink;
    this.#out = preface + settings;
    socket.on('drain', () => {
      this.#resume();
      this.flush();
    });
  }

  /** A header block has gone to the sink. */
  protected abstract onHeaders(id: number, end: boolean): void;
  /** Borrowed. */
  protected abstract onData(stream: S, data: Buffer, end: boolean): void;
  protected abstract onReset(stream: S, code: number): void;
  /** What ends the connection. */
  protected abstract onFailure(what: string): void;
  /** All of `body` was written. */
  protected onBodySent(_stream: S): void {}

  // --- out -----------------------------------------------------------------------------------------------------------------

  protected headers(id: number, block: string, end: boolean): void {
    const flags = FrameFlag.EndHeaders | (end ? FrameFlag.EndStream : 0);
    this.#out += frameHeader(block.length, FrameType.Headers, flags, id) + block;
  }

  /** A short message, at once where windows allow. `behind` as above. */
  protected message(stream: S, text: string, behind: string | null): void {
    if (this.#window < text.length || stream.sendWindow < text.length || stream.body !== null) {
      this.body(stream, Buffer.from(text, 'latin1'), behind);
      return;
    }
    this.#window -= text.length;
    stream.sendWindow -= text.length;
    const flags = behind === '' ? FrameFlag.EndStream : 0;
    this.#out += frameHeader(text.length, FrameType.Data, flags, stream.id) + text + (behind ?? '');
  }

  /** As much as windows allow now, the rest as they open. */
  protected body(stream: S, body: Buffer, behind: string | null): void {
    stream.body = body;
    stream.bodyAt = 0;
    stream.behind = behind;
    this.#waiting.push(stream);
    this.#resume();
  }

  /** A frame of each stream in turn. */
  #resume(): void {
    let idle = 0;
    while (this.#window > 0 && idle < this.#waiting.length && this.#backlog < OUTPUT_LIMIT) {
      const stream = this.#waiting.shift() as S;
      const { body } = stream;
      // It was reset.
      if (body === null) continue;
      const size = Math.min(MAX_FRAME, body.length - stream.bodyAt, stream.sendWindow, this.#window);
      if (size <= 0) {
        idle++;
        this.#waiting.push(stream);
        continue;
      }
      idle = 0;
      const last = stream.bodyAt + size === body.length;
      const flags = last && stream.behind === '' ? FrameFlag.EndStream : 0;
      this.#parts.push(this.#out + frameHeader(size, FrameType.Data, flags, stream.id));
      this.#parts.push(body.subarray(stream.bodyAt, stream.bodyAt + size));
      this.#out = '';
      this.#partBytes += size;
      this.#window -= size;
      stream.sendWindow -= size;
      stream.bodyAt += size;
      if (last) {
        stream.body = null;
        this.#out += stream.behind ?? '';
        this.onBodySent(stream);
      } else this.#waiting.push(stream);
    }
  }

  get #backlog(): number {
    return this.socket.writableLength + this.#partBytes;
  }

  flush(): void {
    if (this.#parts.length > 0) {
      this.socket.cork();
      for (const part of this.#parts) this.socket.write(part, 'latin1');
      this.#parts = [];
      this.#partBytes = 0;
      if (this.#out !== '') this.socket.write(this.#out, 'latin1');
      this.#out = '';
      this.socket.uncork();
    } else if (this.#out !== '') {
      this.socket.write(this.#out, 'latin1');
      this.#out = '';
    }
  }

  // --- in ------------------------------------------------------------------------------------------------------------------

  /** Reads a chunk, borrowed, and writes what it leads to. */
  read(chunk: Buffer): void {
    const data = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = null;
    let at = 0;
    while (at < data.length) {
      if (this.#dataLeft > 0) {
        const size = Math.min(this.#dataLeft, data.length - at);
        this.#dataLeft -= size;
        this.#data(this.#dataStream, data.subarray(at, at + size), this.#dataEnds && this.#dataLeft === 0);
        at += size;
        continue;
      }
      if (data.length - at < 9) break;
      const length = data.readUIntBE(at, 3);
      const type = data[at + 3] as number;
      const flags = data[at + 4] as number;
      const id = data.readUInt32BE(at + 5) & 0x7fffffff;
      if (type === FrameType.Data && length > 0) {
        this.#dataLeft = length;
        this.#dataStream = id;
        this.#dataEnds = (flags & FrameFlag.EndStream) !== 0;
        at += 9;
        continue;
      }
      if (data.length - at < 9 + length) break;
      this.#frame(type, flags, id, data.subarray(at + 9, at + 9 + length));
      at += 9 + length;
    }
    if (at < data.length) this.#rest = Buffer.from(data.subarray(at));
    if (this.#waiting.length > 0) this.#resume();
    this.flush();
  }

  #data(id: number, data: Buffer, end: boolean): void {
    const { length } = data;
    this.#consumed += length;
    if (this.#consumed > CONNECTION_WINDOW / 4) {
      this.#out += windowUpdateFrame(0, this.#consumed);
      this.#consumed = 0;
    }
    const stream = this.streams.get(id);
    if (stream === undefined) {
      this.onFailure('DATA of a stream that is over');
      return;
    }
    stream.received += length;
    stream.consumed += length;
    if (stream.consumed > STREAM_WINDOW / 4 && !end) {
      this.#out += windowUpdateFrame(id, stream.consumed);
      stream.consumed = 0;
    }
    this.onData(stream, data, end);
  }

  #frame(type: number, flags: number, id: number, payload: Buffer): void {
    switch (type) {
      case FrameType.Data: {
        const stream = this.streams.get(id);
        if (stream !== undefined) this.onData(stream, payload, (flags & FrameFlag.EndStream) !== 0);
        return;
      }
      case FrameType.Headers:
      case FrameType.Continuation:
        if (type === FrameType.Headers) this.#blockEnds = (flags & FrameFlag.EndStream) !== 0;
        this.#onBlock(payload, (flags & FrameFlag.Priority) !== 0 && type === FrameType.Headers ? 5 : 0, flags, id);
        return;
      case FrameType.RstStream:
        this.#onReset(id, payload.readUInt32BE(0));
        return;
      case FrameType.Settings:
        if ((flags & FrameFlag.Ack) === 0) this.#onSettings(payload);
        return;
      case FrameType.Ping:
        if ((flags & FrameFlag.Ack) === 0)
          this.#out += frameHeader(8, FrameType.Ping, FrameFlag.Ack, 0) + payload.toString('latin1');
        return;
      case FrameType.GoAway:
        this.onFailure(`GOAWAY ${payload.readUInt32BE(4)} ${payload.toString('latin1', 8)}`);
        return;
      case FrameType.WindowUpdate: {
        const increment = payload.readUInt32BE(0);
        if (id === 0) this.#window += increment;
        else {
          const stream = this.streams.get(id);
          if (stream !== undefined) stream.sendWindow += increment;
        }
      }
    }
  }

  #onBlock(payload: Buffer, skip: number, flags: number, id: number): void {
    let block = payload.subarray(skip);
    if ((flags & FrameFlag.EndHeaders) === 0 || this.#block.length > 0) {
      this.#block.push(Buffer.from(block));
      if ((flags & FrameFlag.EndHeaders) === 0) return;
      block = Buffer.concat(this.#block);
      this.#block = [];
    }
    const error = this.#decoder.decode(block, this.#sink);
    if (error !== null) this.onFailure(`HPACK: ${error}`);
    this.onHeaders(id, this.#blockEnds);
  }

  #onReset(id: number, code: number): void {
    const stream = this.streams.get(id);
    if (stream === undefined) return;
    this.streams.delete(id);
    stream.body = null;
    this.onReset(stream, code);
  }

  #onSettings(payload: Buffer): void {
    for (let at = 0; at < payload.length; at += 6) {
      if (payload.readUInt16BE(at) !== INITIAL_WINDOW_SIZE) continue;
      const window = payload.readUInt32BE(at + 2);
      for (const stream of this.streams.values()) stream.sendWindow += window - this.peerStreamWindow;
      this.peerStreamWindow = window;
    }
    this.#out += settingsAck;
  }
}
