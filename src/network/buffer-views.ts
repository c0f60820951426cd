// Owns views of the first bytes of one buffer, one for each length modulo the size of the table: what one service sends is
// often as long as what it sent before, and to make a view costs more than all that is done to find this one.

export class BufferViews {
  readonly buffer: Buffer;
  readonly #views: (Buffer | undefined)[] = new Array(64).fill(undefined);

  constructor(buffer: Buffer) {
    this.buffer = buffer;
  }

  /** The first `length` bytes. */
  first(length: number): Buffer {
    const slot = length & 63;
    const present = this.#views[slot];
    if (present !== undefined && present.length === length) return present;
    const made = this.buffer.subarray(0, length);
    this.#views[slot] = made;
    return made;
  }
}
