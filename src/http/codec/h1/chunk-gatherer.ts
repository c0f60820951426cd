// Owns the body bytes of small chunks that came in one read: they go on as one piece, as in Envoy. A peer that sends
// chunks of one octet would otherwise make every filter run, and a chunk of its own leave, for each.

/** Pieces up to this size together are copied; larger ones go on as they are. */
const scratchSize = 16 * 1024;
const shared = Buffer.allocUnsafeSlow(scratchSize);
/** Delivered bytes are borrowed until the call returns: a codec that reads within that call takes a buffer of its own. */
let sharedIsFree = true;

export class ChunkGatherer {
  #scratch: Buffer | null = null;
  #gathered = 0;
  /** A single piece is not copied: it lies in what is being read. */
  #start = 0;
  #end = 0;

  /** Takes `data[start, end)` up; what must be delivered before it can be, else null. Then `release` follows. */
  add(data: Buffer, start: number, end: number): Buffer | null {
    const length = end - start;
    const waiting = this.#end - this.#start;
    if (waiting !== 0) {
      if (waiting + length > scratchSize) {
        const before = data.subarray(this.#start, this.#end);
        this.#start = start;
        this.#end = end;
        return before;
      }
      this.#copy(data, this.#start, this.#end);
      this.#start = this.#end = 0;
    }
    if (this.#gathered === 0) {
      this.#start = start;
      this.#end = end;
      return null;
    }
    if (this.#gathered + length <= scratchSize) {
      this.#copy(data, start, end);
      return null;
    }
    this.#start = start;
    this.#end = end;
    return this.#takeScratch();
  }

  /** What is left of the pieces of `data`; null when nothing is. Then `release` follows. */
  take(data: Buffer): Buffer | null {
    if (this.#end !== this.#start) {
      const piece = this.#start === 0 && this.#end === data.length ? data : data.subarray(this.#start, this.#end);
      this.#start = this.#end = 0;
      return piece;
    }
    return this.#gathered === 0 ? null : this.#takeScratch();
  }

  /** What was returned has been delivered. */
  release(): void {
    if (this.#scratch === null || this.#gathered !== 0) return;
    if (this.#scratch === shared) sharedIsFree = true;
    this.#scratch = null;
  }

  #takeScratch(): Buffer {
    const bytes = (this.#scratch ?? shared).subarray(0, this.#gathered);
    this.#gathered = 0;
    return bytes;
  }

  #copy(data: Buffer, start: number, end: number): void {
    let scratch = this.#scratch;
    if (scratch === null) {
      scratch = sharedIsFree ? shared : Buffer.allocUnsafe(scratchSize);
      sharedIsFree = false;
      this.#scratch = scratch;
    }
    data.copy(scratch, this.#gathered, start, end);
    this.#gathered += end - start;
  }
}
