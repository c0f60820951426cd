// Owns where one socket reads to: the shared buffer, or, in the middle of a bulk transfer, pages of its own. Two full
// reads in a row switch to pages, small reads switch back.
import { BufferViews } from './buffer-views.ts';
import { beginLending, endLending, Page, pageSize, sharedReadBuffer } from './read-buffer.ts';

const sharedViews = new BufferViews(sharedReadBuffer());

export class ReadMemory {
  #page: Page | null = null;
  /** Where the next read goes, when that changes. */
  #next: Buffer | null = sharedReadBuffer();
  #current: Buffer | null = null;
  #fullReads = 0;

  /** For the socket's `onread.buffer`, which asks after each read; null keeps the buffer. */
  takeNext(): Buffer | null {
    const next = this.#next;
    this.#next = null;
    if (next !== null) this.#current = next;
    return next;
  }

  /** Another socket reads from now on, and must be given its first buffer. */
  restart(): void {
    this.#fullReads = 0;
    this.#readInto(null);
  }

  /** What was taken last: where the bytes of a read lie. */
  get current(): Buffer {
    return this.#current as Buffer;
  }

  /** What a read brought: the first bytes of `buffer`. */
  view(buffer: Buffer, bytes: number): Buffer {
    return buffer === sharedReadBuffer() ? sharedViews.first(bytes) : buffer.subarray(0, bytes);
  }

  /** `buffer` holds `bytes` that are about to be delivered. */
  beforeDelivery(buffer: Buffer, bytes: number): void {
    const page = this.#page;
    if (page !== null && buffer === page.bytes) {
      beginLending(page);
      return;
    }
    this.#fullReads = bytes === pageSize ? this.#fullReads + 1 : 0;
    if (this.#fullReads === 2) this.#readInto(Page.takeBulk());
  }

  /** A page that a writer kept is left to it; small reads mean that the bulk is over. */
  afterDelivery(buffer: Buffer, bytes: number): void {
    endLending();
    const page = this.#page;
    if (page === null || buffer !== page.bytes) return;
    if (page.shared) {
      page.release();
      this.#readInto(Page.takeBulk());
    } else if (bytes < pageSize >> 2) {
      page.release();
      this.#fullReads = 0;
      this.#readInto(null);
    }
  }

  #readInto(page: Page | null): void {
    this.#page = page;
    this.#next = page === null ? sharedReadBuffer() : page.bytes;
  }

  /** The connection is gone. Its socket may still be reading into the page: that is left to the garbage collector. */
  release(): void {
    this.#page = null;
  }
}
