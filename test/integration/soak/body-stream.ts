// Owns bodies too large to keep: a sender that writes a known pattern as fast as the socket takes it, and a reader that
// checks each byte's place and can be held up at will.
import type { Writable } from 'node:stream';

export type Framing = 'content-length' | 'chunked';

/** A period that no buffer size divides, so that a lost, doubled or swapped piece shows. */
const PERIOD = 64_507;
const LONGEST = 1 << 20;
const pattern = Buffer.alloc(PERIOD + LONGEST);
for (let at = 0; at < pattern.length; at++) pattern[at] = ((at % PERIOD) * 31 + ((at % PERIOD) >> 8)) & 0xff;

const piece = (offset: number, length: number): Buffer => pattern.subarray(offset % PERIOD, (offset % PERIOD) + length);

export class BodySender {
  readonly #socket: Writable;
  readonly #length: number;
  readonly #framing: Framing;
  #offset = 0;

  constructor(socket: Writable, length: number, framing: Framing) {
    this.#socket = socket;
    this.#length = length;
    this.#framing = framing;
    socket.on('drain', () => this.send());
  }

  /** Body bytes that the kernel has taken, about: framing counts too. */
  get taken(): number {
    return this.#offset - this.#socket.writableLength;
  }

  /** Writes until the socket's buffer is full or the body has ended. */
  send(): void {
    while (this.#offset < this.#length) {
      const size = Math.min(65_536, this.#length - this.#offset);
      const bytes = piece(this.#offset, size);
      this.#offset += size;
      if (this.#framing === 'chunked') this.#socket.write(`${size.toString(16)}\r\n`, 'latin1');
      let more = this.#socket.write(bytes);
      if (this.#framing === 'chunked')
        more = this.#socket.write(this.#offset === this.#length ? '\r\n0\r\n\r\n' : '\r\n');
      if (!more) return;
    }
  }
}

/** Reads one body in either framing. Throws where it differs from the pattern. */
export class BodyReader {
  received = 0;
  done = false;
  readonly #chunked: boolean;
  /** Bytes left of the body, or of the chunk. */
  #left: number;
  /** Text of a chunk-size line, or of the line ends around it, not yet whole. */
  #line = '';

  /** `length` is that of Content-Length, undefined where the message is chunked. */
  constructor(length: number | undefined) {
    this.#chunked = length === undefined;
    this.#left = length ?? 0;
  }

  feed(data: Buffer): void {
    let at = 0;
    while (at < data.length && !this.done) {
      if (this.#left > 0) {
        const size = Math.min(this.#left, data.length - at, LONGEST);
        if (Buffer.compare(data.subarray(at, at + size), piece(this.received, size)) !== 0) {
          throw new Error(`body differs between bytes ${this.received} and ${this.received + size}`);
        }
        this.received += size;
        this.#left -= size;
        at += size;
        if (this.#left === 0 && !this.#chunked) this.done = true;
      } else at = this.#readLine(data, at);
    }
  }

  #readLine(data: Buffer, at: number): number {
    const end = data.indexOf(10, at);
    this.#line += data.toString('latin1', at, end < 0 ? data.length : end + 1);
    if (end < 0) return data.length;
    const text = this.#line.trim();
    this.#line = '';
    // The line end behind a chunk's bytes.
    if (text === '') return end + 1;
    const size = Number.parseInt(text, 16);
    if (!/^[0-9a-f]+(;.*)?$/i.test(text) || Number.isNaN(size)) throw new Error(`not a chunk size: ${text}`);
    if (size === 0) this.done = true;
    this.#left = size;
    return end + 1;
  }
}
