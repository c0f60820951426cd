// Owns the memory that sockets read into and that output is kept in. One shared buffer serves every connection that has
// little to read, so an idle connection holds none (DESIGN 3.1, 3.7). A connection in the middle of a bulk transfer reads
// into pages of its own, which a writer may keep by reference instead of copying. Pages are counted and recycled: left
// to the garbage collector they grew to 60 MB under a 1 GB body.

/** Bytes that one read may bring. */
export const pageSize = 64 * 1024;

const free: Page[] = [];
/** A burst must not hold memory for good: 1 MB stays. */
const maxFree = 16;

/** One piece of memory with a count of who still needs it. */
export class Page {
  readonly bytes = Buffer.allocUnsafeSlow(pageSize);
  #users = 1;

  static take(): Page {
    const page = free.pop();
    if (page === undefined) return new Page();
    page.#users = 1;
    return page;
  }

  retain(): void {
    this.#users++;
  }

  /** Somebody besides the caller needs it: it must not be read into again. */
  get shared(): boolean {
    return this.#users > 1;
  }

  release(): void {
    if (--this.#users === 0 && free.length < maxFree) free.push(this);
  }
}

const sharedBuffer = Buffer.allocUnsafeSlow(pageSize);

export function sharedReadBuffer(): Buffer {
  return sharedBuffer;
}

/** The page that the read in progress lends out: only one is in progress on a thread. */
let lent: Page | null = null;

/** A connection delivers bytes that lie in a page of its own, so that `keep` may take them. */
export function beginLending(page: Page): void {
  lent = page;
}

export function endLending(): void {
  lent = null;
}

/** Bytes that stay as they are until `release`. */
export interface KeptBytes {
  readonly data: Buffer;
  readonly page: Page | null;
}

/** Borrowed bytes for as long as the caller wants: by reference where the reader's memory allows, else a copy. */
export function keep(data: Buffer): KeptBytes {
  if (lent !== null && data.buffer === lent.bytes.buffer) {
    lent.retain();
    return { data, page: lent };
  }
  if (data.length > pageSize) return { data: Buffer.from(data), page: null };
  const page = Page.take();
  page.bytes.set(data);
  return { data: page.bytes.subarray(0, data.length), page };
}
