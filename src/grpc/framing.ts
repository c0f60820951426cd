// Owns gRPC's framing: a flag, a length of four bytes, the message; across any borders of chunks.
// https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md (Length-Prefixed-Message)
import { GrpcCode } from './status.ts';

const headerLength = 5;
/** Bytes that half a message is given at first. */
const smallest = 1024;

/** A message as it goes on the wire. */
export function frameMessage(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(headerLength + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, headerLength);
  return framed;
}

export interface MessageSink {
  /** The sink's to keep. False: it wants no more. */
  onFramedMessage(message: Buffer): boolean;
}

/** What ends the call. */
export interface FramingError {
  readonly code: number;
  readonly cause: string;
}

export class MessageReader {
  /** Bytes; 0: no limit, as in Envoy. */
  readonly #maxLength: number;
  /** Length of the message that is being read; -1 within its header. */
  #length = -1;
  readonly #header = Buffer.alloc(headerLength);
  #headerBytes = 0;
  /** What has come of a message whose end is still to come: grows with what comes, whatever length was announced. */
  #partial: Buffer | null = null;
  #partialBytes = 0;

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  /** `data` is borrowed. */
  read(data: Buffer, sink: MessageSink): FramingError | null {
    let at = 0;
    while (at < data.length || this.#length === 0) {
      if (this.#length < 0) {
        at = this.#readHeader(data, at);
        if (this.#headerBytes < headerLength) return null;
        const error = this.#startMessage();
        if (error !== null) return error;
        continue;
      }
      const left = this.#length - this.#partialBytes;
      if (this.#partial === null && data.length - at >= left) {
        const message = Buffer.from(data.subarray(at, at + left));
        at += left;
        this.#length = -1;
        if (!sink.onFramedMessage(message)) return null;
        continue;
      }
      const taken = Math.min(left, data.length - at);
      this.#keep(data, at, taken);
      at += taken;
      if (taken < left) return null;
      if (!sink.onFramedMessage(this.#takePartial())) return null;
    }
    return null;
  }

  #readHeader(data: Buffer, at: number): number {
    const taken = data.copy(this.#header, this.#headerBytes, at, at + headerLength - this.#headerBytes);
    this.#headerBytes += taken;
    return at + taken;
  }

  #startMessage(): FramingError | null {
    const flag = this.#header[0] as number;
    // No grpc-accept-encoding was sent, so that a peer may not compress.
    if (flag !== 0) {
      const what = flag === 1 ? 'a compressed message' : `a message with the unknown flags ${flag}`;
      return { code: GrpcCode.Internal, cause: `the peer sent ${what}` };
    }
    const length = this.#header.readUInt32BE(1);
    if (this.#maxLength > 0 && length > this.#maxLength) {
      const cause = `the peer sent a message of ${length} bytes, where max_receive_message_length is ${this.#maxLength}`;
      return { code: GrpcCode.ResourceExhausted, cause };
    }
    this.#length = length;
    this.#headerBytes = 0;
    return null;
  }

  #keep(data: Buffer, at: number, count: number): void {
    const needed = this.#partialBytes + count;
    let partial = this.#partial;
    if (partial === null || partial.length < needed) {
      const grown = Buffer.allocUnsafeSlow(Math.min(this.#length, Math.max(needed, 2 * (partial?.length ?? smallest))));
      partial?.copy(grown, 0, 0, this.#partialBytes);
      partial = grown;
      this.#partial = grown;
    }
    data.copy(partial, this.#partialBytes, at, at + count);
    this.#partialBytes = needed;
  }

  #takePartial(): Buffer {
    const message = this.#partial as Buffer;
    this.#partial = null;
    this.#partialBytes = 0;
    this.#length = -1;
    return message;
  }
}
