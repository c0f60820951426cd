// Owns the cut of a connection's bytes into frames (RFC 9113 section 4.1). DATA is handed on as it comes, without its padding;
// all other payloads are whole. What is kept meanwhile is no more than one payload of the size that we allow.
import { toldError } from './connection-errors.ts';
import { type ConnectionError, FrameFlag, FrameType, frameHeaderSize, H2ErrorCode } from './frames.ts';

/** Every call may say that the connection must end; then no other follows. */
export interface FrameHandler {
  /** In front of the payload: `length` counts padding too. */
  onFrame(type: number, flags: number, streamId: number, length: number): ConnectionError | null;
  /** Borrowed; perhaps empty. `endOfFrame`: the last of this frame. */
  onDataPayload(data: Buffer, endOfFrame: boolean): ConnectionError | null;
  /** Borrowed, whole, without padding. */
  onPayload(payload: Buffer): ConnectionError | null;
}

const noBytes = Buffer.alloc(0);
const tooLarge: ConnectionError = { code: H2ErrorCode.FrameSizeError, message: 'too large frame size' };
const badPadding = toldError('DATA: invalid padding');
const badHeadPadding = toldError('HEADERS: invalid padding');
const noPadding: ConnectionError = {
  code: H2ErrorCode.FrameSizeError,
  message: 'the frame has no room for its padding',
};

export class FrameReader {
  readonly #handler: FrameHandler;
  /** Octets of a payload that are allowed. */
  readonly #maxFrameSize: number;
  readonly #head = Buffer.alloc(frameHeaderSize);
  #headLength = 0;
  #type = 0;
  #flags = 0;
  /** Octets of the payload that have not come. */
  #left = 0;
  /** Of DATA: the length of the padding has not come. */
  #awaitsPadLength = false;
  /** Of DATA: octets at the end. */
  #padding = 0;
  /** Of other frames: what has come of the payload. */
  #partial: Buffer | null = null;
  #partialLength = 0;

  constructor(handler: FrameHandler, maxFrameSize: number) {
    this.#handler = handler;
    this.#maxFrameSize = maxFrameSize;
  }

  /** Within a frame, or its header. */
  get midFrame(): boolean {
    return this.#headLength > 0;
  }

  read(data: Buffer): ConnectionError | null {
    let at = 0;
    const end = data.length;
    // A frame without payload is complete with its header, when nothing may be left to read.
    while (at < end) {
      if (this.#headLength < frameHeaderSize) {
        let error: ConnectionError | null;
        if (this.#headLength === 0 && end - at >= frameHeaderSize) {
          this.#headLength = frameHeaderSize;
          error = this.#begin(data, at);
          at += frameHeaderSize;
        } else {
          at = this.#readHead(data, at);
          if (this.#headLength < frameHeaderSize) return null;
          error = this.#begin(this.#head, 0);
        }
        if (error !== null) return error;
        if (this.#left > 0) continue;
        const last = this.#endEmpty();
        if (last !== null) return last;
        continue;
      }
      const size = Math.min(this.#left, end - at);
      this.#left -= size;
      const error =
        this.#type === FrameType.Data ? this.#readData(data, at, at + size) : this.#readPayload(data, at, at + size);
      if (error !== null) return error;
      at += size;
    }
    return null;
  }

  #readHead(data: Buffer, at: number): number {
    const take = Math.min(frameHeaderSize - this.#headLength, data.length - at);
    for (let i = 0; i < take; i++) this.#head[this.#headLength + i] = data[at + i] as number;
    this.#headLength += take;
    return at + take;
  }

  #begin(head: Buffer, at: number): ConnectionError | null {
    const length = ((head[at] as number) << 16) | ((head[at + 1] as number) << 8) | (head[at + 2] as number);
    this.#type = head[at + 3] as number;
    this.#flags = head[at + 4] as number;
    const streamId =
      (((head[at + 5] as number) & 0x7f) << 24) |
      ((head[at + 6] as number) << 16) |
      ((head[at + 7] as number) << 8) |
      (head[at + 8] as number);
    if (length > this.#maxFrameSize) return tooLarge;
    this.#left = length;
    this.#padding = 0;
    this.#awaitsPadLength = this.#type === FrameType.Data && (this.#flags & FrameFlag.Padded) !== 0;
    return this.#handler.onFrame(this.#type, this.#flags, streamId, length);
  }

  #endEmpty(): ConnectionError | null {
    this.#headLength = 0;
    if (this.#awaitsPadLength) return noPadding;
    return this.#type === FrameType.Data ? this.#handler.onDataPayload(noBytes, true) : this.#whole(noBytes);
  }

  #readData(data: Buffer, start: number, end: number): ConnectionError | null {
    let from = start;
    if (this.#awaitsPadLength) {
      this.#awaitsPadLength = false;
      this.#padding = data[from++] as number;
      if (this.#padding > this.#left + end - from) return badPadding;
    }
    // Padding stands behind everything: what is left of the frame reaches into it or does not.
    const to = Math.max(from, end - Math.max(0, this.#padding - this.#left));
    const over = this.#left === 0;
    if (over) this.#headLength = 0;
    if (to === from && !over) return null;
    return this.#handler.onDataPayload(data.subarray(from, to), over);
  }

  #readPayload(data: Buffer, start: number, end: number): ConnectionError | null {
    if (this.#partial === null) {
      if (this.#left === 0) {
        this.#headLength = 0;
        return this.#whole(data.subarray(start, end));
      }
      this.#partial = Buffer.allocUnsafe(end - start + this.#left);
      this.#partialLength = 0;
    }
    const partial = this.#partial;
    data.copy(partial, this.#partialLength, start, end);
    this.#partialLength += end - start;
    if (this.#left > 0) return null;
    this.#partial = null;
    this.#headLength = 0;
    return this.#whole(partial);
  }

  /** Takes the padding off HEADERS and PUSH_PROMISE. */
  #whole(payload: Buffer): ConnectionError | null {
    if ((this.#flags & FrameFlag.Padded) === 0) return this.#handler.onPayload(payload);
    if (this.#type !== FrameType.Headers && this.#type !== FrameType.PushPromise)
      return this.#handler.onPayload(payload);
    if (payload.length === 0) return noPadding;
    const padding = payload[0] as number;
    if (padding >= payload.length) return badHeadPadding;
    return this.#handler.onPayload(payload.subarray(1, payload.length - padding));
  }
}
