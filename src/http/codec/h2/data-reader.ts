// Owns DATA on its way in (RFC 9113 section 6.1): whose it is, whether the windows and the length that was announced allow it,
// and what goes back to the windows.
import { closedError, flowError, toldError } from './connection-errors.ts';
import type { FloodGuard } from './flood-guard.ts';
import { type ConnectionError, FrameFlag, frameHeaderSize, H2ErrorCode } from './frames.ts';
import { ruleBroken } from './message-head.ts';
import type { ReceiveWindows } from './receive-window.ts';
import type { RecentResets } from './recent-resets.ts';
import type { Http2Stream } from './stream.ts';

/** What it asks of its connection. */
export interface DataOwner {
  readonly streams: ReadonlyMap<number, Http2Stream>;
  readonly receiveWindows: ReceiveWindows;
  readonly resets: RecentResets;
  isIdle(streamId: number): boolean;
  writeRst(streamId: number, code: H2ErrorCode): void;
  /** The peer's message has ended behind the end of its stream. */
  onLateEnd?(streamId: number): void;
  resetWith(stream: Http2Stream, code: H2ErrorCode, details: string): void;
  malformed(stream: Http2Stream, message: string, details: string): ConnectionError | null;
}

export class DataReader {
  readonly #owner: DataOwner;
  readonly #guard: FloodGuard;
  /** Of the frame being read; null: nobody takes its payload. */
  #stream: Http2Stream | null = null;
  #endStream = false;
  /** Padding included. */
  #length = 0;

  constructor(owner: DataOwner, guard: FloodGuard) {
    this.#owner = owner;
    this.#guard = guard;
  }

  /** In front of the payload. */
  begin(flags: number, streamId: number, length: number): ConnectionError | null {
    const { receiveWindows, streams, resets } = this.#owner;
    if (!receiveWindows.receive(length)) return flowError('DATA beyond the window of the connection');
    const stream = streams.get(streamId) ?? null;
    this.#stream = stream;
    this.#length = length;
    this.#endStream = (flags & FrameFlag.EndStream) !== 0;
    const flood = this.#guard.onFrame(length === 0 && !this.#endStream);
    if (flood !== null) return flood;
    if (stream === null) {
      if (this.#owner.isIdle(streamId)) return toldError('DATA: stream in idle');
      receiveWindows.giveBack(length);
      if (this.#endStream) this.#owner.onLateEnd?.(streamId);
      // Both ends had ended it, or we have reset it and the peer did not know: of this one we have kept no memory.
      if (!resets.has(streamId)) this.#owner.writeRst(streamId, H2ErrorCode.StreamClosed);
      return null;
    }
    stream.bytesMeter.wireBytesReceived += frameHeaderSize + length;
    if (stream.inputEnded) return closedError('DATA: stream in half-closed(remote)');
    if (!stream.receiveWindow.receive(length)) {
      this.#stream = null;
      receiveWindows.giveBack(length);
      this.#owner.resetWith(stream, H2ErrorCode.FlowControlError, 'DATA beyond the window of the stream');
    }
    return null;
  }

  /** Borrowed, in pieces, without padding. */
  read(data: Buffer, endOfFrame: boolean): ConnectionError | null {
    const stream = this.#stream;
    if (stream === null) return null;
    const end = endOfFrame && this.#endStream;
    const error = stream.closed ? null : this.#deliver(stream, data, end);
    if (!endOfFrame) return error;
    // It may have ended anywhere within the frame: the connection's window loses nothing to it.
    if (stream.closed) this.#owner.receiveWindows.giveBack(this.#length);
    else stream.countReceived(this.#length);
    if (end && !stream.closed) stream.endInput();
    return error;
  }

  #deliver(stream: Http2Stream, data: Buffer, end: boolean): ConnectionError | null {
    if (!stream.headCame) return this.#owner.malformed(stream, 'DATA in front of the head', ruleBroken);
    stream.receivedLength += data.length;
    if (stream.bodyFits(end)) {
      if (data.length > 0 || end) stream.onData(data, end);
    } else {
      // As in Envoy, whatever is said of other malformed messages: this one stream ends.
      this.#owner.resetWith(stream, H2ErrorCode.ProtocolError, 'http2.remote_reset');
    }
    return null;
  }
}
