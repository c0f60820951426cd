// Owns the count of gRPC messages in a body: each has five bytes before it, a flag and its length.

export class FrameCounter {
  count = 0;
  /** Bytes of the five that are still to come; the next byte begins a message when all are. */
  #headLeft = 5;
  #length = 0;
  #bodyLeft = 0;

  /** Returns how many messages began in `data`. */
  inspect(data: Buffer): number {
    const before = this.count;
    for (let at = 0; at < data.length; ) {
      if (this.#bodyLeft > 0) {
        const skipped = Math.min(this.#bodyLeft, data.length - at);
        this.#bodyLeft -= skipped;
        at += skipped;
        continue;
      }
      const byte = data[at++] as number;
      if (this.#headLeft === 5) {
        this.count++;
        this.#length = 0;
      } else {
        this.#length = this.#length * 256 + byte;
      }
      if (--this.#headLeft === 0) {
        this.#headLeft = 5;
        this.#bodyLeft = this.#length;
      }
    }
    return this.count - before;
  }
}
