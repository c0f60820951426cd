// Owns the chunked transfer coding on its way in (RFC 9112 section 7.1), up to the trailer section. Strict: a bare LF,
// a sign, whitespace before the size or data longer than announced are errors, since parsers that forgive them differ.
import type { CodecError } from '../api.ts';
import { hexValue, valueOctet } from './characters.ts';
import { H1Error } from './errors.ts';

const CR = 13;
const LF = 10;

export const ChunkEvent = {
  NeedMore: 0,
  /** Body bytes at `dataStart`..`dataEnd` of what was read. */
  Data: 1,
  /** The last chunk is over; the trailer section follows. */
  Trailers: 2,
  Error: 3,
} as const;
export type ChunkEvent = (typeof ChunkEvent)[keyof typeof ChunkEvent];

const State = { SizeStart: 0, Size: 1, Blank: 2, Extension: 3, SizeLf: 4, Data: 5, DataCr: 6, DataLf: 7 } as const;
type State = (typeof State)[keyof typeof State];

/** Octets of extensions (and padding) that one chunk may have: they cost work and carry nothing we keep. */
const maxExtension = 16 * 1024;

export class ChunkedDecoder {
  event: ChunkEvent = ChunkEvent.NeedMore;
  dataStart = 0;
  dataEnd = 0;
  error: CodecError = H1Error.chunkSize;

  #state: State = State.SizeStart;
  #size = 0;
  #extension = 0;

  /** Before each body. */
  begin(): void {
    this.#state = State.SizeStart;
    this.#size = 0;
  }

  /** Reads `bytes[pos, end)` up to the next event; returns where to go on. */
  read(bytes: Uint8Array, pos: number, end: number): number {
    let at = pos;
    while (at < end) {
      const c = bytes[at] as number;
      switch (this.#state) {
        case State.SizeStart: {
          const digit = hexValue[c] as number;
          if (digit === 255) return this.#fail(H1Error.chunkSize, end);
          this.#size = digit;
          this.#extension = 0;
          this.#state = State.Size;
          at++;
          break;
        }
        case State.Size: {
          const digit = hexValue[c] as number;
          if (digit !== 255) {
            this.#size = this.#size * 16 + digit;
            // Leading zeros count as extension: a size has no other bound on its length.
            if (this.#size > Number.MAX_SAFE_INTEGER || ++this.#extension > maxExtension) {
              return this.#fail(H1Error.chunkSize, end);
            }
            at++;
            break;
          }
          if (c === CR) this.#state = State.SizeLf;
          else if (c === 0x3b) this.#state = State.Extension;
          else if (c === 0x20 || c === 0x09) this.#state = State.Blank;
          else return this.#fail(H1Error.chunkSize, end);
          at++;
          break;
        }
        case State.Blank:
          if (c === CR) this.#state = State.SizeLf;
          else if (c === 0x3b) this.#state = State.Extension;
          else if ((c !== 0x20 && c !== 0x09) || ++this.#extension > maxExtension) {
            return this.#fail(H1Error.chunkExtension, end);
          }
          at++;
          break;
        case State.Extension:
          if (c === CR) this.#state = State.SizeLf;
          else if (valueOctet[c] === 0 || ++this.#extension > maxExtension) {
            return this.#fail(H1Error.chunkExtension, end);
          }
          at++;
          break;
        case State.SizeLf:
          if (c !== LF) return this.#fail(H1Error.chunkSize, end);
          at++;
          if (this.#size === 0) {
            this.event = ChunkEvent.Trailers;
            return at;
          }
          this.#state = State.Data;
          break;
        case State.Data: {
          const taken = Math.min(this.#size, end - at);
          this.dataStart = at;
          this.dataEnd = at + taken;
          this.#size -= taken;
          if (this.#size === 0) this.#state = State.DataCr;
          this.event = ChunkEvent.Data;
          return at + taken;
        }
        case State.DataCr:
          if (c !== CR) return this.#fail(H1Error.chunkEnd, end);
          this.#state = State.DataLf;
          at++;
          break;
        case State.DataLf:
          if (c !== LF) return this.#fail(H1Error.chunkEnd, end);
          this.#state = State.SizeStart;
          at++;
          break;
      }
    }
    this.event = ChunkEvent.NeedMore;
    return at;
  }

  #fail(error: CodecError, end: number): number {
    this.event = ChunkEvent.Error;
    this.error = error;
    return end;
  }
}
