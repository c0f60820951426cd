// Owns earliest-deadline-first scheduling: hosts are picked in proportion to their weights, evenly spread. Each entry has
// a deadline of `last deadline + 1 / weight`; the earliest is picked and put back. A binary heap on flat arrays: a pick
// is O(log n) and allocates nothing.
// https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/load_balancers

export class EdfScheduler {
  /** Heap of entry numbers. */
  readonly #heap: Int32Array;
  readonly #deadline: Float64Array;
  /** Order of insertion, so that equal deadlines are served first come, first served. */
  readonly #order: Float64Array;
  #nextOrder = 0;
  #now = 0;

  /** `weights` above 0; the entry number is the index. */
  constructor(weights: ArrayLike<number>) {
    const count = weights.length;
    this.#heap = new Int32Array(count);
    this.#deadline = new Float64Array(count);
    this.#order = new Float64Array(count);
    for (let entry = 0; entry < count; entry++) {
      this.#heap[entry] = entry;
      this.#deadline[entry] = 1 / (weights[entry] ?? 1);
      this.#order[entry] = this.#nextOrder++;
    }
    for (let index = (count >> 1) - 1; index >= 0; index--) this.#siftDown(index);
  }

  /** The entry that is due. It stays first until `reschedule`. At least one entry must be there. */
  peek(): number {
    return this.#heap[0] ?? 0;
  }

  /** Puts the entry that `peek` named back, with its weight of now. */
  reschedule(weight: number): void {
    const entry = this.peek();
    this.#now = this.#deadline[entry] ?? 0;
    this.#deadline[entry] = this.#now + 1 / weight;
    this.#order[entry] = this.#nextOrder++;
    this.#siftDown(0);
  }

  #before(a: number, b: number): boolean {
    const difference = (this.#deadline[a] ?? 0) - (this.#deadline[b] ?? 0);
    return difference !== 0 ? difference < 0 : (this.#order[a] ?? 0) < (this.#order[b] ?? 0);
  }

  #siftDown(start: number): void {
    const heap = this.#heap;
    const count = heap.length;
    const entry = heap[start] ?? 0;
    let index = start;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= count) break;
      if (child + 1 < count && this.#before(heap[child + 1] ?? 0, heap[child] ?? 0)) child++;
      const candidate = heap[child] ?? 0;
      if (!this.#before(candidate, entry)) break;
      heap[index] = candidate;
      index = child;
    }
    heap[index] = entry;
  }
}
