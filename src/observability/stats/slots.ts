// Owns the memory of counters and gauges: pages of 64-bit slots in SharedArrayBuffers (DESIGN 3.6).
//
// One event loop writes a page, others may read it: every worker has slots of its own for the same names and the main
// thread adds them up when asked, so no message passes and no atomic operation is needed for a request. Slots are
// doubles: exact up to 2^53; a counter of bytes at 10 GB/s passes that after ten days and loses single bytes from then on.

/** 8 KB: a small configuration has a thousand counters and gauges. */
const SLOTS_PER_PAGE = 1024;

export interface Slot {
  readonly page: Float64Array;
  readonly index: number;
}

export class SlotPages {
  readonly #pages: Float64Array[] = [];
  readonly #free: Slot[] = [];
  #next = SLOTS_PER_PAGE;

  /** A slot of value 0. */
  allocate(): Slot {
    const reused = this.#free.pop();
    if (reused !== undefined) {
      reused.page[reused.index] = 0;
      return reused;
    }
    if (this.#next === SLOTS_PER_PAGE) {
      this.#pages.push(new Float64Array(new SharedArrayBuffer(SLOTS_PER_PAGE * Float64Array.BYTES_PER_ELEMENT)));
      this.#next = 0;
    }
    return { page: this.#pages.at(-1) as Float64Array, index: this.#next++ };
  }

  /** Nobody may write to it any more. */
  release(slot: Slot): void {
    this.#free.push(slot);
  }
}

/** Where objects of removed statistics write to: a filter that outlives its cluster must not touch a slot that was given away. */
export const LOST_AND_FOUND: Slot = { page: new Float64Array(1), index: 0 };
