// Owns a connection over a Node socket: gathered output, write watermarks, counted read-disable, close with or without
// flushing. Used for both sides of the proxy; it knows nothing of what the bytes mean.

import type { Socket } from 'node:net';
import type { Address } from '../base/address.ts';
import { contain } from '../base/assert.ts';
import type { Timers } from '../base/timers.ts';
import { atTurnEnd, beginEvent, endLoneEvent, type TurnEnd } from '../base/turn.ts';
import type { DetectedCloseType, TlsConnectionInfo } from '../observability/stream-info.ts';
import {
  CloseType,
  type ConnectionCallbacks,
  ConnectionEvent,
  type ConnectionReader,
  type TransportConnection,
} from './api.ts';
import { CloseWatch } from './close-watch.ts';
import { OutputBuffer, releasePages } from './output-buffer.ts';
import type { Page } from './read-buffer.ts';
import { ReadMemory } from './read-memory.ts';
import { describeError } from './socket-errors.ts';
import { captureReads, pauseReads, type ReadTarget, redirectReads } from './socket-reads.ts';
import { unsentBytes, writeParts, writeText } from './socket-writes.ts';

const noBytes = Buffer.alloc(0);
/**
 * A turn that gathers more than this writes at once: one fast reader cannot pile up a turn's worth, and bulk bytes are in
 * the kernel before their page is read into again.
 */
const flushThreshold = 32 * 1024;

let nextConnectionId = 1;

export interface ConnectionOptions {
  readonly localAddress: Address;
  readonly remoteAddress: Address;
  readonly timers: Timers;
  /** Milliseconds to wait for the peer's FIN in CloseType.FlushAndDelay; 0: close at once after the flush. */
  readonly delayedCloseTimeoutMs: number;
  /** False: the peer's FIN ends the connection (HTTP). True: only its direction (L4 proxying). */
  readonly halfClose: boolean;
}

export class SocketConnection implements TransportConnection, TurnEnd, ReadTarget {
  readonly id: number;
  localAddress: Address;
  remoteAddress: Address;
  nextProtocol = '';
  tls: TlsConnectionInfo | null = null;
  transportFailureReason = '';
  detectedCloseType: DetectedCloseType = 'Normal';
  localCloseReason = '';
  bytesRead = 0;
  bytesWritten = 0;
  /** The peer did not take its last bytes, or did not close, within the delayed-close timeout. */
  delayedCloseTimedOut = false;
  delayedCloseTimeoutMs: number;
  halfClose: boolean;

  #socket: Socket | null = null;
  #reader: ConnectionReader | null = null;
  readonly #callbacks: ConnectionCallbacks[] = [];
  readonly #timers: Timers;
  readonly #output = new OutputBuffer();
  #flushScheduled = false;
  #connected = false;
  /** 0 open, 1 closing (flushing or waiting for the peer), 2 closed. */
  #state: 0 | 1 | 2 = 0;
  #bufferLimit = 0;
  #aboveHighWatermark = false;
  #readDisableCount = 0;
  #endSeen = false;
  #flushPatienceMs = 1000;
  #writeEnded = false;
  /** The kernel has all, with the FIN behind it. */
  #writeFinished = false;
  #closeWatch: CloseWatch | null = null;
  /** A close that waits for the socket. */
  #closeLater: CloseType | null = null;
  /** Bytes handed to the socket that the kernel has not taken, and the writes they belong to, in order. */
  #pending = 0;
  readonly #pendingWrites: { readonly size: number; readonly pages: readonly Page[] | null }[] = [];
  /** Size of the write in progress; 0 once it has called back. */
  #handing = 0;
  readonly #onWritten = (error?: Error | null): void => this.#written(error);

  readonly #memory = new ReadMemory();
  #unread: Buffer = noBytes;
  /** Was read before the reader came, which has not asked for it yet. */
  #early: Buffer = noBytes;

  constructor(options: ConnectionOptions) {
    this.id = nextConnectionId++;
    this.localAddress = options.localAddress;
    this.remoteAddress = options.remoteAddress;
    this.#timers = options.timers;
    this.delayedCloseTimeoutMs = options.delayedCloseTimeoutMs;
    this.halfClose = options.halfClose;
  }

  get closed(): boolean {
    return this.#state !== 0;
  }

  // --- attaching the socket ------------------------------------------------------------------------------------------

  /** Options for the socket's constructor: reads go into `read-buffer.ts` memory without a stream in between. */
  onreadOptions(): { buffer: () => Buffer; callback: (bytes: number, buffer: Uint8Array) => boolean } {
    return {
      // Null keeps the buffer, which Node's types do not know but its source does.
      buffer: () => this.#memory.takeNext() as Buffer,
      callback: (bytes, buffer) => {
        this.#onRead(bytes, buffer as Buffer);
        return true;
      },
    };
  }

  /** `viaOnread`: the socket was made with `onreadOptions`; else its data events are used. */
  attach(socket: Socket, viaOnread: boolean, connected: boolean): void {
    this.#connected = connected;
    this.#listen(socket);
    if (viaOnread) redirectReads(socket, this);
    else socket.on('data', (data: Buffer) => this.#onData(data));
  }

  /** A socket that another was put around speaks for itself no more. */
  #listen(socket: Socket): void {
    this.#socket = socket;
    socket.on('end', () => this.#socket === socket && this.#onEnd());
    socket.on('error', (error: NodeJS.ErrnoException) => this.#socket === socket && this.#onError(error));
    socket.on('close', () => this.#socket === socket && this.#finish(ConnectionEvent.RemoteClose));
  }

  /** Bytes that were read from the socket and belong to the one that will be put around it. */
  unread(bytes: Buffer): void {
    pauseReads(this.#socket as Socket);
    this.#unread = bytes;
  }

  /** Bytes that were read before the present reader came. */
  deliver(bytes: Buffer): void {
    if (this.#state !== 0) return;
    if (this.#readDisableCount === 0) this.#tell(bytes, false);
    // As if it were still in the kernel: who does not want to be told yet (tcp_proxy while it connects) would lose it.
    else this.#early = Buffer.from(bytes);
  }

  wrapSocket(wrap: (socket: Socket) => Socket): void {
    const inner = this.#socket;
    if (inner === null || this.#state !== 0) return;
    this.#connected = false;
    inner.removeAllListeners('data');
    // What was taken off the socket for a look belongs to whoever reads it now.
    this.bytesRead = 0;
    if (this.#unread.length > 0) inner.unshift(this.#unread);
    this.#unread = noBytes;
    const socket = wrap(inner);
    this.#listen(socket);
    if (!captureReads(socket, this, this.#memory)) socket.on('data', (data: Buffer) => this.#onData(data));
  }

  writeAhead(bytes: Buffer): void {
    this.#socket?.write(bytes);
  }

  failTransport(reason: string): void {
    this.transportFailureReason ||= reason;
    this.#finish(ConnectionEvent.RemoteClose);
  }

  /** The transport is ready for bytes. */
  markConnected(tls: TlsConnectionInfo | null = null, nextProtocol = ''): void {
    if (this.#connected || this.#state === 2) return;
    this.#connected = true;
    this.tls = tls;
    this.nextProtocol = nextProtocol;
    // Behind an `end` that waits for the connection nothing may be written: it goes out now.
    if (this.#state === 1 || this.#writeEnded) this.flush();
    else if (this.#output.length !== 0) this.#schedule();
    if (this.#state === 0) this.#emit(ConnectionEvent.Connected);
    this.closeIfDue();
  }

  /** The transport is ready: what was written and closed before it was there goes now. */
  closeIfDue(): void {
    const type = this.#closeLater;
    if (type === null) return;
    this.#closeLater = null;
    this.close(type);
  }

  setReader(reader: ConnectionReader): void {
    this.#reader = reader;
  }

  addCallbacks(callbacks: ConnectionCallbacks): void {
    this.#callbacks.push(callbacks);
  }

  removeCallbacks(callbacks: ConnectionCallbacks): void {
    const index = this.#callbacks.indexOf(callbacks);
    if (index >= 0) this.#callbacks.splice(index, 1);
  }

  setDelayedCloseTimeout(milliseconds: number): void {
    this.delayedCloseTimeoutMs = milliseconds;
  }

  enableHalfClose(): void {
    this.halfClose = true;
  }

  setFlushPatience(milliseconds: number): void {
    this.#flushPatienceMs = milliseconds;
  }

  setBufferLimit(bytes: number): void {
    this.#bufferLimit = bytes;
  }

  // --- reading -------------------------------------------------------------------------------------------------------

  onBytes(bytes: number): Buffer | null {
    this.#onRead(bytes, this.#memory.current);
    return this.#memory.takeNext();
  }

  #onRead(bytes: number, buffer: Buffer): void {
    this.bytesRead += bytes;
    if (this.#state !== 0) return;
    const memory = this.#memory;
    memory.beforeDelivery(buffer, bytes);
    this.#tell(memory.view(buffer, bytes), false);
    memory.afterDelivery(buffer, bytes);
  }

  /** Bytes in memory that nobody else will write to; copied where they are kept, since they are not ours to recycle. */
  #onData(data: Buffer): void {
    this.bytesRead += data.length;
    if (this.#state === 0) this.#tell(data, false);
  }

  /** What goes wrong with one connection's bytes ends that connection, not the process. */
  #tell(data: Buffer, endStream: boolean): void {
    const alone = beginEvent();
    try {
      this.#reader?.onData(data, endStream);
    } catch (error) {
      this.#fail(error);
    }
    if (alone) endLoneEvent();
  }

  #fail(error: unknown): void {
    contain('a connection', error);
    this.close(CloseType.NoFlush);
  }

  #onEnd(): void {
    if (this.#endSeen) return;
    this.#endSeen = true;
    if (this.#state === 1) {
      this.#finish(ConnectionEvent.LocalClose);
      return;
    }
    if (this.#state === 2) return;
    this.#tell(noBytes, true);
    // As Envoy: what the peer would not read any more is not written.
    if (this.#state === 0 && (!this.halfClose || this.#writeFinished)) this.#finish(ConnectionEvent.RemoteClose);
  }

  #onError(error: NodeJS.ErrnoException): void {
    if (this.#state === 2) return;
    if (this.transportFailureReason === '') this.transportFailureReason = describeError(error, this.#connected);
    if (error.code === 'ECONNRESET') this.detectedCloseType = 'RemoteReset';
    this.#finish(ConnectionEvent.RemoteClose);
  }

  readDisable(disable: boolean): void {
    this.#readDisableCount += disable ? 1 : -1;
    if (this.#socket === null) return;
    // While closing, what comes is read and thrown away: the peer's FIN must be seen.
    if (disable && this.#readDisableCount === 1 && this.#state === 0) pauseReads(this.#socket);
    else if (!disable && this.#readDisableCount === 0 && this.#state !== 2) this.#resume();
  }

  #resume(): void {
    if (this.#early.length > 0) {
      const early = this.#early;
      this.#early = noBytes;
      this.deliver(early);
      if (this.#readDisableCount > 0 || this.#socket === null || this.#socket.destroyed) return;
    }
    this.#socket?.resume();
  }

  /** Somebody disabled reading, perhaps before there was a socket. */
  get readDisabled(): boolean {
    return this.#readDisableCount > 0;
  }

  // --- writing -------------------------------------------------------------------------------------------------------

  writeLatin1(text: string): void {
    if (this.#state !== 0) return;
    this.#output.writeLatin1(text);
    if (!this.#flushScheduled) this.#schedule();
    else if (this.#output.length > flushThreshold) this.flush();
  }

  writeBuffer(data: Buffer): void {
    if (this.#state !== 0) return;
    this.#output.writeBuffer(data);
    if (!this.#flushScheduled) this.#schedule();
    else if (this.#output.length > flushThreshold) this.flush();
  }

  #schedule(): void {
    if (!this.#connected) return;
    this.#flushScheduled = true;
    atTurnEnd(this);
  }

  onTurnEnd(): void {
    try {
      this.flush();
    } catch (error) {
      this.#fail(error);
    }
  }

  flush(): void {
    this.#flushScheduled = false;
    const socket = this.#socket;
    const size = this.#output.length;
    if (size === 0 || socket === null || this.#state === 2 || !this.#connected) return;
    this.bytesWritten += size;
    const text = this.#output.takeText();
    // Below what a Writable does: it queues, ticks and counts for itself, which we do already (1.5 of 18 µs a request).
    // Both call back within the call when the kernel took everything, the rule while the peer reads: `#written` then sees
    // `#handing`.
    this.#handing = size;
    let pages: readonly Page[] | null = null;
    if (text !== null) writeText(socket, text, this.#onWritten);
    else {
      const batch = this.#output.takeBatch();
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
    if (!this.#aboveHighWatermark && this.#bufferLimit !== 0 && this.#pending > this.#bufferLimit) {
      this.#aboveHighWatermark = true;
      for (const callbacks of this.#callbacks.slice()) callbacks.onAboveWriteBufferHighWatermark();
    }
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
    if (error !== null && error !== undefined) {
      this.#onError(error);
      return;
    }
    if (!this.#aboveHighWatermark || this.#pending > this.#bufferLimit >> 1) return;
    this.#aboveHighWatermark = false;
    if (this.#state !== 0) return;
    try {
      for (const callbacks of this.#callbacks.slice()) callbacks.onBelowWriteBufferLowWatermark();
    } catch (error) {
      this.#fail(error);
    }
  }

  endWrite(): void {
    if (this.#writeEnded || this.#state !== 0) return;
    this.#writeEnded = true;
    this.flush();
    this.#socket?.end(this.#onWriteFinished);
  }

  /** Of two ends the later one names who closed, as in Envoy. */
  readonly #onWriteFinished = (): void => {
    this.#writeFinished = true;
    if (this.#endSeen && this.#state === 0) this.#finish(ConnectionEvent.LocalClose);
  };

  // --- closing -------------------------------------------------------------------------------------------------------

  close(type: CloseType, details = ''): void {
    if (details !== '' && this.terminationDetails === '') this.terminationDetails = details;
    if (!this.closed) this.localCloseReason = details.replaceAll(' ', '_');
    if (this.#state === 2 || (this.#state === 1 && (type === CloseType.Flush || type === CloseType.FlushAndDelay)))
      return;
    const socket = this.#socket;
    if (socket === null && type !== CloseType.NoFlush && type !== CloseType.Abort && this.#output.length > 0) {
      // There is something to say, and soon a socket to say it on.
      this.#closeLater = type;
      return;
    }
    if (socket === null || type === CloseType.NoFlush) {
      this.#finish(ConnectionEvent.LocalClose);
      return;
    }
    if (type === CloseType.Abort) {
      this.detectedCloseType = 'LocalReset';
      // A Unix socket has no RST, and Node throws when asked for one.
      if (this.remoteAddress.kind === 'ip') socket.resetAndDestroy();
      this.#finish(ConnectionEvent.LocalClose);
      return;
    }
    this.flush();
    // The flush may have found the connection dead.
    if (this.closed) return;
    this.#state = 1;
    if (this.halfClose && type === CloseType.Flush && this.#pending === 0 && this.tls === null && this.#connected) {
      // The kernel has everything, and closing sends the FIN. TLS has its own farewell to write.
      this.#finish(ConnectionEvent.LocalClose);
      return;
    }
    if (this.#readDisableCount > 0) socket.resume();
    if (type === CloseType.FlushAndDelay && this.delayedCloseTimeoutMs > 0 && !this.#endSeen) {
      // FIN now; the peer gets the time to read our answer and to close before an unread byte of its makes a RST.
      socket.end();
      this.#watchClose(this.delayedCloseTimeoutMs);
      return;
    }
    socket.end(() => this.#finish(ConnectionEvent.LocalClose));
    if (this.#pending !== 0 || !this.#connected)
      this.#watchClose(Math.max(this.#flushPatienceMs, this.delayedCloseTimeoutMs));
  }

  #watchClose(delayMs: number): void {
    this.#closeWatch = new CloseWatch(
      this.#timers,
      delayMs,
      () => this.#unsent,
      () => {
        this.delayedCloseTimedOut = true;
        this.#finish(ConnectionEvent.LocalClose);
      },
    );
  }

  /** libuv counts bytes as they go; our own count sees only whole writes. */
  get #unsent(): number {
    return unsentBytes(this.#socket) ?? this.#pending;
  }

  /** For %CONNECTION_TERMINATION_DETAILS% and logs. */
  terminationDetails = '';

  #finish(event: ConnectionEvent): void {
    if (this.#state === 2) return;
    const local = this.#state === 1;
    this.#state = 2;
    this.#closeWatch?.cancel();
    this.#output.clear();
    const socket = this.#socket;
    if (socket !== null && !socket.destroyed) socket.destroy();
    this.#memory.release();
    // Destroyed: the kernel takes no more of these.
    this.#pendingWrites.length = 0;
    this.#emit(local ? ConnectionEvent.LocalClose : event);
  }

  #emit(event: ConnectionEvent): void {
    for (const callbacks of this.#callbacks.slice()) {
      try {
        callbacks.onConnectionEvent(event);
      } catch (error) {
        this.#fail(error);
      }
    }
  }
}
