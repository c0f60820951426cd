// Owns what a connection will write: texts (heads, small bodies) joined into one string, larger bytes as buffers, in
// order. A string goes to the kernel without a buffer in between, and is all that most requests write.
import { latin1 } from '../base/byte-string.ts';
import { keep, type Page } from './read-buffer.ts';

/** Up to this size bytes join the text: a copy is cheaper than another entry of a vectored write. */
const joinLimit = 2 * 1024;

export type OutputPart = string | Buffer;

/** One vectored write, and the pages to release once the kernel has taken it. */
export interface OutputBatch {
  readonly parts: readonly OutputPart[];
  readonly pages: readonly Page[];
}

const noPages: readonly Page[] = [];

export function releasePages(pages: readonly Page[]): void {
  for (let i = 0; i < pages.length; i++) (pages[i] as Page).release();
}

export class OutputBuffer {
  /** Bytes gathered and not yet handed to the socket. */
  length = 0;
  /** The last part; what came before it stands in `#queue`. */
  #text = '';
  #queue: OutputPart[] = [];
  #pages: Page[] | null = null;

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
      this.#text += latin1(data, 0, size);
      return;
    }
    if (this.#text !== '') {
      this.#queue.push(this.#text);
      this.#text = '';
    }
    const kept = keep(data);
    this.#queue.push(kept.data);
    if (kept.page === null) return;
    if (this.#pages === null) this.#pages = [kept.page];
    else this.#pages.push(kept.page);
  }

  /** Empties the buffer when all of it is one text, the common case; null: call `takeBatch`. */
  takeText(): string | null {
    if (this.#queue.length !== 0) return null;
    const text = this.#text;
    this.#text = '';
    this.length = 0;
    return text;
  }

  takeBatch(): OutputBatch {
    const parts = this.#queue;
    if (this.#text !== '') parts.push(this.#text);
    const pages = this.#pages ?? noPages;
    this.#queue = [];
    this.#pages = null;
    this.#text = '';
    this.length = 0;
    return { parts, pages };
  }

  /** Throws everything away. */
  clear(): void {
    releasePages(this.takeBatch().pages);
  }
}
