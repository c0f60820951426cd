// Owns a connection over a Node socket: what it reads, counted read-disable, transport sockets, close with or without
// flushing; its output stands beside it. Used for both sides of the proxy; it knows nothing of what the bytes mean.

import type { Socket } from 'node:net';
import type { Address } from '../base/address.ts';
import { contain } from '../base/assert.ts';
import type { Timers } from '../base/timers.ts';
import { beginEvent, endLoneEvent } from '../base/turn.ts';
import type { DetectedCloseType, TlsConnectionInfo } from '../observability/stream-info.ts';
import {
  CloseType,
  type ConnectionCallbacks,
  ConnectionEvent,
  type ConnectionReader,
  type TransportConnection,
} from './api.ts';
import { CallbackList } from './callback-list.ts';
import { CloseWatch } from './close-watch.ts';
import { ReadMemory } from './read-memory.ts';
import { describeError } from './socket-errors.ts';
import { type OutputOwner, SocketOutput } from './socket-output.ts';
import { captureReads, pauseReads, type ReadTarget, redirectReads, resumeReads } from './socket-reads.ts';

const noBytes = Buffer.alloc(0);

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

export class SocketConnection implements TransportConnection, OutputOwner, ReadTarget {
  readonly id: number;
  localAddress: Address;
  remoteAddress: Address;
  nextProtocol = '';
  tls: TlsConnectionInfo | null = null;
  transportFailureReason = '';
  detectedCloseType: DetectedCloseType = 'Normal';
  localCloseReason = '';
  terminationDetails = '';
  bytesRead = 0;
  /** The peer did not take its last bytes, or did not close, within the delayed-close timeout. */
  delayedCloseTimedOut = false;
  delayedCloseTimeoutMs: number;
  halfClose: boolean;

  #socket: Socket | null = null;
  /** The one below, where `#socket` was put around another. */
  #carrier: Socket | null = null;
  #reader: ConnectionReader | null = null;
  readonly #callbacks = new CallbackList();
  readonly #timers: Timers;
  readonly outgoing = new SocketOutput(this, this.#callbacks);
  #connected = false;
  /** 0 open, 1 closing (flushing or waiting for the peer), 2 closed. */
  #state: 0 | 1 | 2 = 0;
  #readDisableCount = 0;
  #endSeen = false;
  #flushPatienceMs = 1000;
  #writeEnded = false;
  /** The kernel has all, with the FIN behind it. */
  #writeFinished = false;
  #closeWatch: CloseWatch | null = null;
  /** A close that waits for the socket. */
  #closeLater: CloseType | null = null;
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
    if (connected) this.outgoing.start(socket, null);
    if (viaOnread) redirectReads(socket, this);
    else socket.on('data', (data: Buffer) => this.#onData(data));
  }

  /** A socket that another was put around speaks for itself no more. */
  #listen(socket: Socket): void {
    this.#socket = socket;
    socket.on('end', () => this.#socket === socket && this.#onEnd());
    socket.on('error', (error: NodeJS.ErrnoException) => this.#socket === socket && this.onError(error));
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
    this.outgoing.suspend();
    inner.removeAllListeners('data');
    // What was taken off the socket for a look belongs to whoever reads it now.
    this.bytesRead = 0;
    if (this.#unread.length > 0) inner.unshift(this.#unread);
    this.#unread = noBytes;
    const socket = wrap(inner);
    this.#carrier = inner;
    this.#listen(socket);
    if (!captureReads(socket, this, this.#memory)) socket.on('data', (data: Buffer) => this.#onData(data));
  }

  writeAhead(bytes: Buffer): void {
    this.#socket?.write(bytes);
    this.outgoing.bytesWritten += bytes.length;
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
    if (this.#socket !== null) this.outgoing.start(this.#socket, this.#carrier);
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
    this.#callbacks.add(callbacks);
  }

  removeCallbacks(callbacks: ConnectionCallbacks): void {
    this.#callbacks.remove(callbacks);
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
    this.outgoing.setBufferLimit(bytes);
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
      this.onFault(error);
    }
    if (alone) endLoneEvent();
  }

  onFault(error: unknown): void {
    contain('a connection', error);
    this.close(CloseType.NoFlush);
  }

  #onEnd(): void {
    if (this.#endSeen) return;
    this.#endSeen = true;
    this.outgoing.onInputEnd();
    if (this.#state === 1) {
      this.#finish(ConnectionEvent.LocalClose);
      return;
    }
    if (this.#state === 2) return;
    this.#tell(noBytes, true);
    // As Envoy: what the peer would not read any more is not written.
    if (this.#state === 0 && (!this.halfClose || this.#writeFinished)) this.#finish(ConnectionEvent.RemoteClose);
  }

  onError(error: NodeJS.ErrnoException): void {
    if (this.#state === 2) return;
    if (this.transportFailureReason === '') this.transportFailureReason = describeError(error, this.#connected);
    if (error.code === 'ECONNRESET') this.detectedCloseType = 'RemoteReset';
    this.#finish(ConnectionEvent.RemoteClose);
  }

  readDisable(disable: boolean): void {
    this.#readDisableCount += disable ? 1 : -1;
    if (this.#socket === null) return;
    // While closing, what comes is read and thrown away: the peer's FIN must be seen.
    if (disable && this.#readDisableCount === 1 && this.#state === 0) {
      pauseReads(this.#socket);
      this.outgoing.tellFailures();
    } else if (!disable && this.#readDisableCount === 0 && this.#state !== 2) this.#resume();
  }

  #resume(): void {
    if (this.#early.length > 0) {
      const early = this.#early;
      this.#early = noBytes;
      this.deliver(early);
      if (this.#readDisableCount > 0 || this.#socket === null || this.#socket.destroyed) return;
    }
    if (this.#socket !== null) resumeReads(this.#socket);
  }

  /** Somebody disabled reading, perhaps before there was a socket. */
  get readDisabled(): boolean {
    return this.#readDisableCount > 0;
  }

  // --- writing -------------------------------------------------------------------------------------------------------

  get bytesWritten(): number {
    return this.outgoing.bytesWritten;
  }

  writeLatin1(text: string): void {
    if (this.#state === 0) this.outgoing.writeLatin1(text);
  }

  writeBuffer(data: Buffer): void {
    if (this.#state === 0) this.outgoing.writeBuffer(data);
  }

  flush(): void {
    this.outgoing.flush();
  }

  endWrite(): void {
    if (this.#writeEnded || this.#state !== 0) return;
    this.#writeEnded = true;
    if (this.#socket !== null) this.outgoing.end(this.#socket, this.#onWriteFinished);
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
    if (socket === null && type !== CloseType.NoFlush && type !== CloseType.Abort && this.outgoing.gathered > 0) {
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
      this.outgoing.stop();
      // A Unix socket has no RST, nor has a TLS socket of its own: Node throws when asked for one.
      if (this.remoteAddress.kind === 'ip') (this.#carrier ?? socket).resetAndDestroy();
      this.#finish(ConnectionEvent.LocalClose);
      return;
    }
    this.flush();
    // The flush may have found the connection dead.
    if (this.closed) return;
    this.#state = 1;
    this.outgoing.forgetWatermarks();
    const pending = this.outgoing.pending;
    if (this.halfClose && type === CloseType.Flush && pending === 0 && this.tls === null && this.#connected) {
      // The kernel has everything, and closing sends the FIN. TLS has its own farewell to write.
      this.#finish(ConnectionEvent.LocalClose);
      return;
    }
    if (this.#readDisableCount > 0) resumeReads(socket);
    if (type === CloseType.FlushAndDelay && this.delayedCloseTimeoutMs > 0 && !this.#endSeen) {
      // FIN now; the peer gets the time to read our answer and to close before an unread byte of its makes a RST.
      this.outgoing.end(socket);
      this.#watchClose(this.delayedCloseTimeoutMs);
      return;
    }
    this.outgoing.end(socket, () => this.#finish(ConnectionEvent.LocalClose));
    if (pending !== 0 || !this.#connected)
      this.#watchClose(Math.max(this.#flushPatienceMs, this.delayedCloseTimeoutMs));
  }

  #watchClose(delayMs: number): void {
    this.#closeWatch = new CloseWatch(
      this.#timers,
      delayMs,
      () => this.outgoing.unsent,
      () => {
        this.delayedCloseTimedOut = true;
        this.#finish(ConnectionEvent.LocalClose);
      },
    );
  }

  #finish(event: ConnectionEvent): void {
    if (this.#state === 2) return;
    const local = this.#state === 1;
    this.#state = 2;
    this.#closeWatch?.cancel();
    this.outgoing.stop();
    const socket = this.#socket;
    // One whose carrier was reset goes with it: destroyed in the same turn, with a write under way, Node 26 crashes.
    if (socket !== null && !socket.destroyed && this.#carrier?.destroyed !== true) socket.destroy();
    this.#memory.release();
    this.#emit(local ? ConnectionEvent.LocalClose : event);
  }

  #emit(event: ConnectionEvent): void {
    this.#callbacks.tell(event, (error) => this.onFault(error));
  }
}
