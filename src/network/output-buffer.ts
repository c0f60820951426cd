// Owns what a connection will write: small pieces gathered in one pooled chunk, large ones kept by reference, in order.
import { keep } from './read-buffer.ts';

const chunkSize = 16 * 1024;
/** Up to this size copying is cheaper than another entry of a vectored write. */
const copyLimit = 8 * 1024;

const free: Buffer[] = [];
const maxFree = 64;

function takeChunk(size: number): Buffer {
  return size <= chunkSize ? (free.pop() ?? Buffer.allocUnsafeSlow(chunkSize)) : Buffer.allocUnsafeSlow(size);
}

/** Call only when the kernel has the bytes: until then the socket may still read the chunk (DESIGN 3.1). */
export function recycleChunk(chunk: Buffer): void {
  if (chunk.length === chunkSize && free.length < maxFree) free.push(chunk);
}

export class OutputBuffer {
  /** Bytes gathered and not yet handed to the socket. */
  length = 0;
  #chunk: Buffer | null = null;
  #used = 0;
  /** From where in the chunk the bytes are not yet in `#queue`. */
  #start = 0;
  #queue: Buffer[] = [];

  writeLatin1(text: string): void {
    const size = text.length;
    const chunk = this.#room(size);
    chunk.write(text, this.#used, size, 'latin1');
    this.#used += size;
    this.length += size;
  }

  writeBuffer(data: Buffer): void {
    const size = data.length;
    if (size === 0) return;
    if (size <= copyLimit) {
      const chunk = this.#room(size);
      chunk.set(data, this.#used);
      this.#used += size;
    } else {
      this.#seal();
      this.#queue.push(keep(data));
    }
    this.length += size;
  }

  #room(size: number): Buffer {
    let chunk = this.#chunk;
    if (chunk !== null && chunk.length - this.#used >= size) return chunk;
    if (chunk !== null) {
      this.#seal();
      this.#full.push(chunk);
    }
    chunk = takeChunk(size);
    this.#chunk = chunk;
    this.#used = 0;
    this.#start = 0;
    return chunk;
  }

  #seal(): void {
    if (this.#chunk !== null && this.#used > this.#start) {
      this.#queue.push(this.#chunk.subarray(this.#start, this.#used));
      this.#start = this.#used;
    }
  }

  /** Chunks whose bytes all stand in the queue. */
  #full: Buffer[] = [];

  /** The common case: everything lies in one chunk. Returns it, or null when `takeAll` must be used. */
  takeSingle(): Buffer | null {
    if (this.#queue.length !== 0 || this.#chunk === null) return null;
    return this.#chunk.subarray(0, this.#used);
  }

  takeAll(): Buffer[] {
    this.#seal();
    const queue = this.#queue;
    this.#queue = [];
    return queue;
  }

  /** The bytes have been handed over; returns the chunks to recycle once the kernel has them. */
  release(owned: Buffer[]): void {
    if (this.#chunk !== null) owned.push(this.#chunk);
    for (const chunk of this.#full) owned.push(chunk);
    if (this.#full.length !== 0) this.#full = [];
    this.#chunk = null;
    this.#used = 0;
    this.#start = 0;
    this.length = 0;
  }

  clear(): void {
    this.#queue = [];
    this.#full = [];
    this.#chunk = null;
    this.#used = 0;
    this.#start = 0;
    this.length = 0;
  }
}
