// Owns a header block until it is whole: HEADERS and the CONTINUATION frames behind it, bounded in number and octets
// (CVE-2024-27316).
import { calm } from './connection-errors.ts';
import { type ConnectionError, FrameType, frameHeaderSize, minMaxFrameSize } from './frames.ts';

/** CONTINUATION frames of one block: an honest peer needs few. */
const maxContinuations = 8;

export class BlockGatherer {
  /** Whose block is being gathered; 0: nobody's. */
  streamId = 0;
  /** Of its HEADERS frame. */
  flags = 0;
  /** Of the frames of the last block, with their headers. */
  octets = 0;
  readonly #limit: number;
  #parts: Buffer[] = [];
  #bytes = 0;
  #continuations = 0;

  /** `maxHeadersBytes`: of names and values; what encodes more than that and a frame is not gathered. */
  constructor(maxHeadersBytes: number) {
    this.#limit = maxHeadersBytes + minMaxFrameSize;
  }

  count(type: number, length: number): void {
    if (type === FrameType.Headers) this.octets = 0;
    this.octets += frameHeaderSize + length;
  }

  /** Borrowed. */
  begin(streamId: number, part: Buffer): void {
    this.streamId = streamId;
    this.#parts = [Buffer.from(part)];
    this.#bytes = part.length;
    this.#continuations = 0;
  }

  /** Borrowed. */
  add(part: Buffer): ConnectionError | null {
    this.#bytes += part.length;
    if (++this.#continuations > maxContinuations || this.#bytes > this.#limit)
      return calm('a header block has too many frames');
    this.#parts.push(Buffer.from(part));
    return null;
  }

  take(): Buffer {
    const block = Buffer.concat(this.#parts);
    this.streamId = 0;
    this.#parts = [];
    return block;
  }
}
