// Owns the head of a gzip member (RFC 1952 section 2.3), read byte by byte as it comes.
import { crc32 } from 'node:zlib';

const headCrcFlag = 2;
const extraFlag = 4;
const nameFlag = 8;
const commentFlag = 16;
const reservedFlags = 0xe0;
/** Magic number, method, flags, time, extra flags, system. */
const fixedLength = 10;

export class GzipHead {
  done = false;
  #flags = 0;
  #position = 0;
  /** Of the extra field; -1 before its length is known. */
  #extraLeft = -1;
  #extraLength = 0;
  #part: 'fixed' | 'extra' | 'name' | 'comment' | 'crc' = 'fixed';
  #crc = 0;
  #read = 0;

  /** How many bytes of `data` belong to the head; undefined where it is none. */
  read(data: Buffer): number | undefined {
    let at = 0;
    while (!this.done && at < data.length) {
      const byte = data[at] as number;
      if (!this.#take(byte)) return undefined;
      at++;
    }
    return at;
  }

  #take(byte: number): boolean {
    if (this.#part === 'crc') return this.#takeCrc(byte);
    this.#crc = crc32(Buffer.of(byte), this.#crc);
    switch (this.#part) {
      case 'fixed':
        return this.#takeFixed(byte);
      case 'extra':
        this.#takeExtra(byte);
        return true;
      default:
        // Name and comment end with a zero.
        if (byte === 0) this.#next();
        return true;
    }
  }

  #takeFixed(byte: number): boolean {
    const at = this.#position++;
    if (at === 0) return byte === 0x1f;
    if (at === 1) return byte === 0x8b;
    if (at === 2) return byte === 8;
    if (at === 3) {
      this.#flags = byte;
      return (byte & reservedFlags) === 0;
    }
    if (this.#position === fixedLength) this.#next();
    return true;
  }

  #takeExtra(byte: number): void {
    if (this.#extraLeft < 0) {
      this.#extraLength += byte * (this.#read === 0 ? 1 : 256);
      if (++this.#read < 2) return;
      this.#extraLeft = this.#extraLength;
    } else this.#extraLeft--;
    if (this.#extraLeft === 0) this.#next();
  }

  #takeCrc(byte: number): boolean {
    const expected = this.#position++ === 0 ? this.#crc & 0xff : (this.#crc >> 8) & 0xff;
    if (this.#position === 2) this.done = true;
    return byte === expected;
  }

  /** On to the next part that the flags announce. */
  #next(): void {
    const parts = ['fixed', 'extra', 'name', 'comment', 'crc'] as const;
    const flags = [0, extraFlag, nameFlag, commentFlag, headCrcFlag];
    for (let i = parts.indexOf(this.#part) + 1; i < parts.length; i++) {
      if ((this.#flags & (flags[i] as number)) === 0) continue;
      this.#part = parts[i] as (typeof parts)[number];
      this.#position = 0;
      return;
    }
    this.done = true;
  }
}
