// Owns one of the harness's ends of a connection of HTTP/2: what it sends, and what it has seen. It keeps to nothing that the
// scenario does not keep to, save that it answers SETTINGS and PING, and that bodies of structured requests wait for windows.
import { encode, errorName, Flag, type FrameSpec, frame, PREFACE, SETTINGS, Type } from './frames.ts';
import { HpackDecoder } from './hpack.ts';
import { Http2Stream } from './message.ts';
import { FIRST_WINDOW, type Http2Options, LARGEST_WINDOW } from './options.ts';

export interface GoAway {
  last: number;
  code: string;
  debug: string;
}

const MOST_IN_FRAME = 16_384;

export class Http2Peer {
  readonly streams = new Map<number, Http2Stream>();
  /** What the proxy's SETTINGS said, in order. */
  readonly settings: string[] = [];
  readonly goaways: GoAway[] = [];
  /** By how much the proxy made the connection's window larger before it sent anything else. */
  window = 0;
  /** The proxy has sent a PING of its own. */
  pinged = false;
  settingsAcks = 0;
  pongs = 0;
  /** What the connection may not have had. */
  readonly problems: string[] = [];
  /** The stream that frames without one are on: the last one that began. */
  latest = 0;
  /** Called for each request. */
  onRequest: (stream: Http2Stream) => void = () => {};
  readonly #side: 'client' | 'server';
  readonly #socketWrite: (octets: Buffer) => void;
  /** What one write gathers; null: every one is its own. */
  #gathered: Buffer[] | null = null;
  readonly #options: Http2Options;
  readonly #decoder = new HpackDecoder();
  #pending: Buffer = Buffer.alloc(0);
  #prefaceLeft: Buffer;
  #opening = true;
  #block: { stream: number; end: boolean; parts: Buffer[] } | null = null;
  #sendWindow = FIRST_WINDOW;
  #firstSendWindow = FIRST_WINDOW;
  #bodies: { stream: Http2Stream; left: Buffer; then: () => void }[] = [];

  constructor(side: 'client' | 'server', write: (octets: Buffer) => void, options: Http2Options) {
    this.#side = side;
    this.#socketWrite = write;
    this.#options = options;
    this.#prefaceLeft = side === 'server' ? PREFACE : Buffer.alloc(0);
  }

  /** Preface (of a client), SETTINGS, and a connection window. */
  start(): void {
    if (this.#options.preface === false) return;
    const settings = this.#options.settings ?? { INITIAL_WINDOW_SIZE: LARGEST_WINDOW };
    const window = this.#options.window ?? LARGEST_WINDOW - FIRST_WINDOW;
    const parts = [this.#side === 'client' ? PREFACE : Buffer.alloc(0), encode({ settings }, 0)];
    if (window > 0) parts.push(encode({ windowUpdate: window }, 0));
    this.#write(Buffer.concat(parts));
  }

  /** All in one write. HEADERS without a stream begin the client's next one; `stream` is that of frames that name none. */
  send(frames: readonly FrameSpec[], stream?: number): void {
    const octets = frames.map((spec) => {
      const id =
        spec.stream ?? stream ?? ('headers' in spec && this.#side === 'client' ? this.#nextStream() : this.latest);
      this.#note(spec, id);
      const ofConnection = 'windowUpdate' in spec && spec.stream === undefined && stream === undefined;
      return encode(spec, ofConnection ? 0 : id);
    });
    this.#write(Buffer.concat(octets));
  }

  /** All that `send` sends goes out in one write, so that what arrives together is no race. */
  together(send: () => void): void {
    this.#gathered = [];
    send();
    const octets = Buffer.concat(this.#gathered);
    this.#gathered = null;
    this.#socketWrite(octets);
  }

  #write(octets: Buffer): void {
    if (this.#gathered === null) this.#socketWrite(octets);
    else this.#gathered.push(octets);
  }

  /** Sends a body as the proxy's windows let it, then `then`. */
  sendBody(stream: Http2Stream, body: Buffer, then: () => void): void {
    this.#bodies.push({ stream, left: body, then });
    this.#sendBodies();
  }

  stream(id: number): Http2Stream {
    const known = this.streams.get(id);
    if (known !== undefined) return known;
    const stream = new Http2Stream(id, this.#side === 'client' ? 'response' : 'request', this.#firstSendWindow);
    this.streams.set(id, stream);
    if (id > this.latest) this.latest = id;
    return stream;
  }

  push(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    if (this.#prefaceLeft.length > 0) {
      const size = Math.min(this.#prefaceLeft.length, this.#pending.length);
      this.#prefaceLeft = this.#prefaceLeft.subarray(size);
      this.#pending = this.#pending.subarray(size);
    }
    while (this.#pending.length >= 9) {
      const length = this.#pending.readUIntBE(0, 3);
      if (this.#pending.length < 9 + length) return;
      const payload = this.#pending.subarray(9, 9 + length);
      const [type, flags, id] = [this.#pending[3] ?? 0, this.#pending[4] ?? 0, this.#pending.readUInt32BE(5)];
      this.#pending = this.#pending.subarray(9 + length);
      try {
        this.#onFrame(type, flags, id, payload);
      } catch (error) {
        this.problems.push(error instanceof Error ? error.message : String(error));
      }
    }
  }

  /** Octets that are no whole frame. */
  get leftover(): string {
    return this.#pending.toString('latin1');
  }

  #nextStream(): number {
    return this.latest === 0 ? 1 : this.latest + 2;
  }

  /** What we do to a stream is known, so that the end of a scenario is. */
  #note(spec: FrameSpec, id: number): void {
    if (id === 0) return;
    if ('headers' in spec) this.stream(id);
    const stream = this.streams.get(id);
    if (stream !== undefined && ('rst' in spec || ('end' in spec && spec.end === true))) stream.left = true;
    if (stream !== undefined && 'data' in spec) this.#spend(stream, spec.data.length * (spec.times ?? 1));
  }

  #spend(stream: Http2Stream, octets: number): void {
    stream.sendWindow -= octets;
    this.#sendWindow -= octets;
  }

  #sendBodies(): void {
    for (const body of this.#bodies) {
      while (body.left.length > 0) {
        const size = Math.min(body.left.length, MOST_IN_FRAME, body.stream.sendWindow, this.#sendWindow);
        if (size <= 0) break;
        this.#spend(body.stream, size);
        this.#write(frame(Type.DATA, 0, body.stream.id, body.left.subarray(0, size)));
        body.left = body.left.subarray(size);
      }
    }
    const sent = this.#bodies.filter((body) => body.left.length === 0);
    this.#bodies = this.#bodies.filter((body) => body.left.length > 0);
    for (const body of sent) body.then();
  }

  // --- what comes ----------------------------------------------------------------------------------------------------------

  #onFrame(type: number, flags: number, id: number, payload: Buffer): void {
    if (this.settings.length === 0 && type !== Type.SETTINGS && this.#opening && type !== Type.GOAWAY)
      this.problems.push(`frame of type ${type} before SETTINGS`);
    if (type !== Type.WINDOW_UPDATE && type !== Type.SETTINGS) this.#opening = false;
    if (this.#block !== null && type !== Type.CONTINUATION) this.problems.push('a field block is interrupted');
    switch (type) {
      case Type.DATA:
        this.#of(id).onData(unpadded(flags, payload), (flags & Flag.END_STREAM) !== 0);
        break;
      case Type.HEADERS: {
        const block = unpadded(flags, payload);
        const part = (flags & Flag.PRIORITY) === 0 ? block : block.subarray(5);
        this.#block = { stream: id, end: (flags & Flag.END_STREAM) !== 0, parts: [part] };
        this.#onBlockPart(flags);
        break;
      }
      case Type.CONTINUATION:
        this.#block?.parts.push(payload);
        this.#onBlockPart(flags);
        break;
      case Type.RST_STREAM:
        this.#of(id).onReset(errorName(payload.readUInt32BE(0)));
        break;
      case Type.SETTINGS:
        this.#onSettings(flags, payload);
        break;
      case Type.PING:
        this.#onPing(flags, payload);
        break;
      case Type.GOAWAY: {
        const code = errorName(payload.readUInt32BE(4));
        this.goaways.push({ last: payload.readUInt32BE(0), code, debug: payload.toString('latin1', 8) });
        break;
      }
      case Type.WINDOW_UPDATE:
        this.#onWindowUpdate(id, payload.readUInt32BE(0));
        break;
      default:
        this.problems.push(`frame of type ${type}`);
    }
  }

  #of(id: number): Http2Stream {
    const stream = this.streams.get(id);
    if (stream === undefined) throw new Error(`a frame on stream ${id}, which never began`);
    return stream;
  }

  #onBlockPart(flags: number): void {
    const block = this.#block;
    if (block === null || (flags & Flag.END_HEADERS) === 0) return;
    this.#block = null;
    const fields = this.#decoder.decode(Buffer.concat(block.parts));
    const isNew = !this.streams.has(block.stream);
    if (isNew && this.#side === 'client') throw new Error(`an answer on stream ${block.stream}, which never began`);
    if (isNew && (block.stream % 2 === 0 || block.stream <= this.latest))
      this.problems.push(`stream ${block.stream} begins`);
    const stream = this.stream(block.stream);
    stream.onBlock(fields, block.end);
    if (isNew) this.onRequest(stream);
  }

  #onSettings(flags: number, payload: Buffer): void {
    if ((flags & Flag.ACK) !== 0) {
      this.settingsAcks++;
      return;
    }
    if (payload.length === 0) this.settings.push('none');
    for (let at = 0; at + 6 <= payload.length; at += 6) {
      const id = payload.readUInt16BE(at);
      const value = payload.readUInt32BE(at + 2);
      this.settings.push(`${SETTINGS[id] ?? id}: ${value}`);
      if (SETTINGS[id] !== 'INITIAL_WINDOW_SIZE') continue;
      for (const stream of this.streams.values()) stream.sendWindow += value - this.#firstSendWindow;
      this.#firstSendWindow = value;
    }
    if (this.#options.ack !== false) this.#write(encode({ settings: 'ack' }, 0));
    this.#sendBodies();
  }

  #onPing(flags: number, payload: Buffer): void {
    if ((flags & Flag.ACK) !== 0) {
      this.pongs++;
      return;
    }
    this.pinged = true;
    if (this.#options.pong !== false) this.#write(frame(Type.PING, Flag.ACK, 0, payload));
  }

  #onWindowUpdate(id: number, increment: number): void {
    if (id === 0) {
      this.#sendWindow += increment;
      if (this.#opening) this.window += increment;
    } else {
      const stream = this.streams.get(id);
      if (stream !== undefined) stream.sendWindow += increment;
    }
    this.#sendBodies();
  }
}

function unpadded(flags: number, payload: Buffer): Buffer {
  return (flags & Flag.PADDED) === 0 ? payload : payload.subarray(1, payload.length - (payload[0] ?? 0));
}
