// Owns who writes DATA next: within the windows of peer and stream, while the connection takes output, one frame of each stream
// in turn, so that none waits for another's long body.
import { type Page, writeKept } from '../../../network/read-buffer.ts';
import type { CodecConnection } from '../api.ts';
import type { FloodGuard } from './flood-guard.ts';
import {
  FrameFlag,
  FrameType,
  frameHeader,
  frameHeaderSize,
  largestWindow,
  minMaxFrameSize,
  protocolWindow,
} from './frames.ts';
import type { OutboundGuard } from './outbound-guard.ts';
import type { Http2Stream } from './stream.ts';

export class DataWriter {
  /** Of the connection. */
  window = protocolWindow;
  /** The connection's own output is above its limit. */
  full = false;
  readonly #connection: CodecConnection;
  readonly #guard: FloodGuard;
  readonly #outbound: OutboundGuard;
  /** With output that waits, the next to write first. */
  #waiting: Http2Stream[] = [];
  /** Of these, closed meanwhile. */
  #closedWaiting = 0;

  constructor(connection: CodecConnection, guard: FloodGuard, outbound: OutboundGuard) {
    this.#connection = connection;
    this.#guard = guard;
    this.#outbound = outbound;
  }

  /** What may go of borrowed `data`; returns how many octets those were. `end`: behind all of it the stream ends. */
  write(stream: Http2Stream, data: Buffer, end: boolean): number {
    let written = this.writeFrame(stream, data, end);
    while (written < data.length) {
      const size = this.writeFrame(stream, data.subarray(written), end);
      if (size === 0) return written;
      written += size;
    }
    return written;
  }

  /** The same, one frame at most. `page`: where kept bytes lie. */
  writeFrame(stream: Http2Stream, data: Buffer, end: boolean, page: Page | null = null): number {
    const { length } = data;
    // Windows may be negative; what has no octets needs none of them.
    const size = length === 0 ? 0 : Math.min(length, stream.sendWindow, this.window, minMaxFrameSize);
    if (length > 0 && (size <= 0 || this.full)) return 0;
    const last = end && size === length;
    this.#connection.writeLatin1(frameHeader(size, FrameType.Data, last ? FrameFlag.EndStream : 0, stream.id));
    if (size > 0) {
      const part = size === length ? data : data.subarray(0, size);
      if (page === null) this.#connection.writeBuffer(part);
      else writeKept(this.#connection, part, page);
    }
    this.#guard.dataFramesSent++;
    this.#outbound.onFrame();
    stream.bytesMeter.wireBytesSent += frameHeaderSize + size;
    stream.sendWindow -= size;
    this.window -= size;
    return size;
  }

  /** The peer takes more. False: its window would be larger than windows may be. */
  widen(octets: number): boolean {
    this.window += octets;
    if (this.window > largestWindow) return false;
    this.resume();
    return true;
  }

  /** The same, of one stream. */
  widenStream(stream: Http2Stream, octets: number): boolean {
    stream.sendWindow += octets;
    if (stream.sendWindow > largestWindow) return false;
    if (stream.hasPending) this.wait(stream);
    this.resume();
    return true;
  }

  wait(stream: Http2Stream): void {
    if (stream.waiting) return;
    stream.waiting = true;
    this.#waiting.push(stream);
  }

  /** Streams in the queue, those among them too that have closed meanwhile. */
  get queued(): number {
    return this.#waiting.length;
  }

  /**
   * A stream that waits has closed. A peer that keeps its connection's window shut may open and reset streams for as long as it
   * likes: the queue is not to hold all of them.
   */
  forget(stream: Http2Stream): void {
    if (!stream.waiting || ++this.#closedWaiting * 2 <= this.#waiting.length) return;
    this.#waiting = this.#waiting.filter(({ closed }) => !closed);
    this.#closedWaiting = 0;
  }

  resume(): void {
    while (!this.full && this.window > 0) {
      const stream = this.#waiting.shift();
      if (stream === undefined) return;
      stream.waiting = false;
      if (stream.closed) this.#closedWaiting--;
      if (stream.closed || !stream.hasPending || !stream.canWrite) continue;
      stream.writePending();
      if (!stream.closed && stream.hasPending && stream.canWrite) this.wait(stream);
    }
  }
}
