// Owns a head (or trailer section) on its way in: scans it where it lies when one read brought it whole, else keeps the
// pieces in one buffer that doubles. The size is capped before anything is kept.
import type { CodecError } from '../api.ts';
import { H1Error } from './errors.ts';
import { HeadScanner, ScanResult } from './head-scanner.ts';

const LF = 10;
const firstStore = 2048;

export class HeadReader {
  readonly scanner: HeadScanner;
  result: ScanResult = ScanResult.NeedMore;
  error: CodecError = H1Error.headTooLarge;
  /**
   * Where the head lies, until the next call: `bytes[start, start + scanner.length)` after Complete, else what there is of
   * it from `start` on.
   */
  bytes: Buffer;
  start = 0;
  /** Of a head that comes in pieces (head-beginning.ts). */
  startLineJudged = false;

  readonly #maxBytes: number;
  #store: Buffer | null = null;
  #stored = 0;

  constructor(maxBytes: number, maxFields: number, lenientLf: boolean) {
    this.#maxBytes = maxBytes;
    this.scanner = new HeadScanner(maxFields, lenientLf);
    this.bytes = empty;
  }

  /** Before each head. `startLine` is false for trailers. */
  begin(startLine: boolean): void {
    this.scanner.reset(startLine);
    this.#store = null;
    this.#stored = 0;
    this.bytes = empty;
    this.startLineJudged = false;
  }

  /** Some bytes of the head were read, but not all. */
  get started(): boolean {
    return this.#stored !== 0;
  }

  /** Takes bytes of `data[pos, end)`; returns where what follows the head begins. The outcome stands in `result`. */
  read(data: Buffer, pos: number, end: number): number {
    if (this.#store !== null) return this.#readOn(this.#store, data, pos, end);
    const limit = Math.min(end, pos + this.#maxBytes);
    const result = this.scanner.scan(data, pos, limit);
    this.result = result;
    this.bytes = data;
    this.start = pos;
    if (result === ScanResult.Complete) return pos + this.scanner.length;
    if (result === ScanResult.Error) this.error = this.scanner.error;
    else if (end > limit) this.#tooLarge();
    else {
      this.bytes = this.#append(data, pos, end);
      this.start = 0;
    }
    return end;
  }

  #readOn(store: Buffer, data: Buffer, pos: number, end: number): number {
    const before = this.#stored;
    const taken = Math.min(end, pos + this.#maxBytes + 1 - before);
    const lineEnded = hasLineFeed(data, pos, taken);
    const bytes = this.#append(data, pos, taken, store);
    this.bytes = bytes;
    this.start = 0;
    this.result = ScanResult.NeedMore;
    if (lineEnded) {
      const result = this.scanner.scan(bytes, 0, Math.min(this.#stored, this.#maxBytes));
      this.result = result;
      if (result === ScanResult.Complete) return pos + this.scanner.length - before;
      if (result === ScanResult.Error) {
        this.error = this.scanner.error;
        return end;
      }
    }
    if (this.#stored > this.#maxBytes) this.#tooLarge();
    return taken;
  }

  #append(data: Buffer, pos: number, end: number, store: Buffer = empty): Buffer {
    const needed = this.#stored + end - pos;
    let into = store;
    if (needed > into.length) {
      into = Buffer.allocUnsafeSlow(Math.max(needed, 2 * into.length, firstStore));
      store.copy(into, 0, 0, this.#stored);
      this.#store = into;
    }
    data.copy(into, this.#stored, pos, end);
    this.#stored = needed;
    return into;
  }

  #tooLarge(): void {
    this.result = ScanResult.Error;
    this.error = H1Error.headTooLarge;
  }
}

const empty = Buffer.alloc(0);

function hasLineFeed(data: Buffer, pos: number, end: number): boolean {
  const at = data.indexOf(LF, pos);
  return at !== -1 && at < end;
}
