// Owns what a connection will write: texts (heads, small bodies) joined into one string, larger bytes as buffers, in
// order. A string goes to the kernel without a buffer in between, and is all that most requests write.
import { keep } from './read-buffer.ts';

/** Up to this size bytes join the text: a copy is cheaper than another entry of a vectored write. */
const joinLimit = 2 * 1024;

export type OutputPart = string | Buffer;

export class OutputBuffer {
  /** Bytes gathered and not yet handed to the socket. */
  length = 0;
  /** The last part; what came before it stands in `#queue`. */
  #text = '';
  #queue: OutputPart[] = [];

  /** One character for each byte. */
  writeLatin1(text: string): void {
    this.#text += text;
    this.length += text.length;
  }

  /** Borrowed: valid until this returns. */
  writeBuffer(data: Buffer): void {
    const size = data.length;
    if (size === 0) return;
    this.length += size;
    if (size <= joinLimit) {
      this.#text += data.toString('latin1');
      return;
    }
    if (this.#text !== '') {
      this.#queue.push(this.#text);
      this.#text = '';
    }
    this.#queue.push(keep(data));
  }

  /** Empties the buffer when all of it is one text, the common case; null: call `takeAll`. */
  takeText(): string | null {
    if (this.#queue.length !== 0) return null;
    const text = this.#text;
    this.#text = '';
    this.length = 0;
    return text;
  }

  takeAll(): OutputPart[] {
    const parts = this.#queue;
    if (this.#text !== '') parts.push(this.#text);
    this.clear();
    return parts;
  }

  clear(): void {
    this.#queue = [];
    this.#text = '';
    this.length = 0;
  }
}
