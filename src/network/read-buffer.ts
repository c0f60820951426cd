// Owns the memory that sockets read into and that output is kept in. One shared buffer serves every connection that has
// little to read, so an idle connection holds none (DESIGN 3.1, 3.7). A connection in the middle of a bulk transfer reads
// into pages of its own, which a writer may keep by reference instead of copying. Pages are counted and recycled: left
// to the garbage collector they grew to 60 MB under a 1 GB body.
import { systemTimers, type Timer, type TimerHandler } from '../base/timers.ts';

/** Bytes that one read may bring. */
export const pageSize = 64 * 1024;

/** And one read in the middle of a bulk transfer: with 64 KB it costs a fifth more CPU. */
export const bulkPageSize = 256 * 1024;

const trimIntervalMs = 1000;

/**
 * Pages of one size that nobody uses. While a transfer lasts none of them is given up: made anew for each read, they kept
 * the garbage collector at a third of the CPU. A burst does not hold memory for good: what a second long nobody took
 * goes, but for `keep` of them.
 */
export class PagePool implements TimerHandler {
  readonly #size: number;
  readonly #keep: number;
  readonly #free: Page[] = [];
  /** As few as were free since the timer was started. */
  #spare = 0;
  #timer: Timer | null = null;

  constructor(size: number, keep: number) {
    this.#size = size;
    this.#keep = keep;
  }

  take(): Page {
    const page = this.#free.pop();
    if (this.#free.length < this.#spare) this.#spare = this.#free.length;
    return page ?? new Page(this.#size, this);
  }

  giveBack(page: Page): void {
    this.#free.push(page);
    if (this.#free.length <= this.#keep || this.#timer?.active === true) return;
    this.#spare = this.#free.length;
    if (this.#timer === null) this.#timer = systemTimers.schedule(trimIntervalMs, this);
    else this.#timer.refresh();
  }

  onTimer(timer: Timer): void {
    const surplus = Math.min(this.#spare, this.#free.length - this.#keep);
    if (surplus > 0) this.#free.length -= surplus;
    this.#spare = this.#free.length;
    if (this.#free.length > this.#keep) timer.refresh();
  }
}

/** One piece of memory with a count of who still needs it. */
export class Page {
  readonly bytes: Buffer;
  readonly #pool: PagePool;
  #users = 1;

  constructor(size: number, pool: PagePool) {
    this.bytes = Buffer.allocUnsafeSlow(size);
    this.#pool = pool;
  }

  /** For what was read elsewhere. */
  static take(): Page {
    return pages.take();
  }

  /** To read a bulk transfer into. */
  static takeBulk(): Page {
    return bulkPages.take();
  }

  retain(): void {
    this.#users++;
  }

  /** Somebody besides the caller needs it: it must not be read into again. */
  get shared(): boolean {
    return this.#users > 1;
  }

  release(): void {
    if (--this.#users !== 0) return;
    this.#users = 1;
    this.#pool.giveBack(this);
  }
}

/** 1 MB of each stays. */
const pages = new PagePool(pageSize, 16);
const bulkPages = new PagePool(bulkPageSize, 4);

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

/** Fewer bytes are copied wherever they are: they shall not keep a page of others in use. */
const smallest = 2 * 1024;

/** Borrowed bytes for as long as the caller wants: by reference where the reader's memory allows, else a copy. */
export function keep(data: Buffer): KeptBytes {
  const { length } = data;
  if (lent !== null && length > smallest && data.buffer === lent.bytes.buffer) {
    lent.retain();
    return { data, page: lent };
  }
  if (length <= pageSize) return copy(data);
  if (length > bulkPageSize) return { data: Buffer.from(data), page: null };
  const page = Page.takeBulk();
  page.bytes.set(data);
  return { data: page.bytes.subarray(0, length), page };
}

/** Copies go behind one another into one page, which is in use until the last of them is released. */
let copies: Page | null = null;
let copied = 0;

function copy(data: Buffer): KeptBytes {
  if (copies?.shared === false) copied = 0;
  if (copies === null || copied + data.length > pageSize) {
    copies?.release();
    copies = Page.take();
    copied = 0;
  }
  const start = copied;
  copied += data.length;
  copies.bytes.set(data, start);
  copies.retain();
  return { data: copies.bytes.subarray(start, copied), page: copies };
}

/** What was kept goes to who keeps it once more: by reference again. */
export function writeKept(sink: { writeBuffer(data: Buffer): void }, data: Buffer, page: Page | null): void {
  const before = lent;
  lent = page ?? before;
  try {
    sink.writeBuffer(data);
  } finally {
    lent = before;
  }
}
