// Owns the count of gRPC messages in a body: each has five bytes before it, a flag and its length. Behind a flag that gRPC
// does not know nothing is counted any more.

export class FrameCounter {
  count = 0;
  /** Bytes of the five that are still to come; the next byte begins a message when all are. */
  #headLeft = 5;
  #length = 0;
  #bodyLeft = 0;
  #lost = false;

  /** Returns how many messages began in `data`. */
  inspect(data: Buffer): number {
    if (this.#lost) return 0;
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
        if (byte > 1) {
          this.#lost = true;
          break;
        }
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
