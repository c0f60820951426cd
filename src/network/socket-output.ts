// Owns a connection's way out: what is gathered until the turn ends, what the socket was handed and the kernel has not
// taken, the watermarks that both are measured by, and the end behind the last byte.
import type { Socket } from 'node:net';
import { atTurnEnd, type TurnEnd } from '../base/turn.ts';
import type { CallbackList } from './callback-list.ts';
import { EncryptedWrites, type EncryptedWriteTarget } from './encrypted-writes.ts';
import { OutputBuffer, releasePages } from './output-buffer.ts';
import type { Page } from './read-buffer.ts';
import { writeError } from './socket-errors.ts';
import { unsentBytes, writeParts, writeText } from './socket-writes.ts';

/**
 * A turn that gathers more than this writes at once: one fast reader cannot pile up a turn's worth, and bulk bytes are in
 * the kernel before their page is read into again.
 */
const flushThreshold = 32 * 1024;

/** libuv's number of ECONNRESET. */
const connectionReset = -104;

export interface OutputOwner {
  /** The peer's FIN ends its direction alone. */
  readonly halfClose: boolean;
  readonly readDisabled: boolean;
  onError(error: Error): void;
  /** Something that is called here threw. */
  onFault(error: unknown): void;
}

export class SocketOutput implements TurnEnd, EncryptedWriteTarget {
  bytesWritten = 0;
  readonly #owner: OutputOwner;
  readonly #callbacks: CallbackList;
  readonly #gathered = new OutputBuffer();
  /** Null: nothing goes out, not yet or not any more. */
  #socket: Socket | null = null;
  #carrier: Socket | null = null;
  /** Null: the socket takes several writes. */
  #encrypted: EncryptedWrites | null = null;
  #flushScheduled = false;
  #bufferLimit = 0;
  #aboveHighWatermark = false;
  /** Bytes handed to the socket that the kernel has not taken, and the writes they belong to, in order. */
  #pending = 0;
  readonly #pendingWrites: { readonly size: number; readonly pages: readonly Page[] | null }[] = [];
  /** Size of the write in progress; 0 once it has called back. */
  #handing = 0;
  readonly #onWritten = (error?: Error | null): void => this.#written(error);
  /** The peer has ended its direction. */
  #inputEnded = false;
  #deathWatched = false;
  /** The socket ends behind what waits for an encrypted write. */
  #endLater: { readonly finished: (() => void) | undefined } | null = null;

  constructor(owner: OutputOwner, callbacks: CallbackList) {
    this.#owner = owner;
    this.#callbacks = callbacks;
  }

  /** Bytes that nobody has been handed. */
  get gathered(): number {
    return this.#gathered.length;
  }

  /** Bytes that the kernel has not taken, those of the present turn aside. */
  get pending(): number {
    const encrypted = this.#encrypted?.pending ?? 0;
    return encrypted === 0 ? this.#pending : encrypted + this.#gathered.length;
  }

  /** The same where libuv tells, byte by byte; `pending` sees only whole writes. */
  get unsent(): number {
    const handed = unsentBytes(this.#socket);
    if (handed === undefined) return this.#pending;
    return this.#encrypted === null ? handed : handed + (unsentBytes(this.#carrier) ?? 0) + this.#gathered.length;
  }

  /** Bytes in all that were handed to this object. */
  get given(): number {
    return this.bytesWritten + this.#gathered.length;
  }

  /** What the kernel has taken of `given`; of TLS, what it has taken as whole records. */
  get taken(): number {
    if (this.#encrypted !== null) return this.bytesWritten - this.#encrypted.pending;
    return this.bytesWritten - (unsentBytes(this.#socket) ?? this.#pending);
  }

  setBufferLimit(bytes: number): void {
    this.#bufferLimit = bytes;
  }

  /** The connection is closing: who would write or read on may not. */
  forgetWatermarks(): void {
    this.#bufferLimit = 0;
    this.#aboveHighWatermark = false;
  }

  /** The socket is ready for bytes. `carrier`: the plain one below, where it encrypts. */
  start(socket: Socket, carrier: Socket | null): void {
    this.#socket = socket;
    this.#carrier = carrier;
    this.#encrypted = EncryptedWrites.of(socket, this);
    if (this.#endLater !== null) this.#endBehind(socket, this.#endLater.finished);
    else if (this.#gathered.length !== 0) this.#schedule();
  }

  /** Another socket is being put around the present one. */
  suspend(): void {
    this.#socket = null;
  }

  /** To be called before the socket is destroyed, which takes no more of what was handed to it. */
  stop(): void {
    this.#socket = null;
    this.forgetWatermarks();
    this.#gathered.clear();
    this.#pendingWrites.length = 0;
    this.#endLater = null;
  }

  writeLatin1(text: string): void {
    this.#gathered.writeLatin1(text);
    if (!this.#flushScheduled) this.#schedule();
    else if (this.#gathered.length > flushThreshold) this.flush();
  }

  writeBuffer(data: Buffer): void {
    this.#gathered.writeBuffer(data);
    if (!this.#flushScheduled) this.#schedule();
    else if (this.#gathered.length > flushThreshold) this.flush();
  }

  #schedule(): void {
    if (this.#socket === null) return;
    this.#flushScheduled = true;
    atTurnEnd(this);
  }

  onTurnEnd(): void {
    try {
      this.flush();
    } catch (error) {
      this.#owner.onFault(error);
    }
  }

  flush(): void {
    this.#flushScheduled = false;
    const socket = this.#socket;
    const size = this.#gathered.length;
    if (size === 0 || socket === null) return;
    if (this.#encrypted !== null) {
      this.#flushEncrypted(this.#encrypted, size);
      return;
    }
    this.bytesWritten += size;
    const text = this.#gathered.takeText();
    // Below what a Writable does: it queues, ticks and counts for itself, which we do already (1.5 of 18 µs a request).
    // Both call back within the call when the kernel took everything, the rule while the peer reads: `#written` then sees
    // `#handing`.
    this.#handing = size;
    let pages: readonly Page[] | null = null;
    if (text !== null) writeText(socket, text, this.#onWritten);
    else {
      const batch = this.#gathered.takeBatch();
      pages = batch.pages;
      writeParts(socket, batch.parts, this.#onWritten);
    }
    if (this.#handing === 0) {
      if (pages !== null) releasePages(pages);
      return;
    }
    this.#handing = 0;
    this.#pendingWrites.push({ size, pages });
    this.#pending += size;
    this.#watchHigh(this.#pending);
  }

  #written(error: Error | null | undefined): void {
    if (this.#handing !== 0) this.#handing = 0;
    else {
      const write = this.#pendingWrites.shift();
      if (write !== undefined) {
        this.#pending -= write.size;
        if (write.pages !== null) releasePages(write.pages);
      }
    }
    if (error !== null && error !== undefined) this.#owner.onError(error);
    else this.#watchLow(this.#pending);
  }

  /** What comes while a write is under way goes out with the next. */
  #flushEncrypted(encrypted: EncryptedWrites, size: number): void {
    const before = encrypted.pending;
    if (before !== 0) {
      encrypted.tellWhenDone();
      this.#watchHigh(before + size);
      if (this.#owner.readDisabled) this.#watchDeath();
      return;
    }
    this.#encrypt(encrypted, size);
    if (this.#inputEnded) this.#watchDeath();
    // A large write is pending until the next turn; that tells something only where the kernel did not take all of it.
    if (this.#bufferLimit === 0 || size <= this.#bufferLimit || unsentBytes(this.#carrier) === 0) return;
    this.#watchHigh(encrypted.pending);
  }

  #encrypt(encrypted: EncryptedWrites, size: number): void {
    this.bytesWritten += size;
    // A write that fails takes the socket's error with it. Who reads sees an end then, if it reads, and if an end ends it.
    encrypted.quiet = !(this.#owner.halfClose || this.#owner.readDisabled);
    const text = this.#gathered.takeText();
    if (text !== null) {
      encrypted.writeText(text);
      return;
    }
    const batch = this.#gathered.takeBatch();
    encrypted.writeParts(batch.parts, size);
    releasePages(batch.pages);
  }

  onEncryptedWritten(error: Error | null): void {
    const socket = this.#socket;
    const encrypted = this.#encrypted;
    if (socket === null || encrypted === null) return;
    if (error !== null) {
      this.#owner.onError(error);
      return;
    }
    try {
      const size = this.#gathered.length;
      if (size !== 0) this.#encrypt(encrypted, size);
      else if (this.#endLater !== null) {
        socket.end(this.#endLater.finished);
        this.#endLater = null;
      }
    } catch (fault) {
      this.#owner.onFault(fault);
      return;
    }
    const pending = encrypted.pending;
    if (pending !== 0 && (this.#aboveHighWatermark || this.#endLater !== null)) encrypted.tellWhenDone();
    this.#watchLow(pending);
  }

  #watchHigh(pending: number): void {
    if (this.#aboveHighWatermark || this.#bufferLimit === 0 || pending <= this.#bufferLimit) return;
    this.#aboveHighWatermark = true;
    this.#encrypted?.tellWhenDone();
    this.#callbacks.aboveHighWatermark();
  }

  #watchLow(pending: number): void {
    if (!this.#aboveHighWatermark || pending > this.#bufferLimit >> 1) return;
    this.#aboveHighWatermark = false;
    try {
      this.#callbacks.belowLowWatermark();
    } catch (error) {
      this.#owner.onFault(error);
    }
  }

  /** Whoever stops reading does not see a failure that way: a write under way shall tell. */
  tellFailures(): void {
    if (this.#encrypted !== null && this.#encrypted.pending !== 0) this.#encrypted.tellWhenDone();
  }

  onInputEnd(): void {
    this.#inputEnded = true;
    this.#watchDeath();
  }

  /**
   * Node writes session tickets and alerts by itself. When the kernel refuses one, because the connection was reset, it tells
   * nobody and does not write on: a write of ours is then never done, with nothing left below it to wait for. A write that
   * only waits for its turn is done within the next.
   */
  #watchDeath(turns = 3): void {
    if (turns === 3 && (this.#deathWatched || this.#encrypted === null)) return;
    const stuck = this.#socket !== null && this.#encrypted?.pending !== 0 && unsentBytes(this.#carrier) === 0;
    this.#deathWatched = stuck && turns > 0;
    if (this.#deathWatched) setImmediate(() => this.#watchDeath(turns - 1));
    else if (stuck) this.#owner.onError(writeError(connectionReset));
  }

  /** FIN, or TLS's farewell, behind the last byte, which may wait for `socket` to be ready. */
  end(socket: Socket, finished?: () => void): void {
    if (this.#socket === null && this.#gathered.length !== 0) this.#endLater = { finished };
    else this.#endBehind(socket, finished);
  }

  #endBehind(socket: Socket, finished: (() => void) | undefined): void {
    this.#endLater = null;
    this.flush();
    if (this.#encrypted === null || this.#encrypted.pending === 0) socket.end(finished);
    else {
      this.#endLater = { finished };
      this.#encrypted.tellWhenDone();
    }
  }
}
