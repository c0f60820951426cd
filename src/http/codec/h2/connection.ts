// Owns one HTTP/2 connection, alike at both ends: frames in their order, windows, settings, the streams, who writes next, and
// what a peer may not do (RFC 9113 sections 5 to 7). Server and client say what a header block begins.
import type { HeaderMap } from '../../headers/header-map.ts';
import type { CodecConnection, CodecError } from '../api.ts';
import { ResetReason } from '../api.ts';
import { BlockGatherer } from './block-gatherer.ts';
import {
  codecError,
  compressionError,
  flowError,
  notContinued,
  protocolError,
  sizeError,
  toldError,
  windowError,
} from './connection-errors.ts';
import { type DataOwner, DataReader } from './data-reader.ts';
import { DataWriter } from './data-writer.ts';
import { encodeTrailers } from './encode-head.ts';
import { FloodGuard } from './flood-guard.ts';
import { connectionGone, FrameOutput, type OutputOwner } from './frame-output.ts';
import { type FrameHandler, FrameReader } from './frame-reader.ts';
import { judgeFrame } from './frame-rules.ts';
import {
  type ConnectionError,
  FrameFlag,
  FrameType,
  goAwayFrame,
  H2ErrorCode,
  headersFrames,
  largestWindow,
  minMaxFrameSize,
  pingFrame,
  protocolTableSize,
  rstStreamFrame,
  settingsAck,
} from './frames.ts';
import { HpackDecoder } from './hpack/decoder.ts';
import { HpackEncoder } from './hpack/encoder.ts';
import { Keepalive, type KeepaliveServices } from './keepalive.ts';
import { MessageHead } from './message-head.ts';
import { ReceiveWindows } from './receive-window.ts';
import { RecentResets } from './recent-resets.ts';
import { type Http2CodecStats, type Http2Settings, PeerSettings } from './settings.ts';
import { detailsOf, type Http2Stream, reasonOf, type StreamOwner } from './stream.ts';

export abstract class Http2Connection implements FrameHandler, StreamOwner, DataOwner, OutputOwner {
  readonly encoder = new HpackEncoder();
  readonly streamBufferLimit: number;
  protected readonly connection: CodecConnection;
  protected readonly settings: Http2Settings;
  readonly stats: Http2CodecStats;
  protected readonly peer = new PeerSettings();
  readonly streams = new Map<number, Http2Stream>();
  protected readonly head: MessageHead;
  protected goAwaySent = false;
  protected goAwayReceived = false;

  readonly #reader: FrameReader;
  readonly #decoder: HpackDecoder;
  readonly #dataReader: DataReader;
  readonly receiveWindows: ReceiveWindows;
  readonly #guard: FloodGuard;
  protected readonly output: FrameOutput;
  readonly #keepalive: Keepalive | null;
  readonly writer: DataWriter;
  protected readonly block: BlockGatherer;
  readonly resets = new RecentResets();
  #failed: CodecError | null = null;
  #settingsCame = false;

  // The frame being read.
  #type = 0;
  #flags = 0;
  #streamId = 0;

  /** `streamBufferLimit`: octets that may wait for one stream's window before its feeder is told. */
  constructor(
    connection: CodecConnection,
    settings: Http2Settings,
    stats: Http2CodecStats,
    streamBufferLimit: number,
    services: KeepaliveServices | null,
  ) {
    this.connection = connection;
    this.settings = settings;
    this.stats = stats;
    this.streamBufferLimit = streamBufferLimit;
    this.#guard = new FloodGuard(settings, stats, services?.clock ?? null);
    this.output = new FrameOutput(this, connection, settings, stats);
    this.writer = new DataWriter(connection, this.#guard, this.output.guard);
    this.block = new BlockGatherer(settings.maxHeadersBytes);
    this.#dataReader = new DataReader(this, this.#guard);
    this.#reader = new FrameReader(this, minMaxFrameSize);
    // Until the peer has acknowledged our settings, it goes by the protocol's own size (RFC 9113 section 4.3.1).
    this.#decoder = new HpackDecoder(Math.max(protocolTableSize, settings.hpackTableSize));
    const { initialConnectionWindow, initialStreamWindow, keepalive } = settings;
    this.receiveWindows = new ReceiveWindows(this.output, initialConnectionWindow, initialStreamWindow);
    this.head = new MessageHead(settings, stats);
    this.#keepalive = keepalive === null || services === null ? null : new Keepalive(this.output, keepalive, services);
  }

  get activeStreams(): number {
    return this.streams.size;
  }

  /** A header block came for a stream that is not there. */
  protected abstract beginStream(streamId: number): ConnectionError | null;
  /** A whole block is in `head`. `stream`: null for the one that begins. */
  protected abstract onBlock(stream: Http2Stream | null, streamId: number, endStream: boolean): ConnectionError | null;
  /** What `head` reads next. */
  protected abstract beginHead(stream: Http2Stream | null): void;
  /** Nothing was said on it yet, by either side. */
  abstract isIdle(streamId: number): boolean;
  protected abstract get lastPeerStream(): number;
  protected abstract onStreamRemoved(stream: Http2Stream, reset: ResetReason | null): void;
  protected abstract onGoAway(lastStreamId: number, code: number): void;
  protected abstract onPeerSettings(): void;
  /** Its stream begins, for the log. */
  protected abstract onBrokenBlock(streamId: number, error: ConnectionError): ConnectionError;
  /** To be closed at once. */
  abstract onUseless(details: string): void;

  // --- bytes in ----------------------------------------------------------------------------------------------------------

  protected readFrames(data: Buffer): CodecError | null {
    if (this.#failed !== null) return null;
    this.#keepalive?.onBytes();
    this.output.reading = true;
    const error = this.#reader.read(data) ?? this.output.flood;
    this.output.reading = false;
    return error === null || error === connectionGone ? null : this.fail(error);
  }

  /** Tells the peer why, unless it is what Envoy does not speak of, and reads no further. */
  protected fail(error: ConnectionError): CodecError {
    const { code, message, flood: details } = error;
    this.#failed = { details: details ?? codecError, message, status: 400, flood: details !== undefined };
    // A peer that does not read would not read this either.
    if (error === this.output.flood || error.untold === true) return this.#failed;
    this.connection.writeLatin1(goAwayFrame(this.lastPeerStream, code, error.debug ?? message));
    return this.#failed;
  }

  get failed(): CodecError | null {
    return this.#failed;
  }

  onFrame(type: number, flags: number, streamId: number, length: number): ConnectionError | null {
    if (this.output.flood !== null) return this.output.flood;
    if (!this.#settingsCame && (type !== FrameType.Settings || (flags & FrameFlag.Ack) !== 0))
      return toldError('SETTINGS expected');
    if (this.block.streamId !== 0 && (type !== FrameType.Continuation || streamId !== this.block.streamId))
      return this.onBrokenBlock(this.block.streamId, notContinued);
    const error = judgeFrame(type, flags, streamId, length);
    if (error !== null) return error;
    this.#type = type;
    this.#flags = flags;
    this.#streamId = streamId;
    if (type === FrameType.Headers || type === FrameType.Continuation) this.block.count(type, length);
    return type === FrameType.Data ? this.#dataReader.begin(flags, streamId, length) : null;
  }

  onDataPayload(data: Buffer, endOfFrame: boolean): ConnectionError | null {
    return this.#dataReader.read(data, endOfFrame);
  }

  onPayload(payload: Buffer): ConnectionError | null {
    switch (this.#type) {
      case FrameType.Headers:
        return this.#onHeaders(payload);
      case FrameType.Continuation:
        return this.#onContinuation(payload);
      case FrameType.Priority:
        return this.#onPriority(payload);
      case FrameType.RstStream:
        return this.#onRstStream(payload);
      case FrameType.Settings:
        return this.#onSettings(payload);
      case FrameType.PushPromise:
        return protocolError('PUSH_PROMISE: nobody asked for it');
      case FrameType.Ping:
        return this.#onPing(payload);
      case FrameType.GoAway:
        return this.#onGoAwayFrame(payload);
      case FrameType.WindowUpdate:
        return this.#onWindowUpdate(payload);
      default:
        return null;
    }
  }

  // --- header blocks -------------------------------------------------------------------------------------------------------

  #onHeaders(payload: Buffer): ConnectionError | null {
    const id = this.#streamId;
    let block = payload;
    if ((this.#flags & FrameFlag.Priority) !== 0) {
      if (payload.length < 5) return sizeError('HEADERS have no room for their priority');
      if ((payload.readUInt32BE(0) & 0x7fffffff) === id) return protocolError('a stream depends on itself');
      block = payload.subarray(5);
    }
    this.block.flags = this.#flags;
    if ((this.#flags & FrameFlag.EndHeaders) !== 0) return this.#endBlock(block, id);
    this.block.begin(id, block);
    return this.#guard.onFrame(block.length === 0);
  }

  #onContinuation(payload: Buffer): ConnectionError | null {
    const { streamId } = this.block;
    if (streamId === 0) return toldError('CONTINUATION: unexpected');
    const error = this.block.add(payload);
    if (error !== null) return error;
    if ((this.#flags & FrameFlag.EndHeaders) === 0) return this.#guard.onFrame(payload.length === 0);
    return this.#endBlock(this.block.take(), streamId);
  }

  #endBlock(block: Buffer, id: number): ConnectionError | null {
    const stream = this.streams.get(id) ?? null;
    const endStream = (this.block.flags & FrameFlag.EndStream) !== 0;
    if (stream === null) {
      const error = this.beginStream(id);
      if (error !== null) return error;
    } else if (stream.inputEnded) {
      stream.onReset(ResetReason.ProtocolError, 'http2.unknown.nghttp2.error');
      return protocolError('HEADERS: stream is half-closed');
    }
    this.beginHead(stream);
    const error = this.#decoder.decode(block, this.head);
    if (error !== null) return this.onBrokenBlock(id, compressionError(error));
    stream?.countBlock(this.block.octets);
    return this.onBlock(stream, id, endStream);
  }

  /** A message that is none: ends the stream, or, as Envoy by default, the connection too. */
  malformed(stream: Http2Stream, message: string, details: string): ConnectionError | null {
    this.stats.rxMessagingError.inc();
    if (!this.settings.streamErrorOnInvalidMessage) return protocolError(message);
    this.resetWith(stream, H2ErrorCode.ProtocolError, details);
    return null;
  }

  // --- other frames --------------------------------------------------------------------------------------------------------

  #onPriority(payload: Buffer): ConnectionError | null {
    if ((payload.readUInt32BE(0) & 0x7fffffff) === this.#streamId) return protocolError('a stream depends on itself');
    return this.#guard.onPriority();
  }

  #onRstStream(payload: Buffer): ConnectionError | null {
    const stream = this.streams.get(this.#streamId);
    if (stream === undefined) {
      if (this.isIdle(this.#streamId)) return protocolError('RST_STREAM: stream in idle');
      if (this.resets.has(this.#streamId)) this.stats.rxReset.inc();
      return null;
    }
    this.stats.rxReset.inc();
    const code = payload.readUInt32BE(0);
    stream.onReset(reasonOf(code), detailsOf(code));
    return this.#guard.onReset();
  }

  #onSettings(payload: Buffer): ConnectionError | null {
    if ((this.#flags & FrameFlag.Ack) !== 0) {
      this.receiveWindows.onSettingsAcknowledged(this.streams.values());
      this.#decoder.setAllowedTableSize(this.settings.hpackTableSize);
      return null;
    }
    this.#settingsCame = true;
    const windowBefore = this.peer.initialWindow;
    const error = this.peer.read(payload, this.encoder);
    if (error !== null) return error;
    this.output.writeControl(settingsAck);
    const change = this.peer.initialWindow - windowBefore;
    if (change !== 0) {
      for (const stream of this.streams.values()) {
        stream.sendWindow += change;
        if (stream.sendWindow > largestWindow) return windowError('SETTINGS make a window too large');
        if (change > 0 && stream.hasPending) this.writer.wait(stream);
      }
    }
    this.onPeerSettings();
    if (change > 0) this.writer.resume();
    return null;
  }

  #onPing(payload: Buffer): ConnectionError | null {
    if ((this.#flags & FrameFlag.Ack) !== 0) this.#keepalive?.onAnswer();
    else this.output.writeControl(pingFrame(payload.toString('latin1'), true));
    return null;
  }

  #onGoAwayFrame(payload: Buffer): ConnectionError | null {
    this.goAwayReceived = true;
    this.onGoAway(payload.readUInt32BE(0) & 0x7fffffff, payload.readUInt32BE(4));
    return null;
  }

  #onWindowUpdate(payload: Buffer): ConnectionError | null {
    const increment = payload.readUInt32BE(0) & 0x7fffffff;
    const flood = this.#guard.onWindowUpdate();
    if (flood !== null) return flood;
    if (this.#streamId === 0) {
      if (increment === 0) return protocolError('WINDOW_UPDATE of nothing');
      return this.writer.widen(increment) ? null : flowError('WINDOW_UPDATE makes the window too large');
    }
    const stream = this.streams.get(this.#streamId);
    if (stream === undefined)
      return this.isIdle(this.#streamId) ? protocolError('WINDOW_UPDATE: stream in idle') : null;
    if (increment === 0) this.resetWith(stream, H2ErrorCode.ProtocolError, 'WINDOW_UPDATE of nothing');
    else if (!this.writer.widenStream(stream, increment))
      this.resetWith(stream, H2ErrorCode.FlowControlError, 'WINDOW_UPDATE makes the window too large');
    return null;
  }

  // --- out -----------------------------------------------------------------------------------------------------------------

  protected writeHeaders(stream: Http2Stream, block: string, endStream: boolean): void {
    const frames = headersFrames(block, stream.id, endStream, this.peer.maxFrameSize);
    stream.bytesMeter.wireBytesSent += frames.length;
    stream.bytesMeter.headerBytesSent += frames.length;
    this.output.writeFrame(frames);
  }

  writeTrailers(stream: Http2Stream, trailers: HeaderMap): void {
    this.stats.trailers.inc();
    this.writeHeaders(stream, encodeTrailers(this.encoder, trailers), true);
  }

  writeReset(stream: Http2Stream, code: H2ErrorCode): void {
    this.writeRst(stream.id, code);
  }

  writeRst(id: number, code: H2ErrorCode): void {
    this.stats.txReset.inc();
    this.resets.add(id);
    this.output.writeControl(rstStreamFrame(id, code));
  }

  /** The peer has done something wrong on it. */
  resetWith(stream: Http2Stream, code: H2ErrorCode, details: string): void {
    this.writeRst(stream.id, code);
    stream.onReset(ResetReason.ProtocolError, details);
  }

  consumed(stream: Http2Stream, octets: number): void {
    this.receiveWindows.consumed(stream, octets);
  }

  // --- streams -------------------------------------------------------------------------------------------------------------

  /** A client's: the connection may have died meanwhile. */
  protected beforeNewStream(): void {
    this.#keepalive?.onNewStream();
  }

  protected add(stream: Http2Stream): void {
    this.streams.set(stream.id, stream);
    this.#guard.streamsBegun++;
    this.stats.streamsActive.add(1);
    if (this.writer.full) stream.setConnectionFull(true);
  }

  remove(stream: Http2Stream, reset: ResetReason | null): void {
    this.streams.delete(stream.id);
    this.stats.streamsActive.add(-1);
    this.receiveWindows.giveBack(stream.takeUnconsumed());
    this.onStreamRemoved(stream, reset);
  }

  /** The connection is gone. */
  onConnectionClosed(reason: ResetReason): void {
    this.#keepalive?.stop();
    this.output.close();
    // The newest first, the order of Envoy's log lines.
    for (const stream of [...this.streams.values()].reverse()) stream.onReset(reason, '');
  }

  onAboveWriteBufferHighWatermark(): void {
    this.writer.full = true;
    this.output.guard.settle();
    for (const stream of [...this.streams.values()]) stream.setConnectionFull(true);
  }

  onBelowWriteBufferLowWatermark(): void {
    this.writer.full = false;
    this.output.guard.clear();
    this.writer.resume();
    for (const stream of [...this.streams.values()]) {
      // What waited, or the feeder of the one before had, was enough.
      if (this.writer.full) return;
      stream.setConnectionFull(false);
    }
  }
}
