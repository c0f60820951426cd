// Owns one stream of an HTTP/2 connection, alike at both ends: its two directions, its send window and what waits for it, the
// peer's bytes that nobody has taken yet.
import { type KeptBytes, keep } from '../../../network/read-buffer.ts';
import type { HeaderMap } from '../../headers/header-map.ts';
import { BytesMeter, ResetReason, type Stream, type StreamCallbacks } from '../api.ts';
import type { DataWriter } from './data-writer.ts';
import { H2ErrorCode } from './frames.ts';
import type { MessageHead } from './message-head.ts';
import type { ReceiveWindow } from './receive-window.ts';
import type { Http2CodecStats } from './settings.ts';

/** In words. */
export const bodyMissing = 'there is no body, but a length';
const wrongLength = 'the body is not as long as content-length says';

/** What a stream asks of its connection. */
export interface StreamOwner {
  /** Octets of output that one stream may hold back before its feeder is told. */
  readonly streamBufferLimit: number;
  readonly writer: DataWriter;
  readonly stats: Pick<Http2CodecStats, 'pendingSendBytes'>;
  writeTrailers(stream: Http2Stream, trailers: HeaderMap): void;
  writeReset(stream: Http2Stream, code: H2ErrorCode): void;
  /** The receiver has taken bytes: the peer may send more. */
  consumed(stream: Http2Stream, octets: number): void;
  /** Both directions have ended, or it was reset. */
  /** `reset`: why it ended before its time; null: it did not. */
  remove(stream: Http2Stream, reset: ResetReason | null): void;
}

export abstract class Http2Stream implements Stream {
  callbacks: StreamCallbacks | null = null;
  readonly bytesMeter = new BytesMeter();
  readonly id: number;
  sendWindow: number;
  readonly receiveWindow: ReceiveWindow;
  /** The peer's message has begun: DATA may come. */
  abstract readonly headCame: boolean;
  /** Its END_STREAM has come. */
  inputEnded = false;
  /** Ours has been handed to the connection. */
  outputEnded = false;
  closed = false;
  /** Stands in the connection's queue. */
  waiting = false;
  /** Of the body that is to come; -1: not known. */
  expectedLength = -1;
  receivedLength = 0;

  protected readonly owner: StreamOwner;
  /** Output that waits. */
  #pending: KeptBytes[] = nothingPending;
  #pendingBytes = 0;
  #endPending = false;
  /** They wait. Encoded when they are written, so that blocks go out in the order of the table. */
  #trailers: HeaderMap | null = null;
  #aboveHighWatermark = false;
  /** The rest of the peer's message is not wanted. */
  #endsWithOutput = false;
  #readDisabled = 0;
  /** Octets that came while reading was disabled: the peer does not get them back yet. */
  #unconsumed = 0;

  constructor(owner: StreamOwner, id: number, sendWindow: number, receiveWindow: ReceiveWindow) {
    this.owner = owner;
    this.id = id;
    this.sendWindow = sendWindow;
    this.receiveWindow = receiveWindow;
  }

  /** It is a request whose whole answer has gone out: that the rest of it is not wanted is no fault. */
  protected get answered(): boolean {
    return false;
  }

  // --- in ----------------------------------------------------------------------------------------------------------------

  abstract onData(data: Buffer, endStream: boolean): void;

  /** `octets`: of the frames of a header block. */
  countBlock(octets: number): void {
    this.bytesMeter.wireBytesReceived += octets;
    this.bytesMeter.headerBytesReceived += octets;
  }

  /** `octets`: of the frame, padding included. */
  countReceived(octets: number): void {
    if (octets === 0) return;
    if (this.#readDisabled > 0) {
      this.#unconsumed += octets;
      // What others have consumed may now be all that is left of the connection's window, and be due to be told.
      this.owner.consumed(this, 0);
    } else {
      this.owner.consumed(this, octets);
    }
  }

  readDisable(disable: boolean): void {
    this.#readDisabled += disable ? 1 : -1;
    if (this.#readDisabled > 0 || this.#unconsumed === 0 || this.closed) return;
    const octets = this.#unconsumed;
    this.#unconsumed = 0;
    this.owner.consumed(this, octets);
  }

  /** What the connection's window has lost to it, when it goes. */
  takeUnconsumed(): number {
    const octets = this.#unconsumed;
    this.#unconsumed = 0;
    return octets;
  }

  /** Whether the body is as long as content-length says, as far as it has come. */
  bodyFits(end: boolean): boolean {
    const { expectedLength, receivedLength } = this;
    return expectedLength < 0 || (end ? receivedLength === expectedLength : receivedLength <= expectedLength);
  }

  /** Why the block in `head`, which came behind the message's own, is no trailers of it; null: it is. */
  trailersFault({ malformed }: MessageHead, endStream: boolean): string | null {
    if (!endStream) return 'trailers do not end the stream';
    return malformed ?? (this.bodyFits(true) ? null : wrongLength);
  }

  endInput(): void {
    this.inputEnded = true;
    this.#closeIfDone();
  }

  // --- out ---------------------------------------------------------------------------------------------------------------

  encodeData(data: Buffer, endStream: boolean): void {
    // An empty frame that ends nothing says nothing, and peers count them.
    if (this.closed || this.outputEnded || (data.length === 0 && !endStream)) return;
    if (endStream) this.outputEnded = true;
    const written = this.hasPending ? 0 : this.owner.writer.write(this, data, endStream);
    // The write has found the connection gone.
    if (this.closed) return;
    if (written < data.length) {
      if (this.#pending.length === 0) this.#pending = [];
      this.#pending.push(keep(written === 0 ? data : data.subarray(written)));
      this.#addPending(data.length - written);
    } else if (written > 0 || !this.hasPending) {
      if (endStream) this.#closeIfDone();
      return;
    }
    this.#endPending ||= endStream;
    this.owner.writer.wait(this);
    this.#checkHighWatermark();
  }

  encodeTrailers(trailers: HeaderMap): void {
    // As Envoy, trailers that filters have emptied are none: a client might take the frame for malformed.
    if (trailers.size === 0) {
      this.encodeData(noBytes, true);
      return;
    }
    if (this.closed || this.outputEnded) return;
    this.outputEnded = true;
    if (!this.hasPending) {
      this.owner.writeTrailers(this, trailers);
      this.#closeIfDone();
      return;
    }
    this.#trailers = trailers;
  }

  protected endOutput(): void {
    this.outputEnded = true;
    this.#closeIfDone();
  }

  #addPending(octets: number): void {
    this.#pendingBytes += octets;
    this.owner.stats.pendingSendBytes.add(octets);
  }

  get hasPending(): boolean {
    return this.#pending.length > 0 || this.#endPending || this.#trailers !== null;
  }

  /** Only an end of stream waits, which takes no window. */
  get canWrite(): boolean {
    return this.sendWindow > 0 || this.#pendingBytes === 0;
  }

  /** Writes one frame of what waits, so that nobody behind it waits for more. */
  writePending(): void {
    const first = this.#pending[0];
    if (first === undefined) {
      this.#writeEnd();
      return;
    }
    const last = this.#pending.length === 1 && this.#endPending;
    const { data, page } = first;
    const written = this.owner.writer.writeFrame(this, data, last, page);
    // The write has found the connection gone, and what waited was let go of.
    if (this.closed) return;
    if (written === data.length) {
      this.#pending.shift();
      page?.release();
    } else if (written > 0) {
      this.#pending[0] = { data: data.subarray(written), page };
    }
    this.#addPending(-written);
    if (this.#pending.length === 0) {
      if (last) this.#endPending = false;
      if (this.#trailers !== null) this.#writeEnd();
    }
    if (this.#aboveHighWatermark && this.#pendingBytes * 2 < this.owner.streamBufferLimit && !this.#connectionFull) {
      this.#aboveHighWatermark = false;
      this.callbacks?.onBelowWriteBufferLowWatermark();
    }
    if (!this.hasPending) this.#closeIfDone();
  }

  #writeEnd(): void {
    if (this.#trailers !== null) {
      this.owner.writeTrailers(this, this.#trailers);
      this.#trailers = null;
    } else if (this.#endPending) {
      this.#endPending = false;
      this.owner.writer.write(this, noBytes, true);
    }
  }

  // --- watermarks --------------------------------------------------------------------------------------------------------

  #connectionFull = false;

  /** The connection's own output is above its limit, or no longer. */
  setConnectionFull(full: boolean): void {
    if (full === this.#connectionFull) return;
    this.#connectionFull = full;
    if (full) this.#raise();
    else if (this.#aboveHighWatermark && this.#pendingBytes * 2 < this.owner.streamBufferLimit) {
      this.#aboveHighWatermark = false;
      this.callbacks?.onBelowWriteBufferLowWatermark();
    }
  }

  #checkHighWatermark(): void {
    const limit = this.owner.streamBufferLimit;
    if (limit > 0 && this.#pendingBytes > limit) this.#raise();
  }

  #raise(): void {
    if (this.#aboveHighWatermark) return;
    this.#aboveHighWatermark = true;
    this.callbacks?.onAboveWriteBufferHighWatermark();
  }

  // --- end ---------------------------------------------------------------------------------------------------------------

  /**
   * The rest of the peer's message is not wanted (RFC 9113 section 8.1): the stream ends as soon as all of ours is written,
   * which needs the peer's window. False: it is.
   */
  endWithOutput(): boolean {
    if (this.closed || !this.hasPending) return false;
    this.#endsWithOutput = true;
    return true;
  }

  #closeIfDone(): void {
    if (this.closed || !this.outputEnded || this.hasPending) return;
    if (this.#endsWithOutput && !this.inputEnded) {
      this.owner.writeReset(this, H2ErrorCode.NoError);
      this.inputEnded = true;
    }
    if (!this.inputEnded) return;
    this.closed = true;
    this.owner.writer.forget(this);
    this.owner.remove(this, null);
  }

  resetStream(reason: ResetReason): void {
    if (this.closed) return;
    this.owner.writeReset(this, codeOf(reason, this.answered && !this.hasPending));
    this.onReset(reason, '');
  }

  /** No frame is written any more. */
  onReset(reason: ResetReason, details: string): void {
    if (this.closed) return;
    this.closed = true;
    for (const { page } of this.#pending) page?.release();
    this.#pending = nothingPending;
    this.#addPending(-this.#pendingBytes);
    this.#endPending = false;
    this.#trailers = null;
    this.owner.writer.forget(this);
    this.owner.remove(this, reason);
    this.callbacks?.onResetStream(reason, details);
  }
}

const noBytes = Buffer.alloc(0);
/** Of most streams: never filled. */
const nothingPending: KeptBytes[] = [];

function codeOf(reason: ResetReason, answered: boolean): H2ErrorCode {
  switch (reason) {
    case ResetReason.LocalRefusedStreamReset:
      return H2ErrorCode.RefusedStream;
    case ResetReason.ConnectError:
      return H2ErrorCode.ConnectError;
    case ResetReason.ProtocolError:
      return H2ErrorCode.ProtocolError;
    default:
      return answered ? H2ErrorCode.NoError : H2ErrorCode.InternalError;
  }
}

/** What the peer's code means. */
export function reasonOf(code: number): ResetReason {
  if (code === H2ErrorCode.RefusedStream) return ResetReason.RemoteRefusedStreamReset;
  if (code === H2ErrorCode.ProtocolError) return ResetReason.ProtocolError;
  return code === H2ErrorCode.ConnectError ? ResetReason.ConnectError : ResetReason.RemoteReset;
}

/** Response-code details of it; empty: none, a reset without an error is none. */
export function detailsOf(code: number): string {
  if (code === H2ErrorCode.NoError) return '';
  return code === H2ErrorCode.RefusedStream ? 'http2.remote_refuse' : 'http2.remote_reset';
}
