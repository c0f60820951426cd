// Owns base64 bodies: requests come in pieces of any length, responses leave frame by frame.

const alphabet = /^[A-Za-z0-9+/]*={0,2}$/;

/** Decodes groups of four characters; what is left waits for more. */
export class Base64Decoder {
  #rest = '';

  /** Undefined: no base64, padding in the middle included. Empty: nothing is complete yet. */
  decode(data: Buffer): Buffer | undefined {
    const text = this.#rest + data.toString('latin1');
    const whole = text.length - (text.length % 4);
    this.#rest = text.slice(whole);
    const ready = text.slice(0, whole);
    if (!alphabet.test(ready)) return undefined;
    const decoded = Buffer.from(ready, 'base64');
    // The bits that padding leaves over must be 0.
    if (ready.endsWith('=') && !decoded.toString('base64').endsWith(ready.slice(-4))) return undefined;
    return decoded;
  }

  /** The body ended inside a group. */
  get incomplete(): boolean {
    return this.#rest !== '';
  }
}

const none = Buffer.alloc(0);
const headLength = 5;

/**
 * Each gRPC frame becomes a base64 text of its own, with its padding. The text leaves as bytes come, three by three: a long
 * frame is never kept whole.
 */
export class FrameEncoder {
  #headLeft = headLength;
  #bodyLeft = 0;
  /** Of the frame so far, what is no group of three yet. */
  #rest: Buffer = none;

  encode(data: Buffer): Buffer {
    let text = '';
    for (let at = 0; at < data.length; ) {
      const end = Math.min(data.length, at + (this.#headLeft > 0 ? this.#headLeft : this.#bodyLeft));
      const piece =
        this.#rest.length === 0 ? data.subarray(at, end) : Buffer.concat([this.#rest, data.subarray(at, end)]);
      const frameEnds = this.#advance(data, at, end);
      const whole = frameEnds ? piece.length : piece.length - (piece.length % 3);
      text += piece.toString('base64', 0, whole);
      this.#rest = whole === piece.length ? none : Buffer.from(piece.subarray(whole));
      at = end;
    }
    return Buffer.from(text, 'latin1');
  }

  /** True when the frame ends with these bytes. */
  #advance(data: Buffer, start: number, end: number): boolean {
    if (this.#headLeft === 0) {
      this.#bodyLeft -= end - start;
    } else {
      for (let at = start; at < end; at++, this.#headLeft--) {
        // The flag comes before the four bytes of the length.
        this.#bodyLeft = this.#headLeft === headLength ? 0 : this.#bodyLeft * 256 + (data[at] as number);
      }
      if (this.#headLeft > 0) return false;
    }
    if (this.#bodyLeft > 0) return false;
    this.#headLeft = headLength;
    return true;
  }
}
