// Owns the reading of one gzip member, as Envoy does it: what stands behind it is passed over, also a second member; a wrong
// checksum is told and takes nothing back. Node's own gunzip throws away what it has read when such bytes follow.
import type { TransformCallback } from 'node:stream';
import { crc32, InflateRaw, type ZlibOptions } from 'node:zlib';
import { GzipHead } from './gzip-head.ts';

const trailerLength = 8;

export class GzipMember extends InflateRaw {
  readonly #onWrongChecksum: () => void;
  readonly #head = new GzipHead();
  readonly #trailer = Buffer.alloc(trailerLength);
  #trailerRead = 0;
  /** The compressed data is over. */
  #over = false;
  #crc = 0;
  #length = 0;

  constructor(options: ZlibOptions, onWrongChecksum: () => void) {
    super(options);
    this.#onWrongChecksum = onWrongChecksum;
  }

  override push(chunk: Buffer | null): boolean {
    if (chunk !== null) {
      this.#crc = crc32(chunk, this.#crc);
      this.#length = (this.#length + chunk.length) >>> 0;
    }
    return super.push(chunk);
  }

  override _transform(chunk: Buffer, encoding: BufferEncoding, callback: TransformCallback): void {
    const headBytes = this.#head.done ? 0 : this.#head.read(chunk);
    if (headBytes === undefined) callback(new Error('no gzip'));
    else if (!this.#head.done) callback();
    else if (this.#over) {
      this.#readTrailer(chunk.subarray(headBytes));
      callback();
    } else this.#inflate(headBytes === 0 ? chunk : chunk.subarray(headBytes), encoding, callback);
  }

  #inflate(data: Buffer, encoding: BufferEncoding, callback: TransformCallback): void {
    const before = this.bytesWritten;
    super._transform(data, encoding, (error) => {
      const read = this.bytesWritten - before;
      if (!error && !this.destroyed && read < data.length) {
        this.#over = true;
        this.#readTrailer(data.subarray(read));
      }
      callback(error);
    });
  }

  #readTrailer(data: Buffer): void {
    if (this.#trailerRead === trailerLength) return;
    this.#trailerRead += data.copy(this.#trailer, this.#trailerRead);
    if (this.#trailerRead < trailerLength) return;
    const isRight = this.#trailer.readUInt32LE(0) === this.#crc && this.#trailer.readUInt32LE(4) === this.#length;
    if (!isRight) this.#onWrongChecksum();
  }
}
