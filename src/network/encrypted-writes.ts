// Owns the writes of one TLS socket, past Node's stream to its handle: one at a time, since a second one before the first
// is done ends the process. Node lets each end in a turn of the loop of its own and calls back, which costs more than to
// look, before the next write, whether the last one is done: so small writes do not call back unless somebody waits.
import type { Socket } from 'node:net';
import { putLatin1 } from '../base/byte-string.ts';
import { BufferViews } from './buffer-views.ts';
import type { OutputPart } from './output-buffer.ts';
import { writeError } from './socket-errors.ts';
import { handleOf, isEncrypted, type StreamHandle, streamBinding, type WriteRequest } from './stream-binding.ts';

/** A larger write calls back: what it holds up must be known. */
const quietLimit = 4 * 1024;

/** OpenSSL takes what it encrypts within the call, so one buffer serves all texts. */
const texts = new BufferViews(Buffer.allocUnsafeSlow(16 * 1024));

/** Learns of a write that called back, or failed at once. */
export interface EncryptedWriteTarget {
  onEncryptedWritten(error: Error | null): void;
}

type WritableHandle = StreamHandle & Required<Pick<StreamHandle, 'writeLatin1String' | 'writeBuffer' | 'writev'>>;

interface OwnedRequest extends WriteRequest {
  writes?: EncryptedWrites;
}

/** What is known of the last request. */
const State = {
  /** It is done, and may serve again. */
  Free: 0,
  InFlight: 1,
  /** It is done, and Node is not done with it. */
  Spent: 2,
} as const;
type State = (typeof State)[keyof typeof State];

export class EncryptedWrites {
  readonly #handle: WritableHandle;
  readonly #target: EncryptedWriteTarget;
  /** Small writes need not call back: whoever reads learns of a connection that has failed. */
  quiet = true;
  #request: OwnedRequest | null = null;
  #state: State = State.Spent;
  #size = 0;

  constructor(handle: WritableHandle, target: EncryptedWriteTarget) {
    this.#handle = handle;
    this.#target = target;
  }

  /** Null: not a TLS socket, or not of a form known here. */
  static of(socket: Socket, target: EncryptedWriteTarget): EncryptedWrites | null {
    const handle = handleOf(socket);
    if (streamBinding === null || handle === null || !isEncrypted(socket)) return null;
    const known =
      handle.writeLatin1String !== undefined &&
      handle.writeBuffer !== undefined &&
      handle.writev !== undefined &&
      typeof streamBinding.WriteWrap.prototype.getAsyncId === 'function';
    return known ? new EncryptedWrites(handle as WritableHandle, target) : null;
  }

  /** Bytes of a write that is not done; 0: the next may start. */
  get pending(): number {
    if (this.#state !== State.InFlight) return 0;
    if (this.#request?.getAsyncId() !== -1) return this.#size;
    this.#state = State.Free;
    return 0;
  }

  /** The write that is not done calls back. */
  tellWhenDone(): void {
    if (this.#request !== null) this.#request.oncomplete = onComplete;
  }

  /** To be called with nothing pending, as `writeParts`. */
  writeText(text: string): void {
    const size = text.length;
    const request = this.#start(size);
    if (size > texts.buffer.length) this.#started(request, this.#handle.writeLatin1String(request, text));
    else {
      putLatin1(texts.buffer, text);
      this.#started(request, this.#handle.writeBuffer(request, texts.first(size)));
    }
  }

  /** `size`: bytes of all parts. They are taken within the call. */
  writeParts(parts: readonly OutputPart[], size: number): void {
    const request = this.#start(size);
    const only = parts.length === 1 ? parts[0] : undefined;
    if (typeof only === 'object') {
      this.#started(request, this.#handle.writeBuffer(request, only));
      return;
    }
    const chunks = new Array<OutputPart>(2 * parts.length);
    parts.forEach((part, index) => {
      chunks[2 * index] = part;
      chunks[2 * index + 1] = 'latin1';
    });
    this.#started(request, this.#handle.writev(request, chunks, false));
  }

  #start(size: number): OwnedRequest {
    let request = this.#request;
    if (request === null || this.#state !== State.Free) {
      request = new (streamBinding as NonNullable<typeof streamBinding>).WriteWrap() as OwnedRequest;
      request.writes = this;
      this.#request = request;
    }
    // A write that fails at once says so within the call.
    request.oncomplete = onComplete;
    this.#state = State.InFlight;
    this.#size = size;
    return request;
  }

  #started(request: OwnedRequest, status: number): void {
    if (status !== 0) this.complete(status);
    else if (this.#state === State.InFlight && this.quiet && this.#size <= quietLimit) request.oncomplete = null;
  }

  complete(status: number): void {
    this.#state = State.Spent;
    this.#target.onEncryptedWritten(status < 0 ? writeError(status) : null);
  }
}

function onComplete(this: OwnedRequest, status: number): void {
  this.writes?.complete(status);
}
