// Owns the HTTP/2 server codec: requests of a client, and what may not be asked of us.
import type { ResponseHeaders } from '../../headers/header-map.ts';
import {
  type CodecConnection,
  type CodecError,
  Protocol,
  type RequestDecoder,
  ResetReason,
  type ServerCodec,
  type ServerCodecCallbacks,
  type ServerStream,
} from '../api.ts';
import { Http2Connection } from './connection.ts';
import { protocolError } from './connection-errors.ts';
import { encodeResponseHead } from './encode-head.ts';
import { type ConnectionError, goAwayFrame, H2ErrorCode, settingsFrame } from './frames.ts';
import type { KeepaliveServices } from './keepalive.ts';
import { badField, ruleBroken } from './message-head.ts';
import type { ReceiveWindow } from './receive-window.ts';
import { type Http2CodecStats, type Http2Settings, SettingId } from './settings.ts';
import { bodyMissing, Http2Stream } from './stream.ts';
import { asUpgrade } from './upgrade.ts';

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
/** Of GOAWAY that only announces the end: requests on their way are still taken. */
const anyStream = 0x7fffffff;

export class Http2ServerStream extends Http2Stream implements ServerStream {
  readonly protocol = Protocol.Http2;
  readonly headCame = true;
  decoder: RequestDecoder | null = null;
  /** An extended CONNECT (RFC 8441), which to everybody else is an upgrade of HTTP/1. */
  upgrade = false;
  readonly #codec: Http2ServerCodec;

  constructor(codec: Http2ServerCodec, id: number, sendWindow: number, receiveWindow: ReceiveWindow) {
    super(codec, id, sendWindow, receiveWindow);
    this.#codec = codec;
  }

  protected override get answered(): boolean {
    return this.outputEnded;
  }

  onData(data: Buffer, endStream: boolean): void {
    this.decoder?.decodeData(data, endStream);
  }

  encode1xxHeaders(headers: ResponseHeaders): void {
    if (!this.closed) this.#codec.encodeHead(this, headers, false);
  }

  encodeHeaders(headers: ResponseHeaders, endStream: boolean): void {
    if (this.closed) return;
    this.#codec.encodeHead(this, headers, endStream);
    if (endStream) this.endOutput();
  }
}

export class Http2ServerCodec extends Http2Connection implements ServerCodec {
  readonly protocol = Protocol.Http2;
  readonly headStarted = false;
  readonly #callbacks: ServerCodecCallbacks;
  /** Octets of the preface that have come. */
  #prefaceLength = 0;
  /** Our SETTINGS have gone out. */
  #greeted = false;
  #lastStream = 0;
  #dispatching = false;
  /** Streams that are to be reset without an error, unless the end of their request is in the bytes at hand. */
  readonly #earlyAnswers: number[] = [];
  /** What a new stream is refused for; null: it is not. */
  #refusal: H2ErrorCode | null = null;

  constructor(
    connection: CodecConnection,
    callbacks: ServerCodecCallbacks,
    settings: Http2Settings,
    stats: Http2CodecStats,
    streamBufferLimit: number,
    services: KeepaliveServices | null = null,
  ) {
    super(connection, settings, stats, streamBufferLimit, services);
    this.#callbacks = callbacks;
  }

  #greet(): void {
    const { connection, settings } = this;
    this.#greeted = true;
    connection.writeLatin1(
      settingsFrame([
        ...settings.customSettings,
        [SettingId.HeaderTableSize, settings.hpackTableSize],
        [SettingId.EnableConnectProtocol, settings.allowConnect ? 1 : 0],
        [SettingId.MaxConcurrentStreams, settings.maxConcurrentStreams],
        [SettingId.InitialWindowSize, settings.initialStreamWindow],
      ]) + this.receiveWindows.announcement,
    );
  }

  get wantsClose(): boolean {
    return this.failed !== null || (this.goAwaySent && this.activeStreams === 0);
  }

  dispatch(data: Buffer): CodecError | null {
    if (this.failed !== null) return null;
    let at = 0;
    while (this.#prefaceLength < preface.length && at < data.length) {
      if (data[at++] !== preface[this.#prefaceLength++])
        return this.fail(protocolError('bad client magic byte string'));
    }
    // Who does not speak HTTP/2 gets none of it.
    if (!this.#greeted) this.#greet();
    if (at === data.length) return null;
    this.#dispatching = true;
    const error = this.readFrames(at === 0 ? data : data.subarray(at));
    this.#dispatching = false;
    if (error === null) for (const id of this.#earlyAnswers) this.writeRst(id, H2ErrorCode.NoError);
    this.#earlyAnswers.length = 0;
    return error;
  }

  /** A client that sends a whole request at once is not told that we did not want the end of it, as with Envoy. */
  override writeReset(stream: Http2Stream, code: H2ErrorCode): void {
    if (!this.#dispatching || code !== H2ErrorCode.NoError) {
      super.writeReset(stream, code);
      return;
    }
    this.resets.add(stream.id);
    this.#earlyAnswers.push(stream.id);
  }

  onLateEnd(streamId: number): void {
    const index = this.#earlyAnswers.indexOf(streamId);
    if (index >= 0) this.#earlyAnswers.splice(index, 1);
  }

  onEndOfInput(): CodecError | null {
    return null;
  }

  openPartial(): void {}

  // --- requests ------------------------------------------------------------------------------------------------------------

  protected get lastPeerStream(): number {
    return this.#lastStream;
  }

  isIdle(streamId: number): boolean {
    return streamId > this.#lastStream || (streamId & 1) === 0;
  }

  protected beginStream(streamId: number): ConnectionError | null {
    this.#refusal = null;
    if ((streamId & 1) === 0) return protocolError('a client has odd streams only');
    if (streamId <= this.#lastStream) {
      if (!this.resets.has(streamId)) return { code: H2ErrorCode.StreamClosed, message: 'HEADERS: stream is closed' };
      this.#refusal = H2ErrorCode.StreamClosed;
      return null;
    }
    this.#lastStream = streamId;
    if (this.goAwaySent || this.activeStreams >= this.settings.maxConcurrentStreams)
      this.#refusal = H2ErrorCode.RefusedStream;
    return null;
  }

  protected beginHead(stream: Http2Stream | null): void {
    if (stream === null) this.head.beginRequest();
    else this.head.beginTrailers();
  }

  protected onBlock(stream: Http2Stream | null, streamId: number, endStream: boolean): ConnectionError | null {
    return stream === null
      ? this.#onRequest(streamId, endStream)
      : this.#onTrailers(stream as Http2ServerStream, endStream);
  }

  #onRequest(streamId: number, endStream: boolean): ConnectionError | null {
    const { head } = this;
    if (this.#refusal === H2ErrorCode.StreamClosed) {
      if (endStream) this.onLateEnd(streamId);
      return null;
    }
    if (this.#refusal !== null) {
      this.stats.streamRefusedErrors.inc();
      this.writeRst(streamId, this.#refusal);
      return null;
    }
    const headers = head.request(this.settings.allowConnect);
    const stream = this.#begin(streamId);
    if (head.overflow) return this.#overflow(stream);
    if (head.malformed !== null) return this.malformed(stream, head.malformed, head.violation ? ruleBroken : badField);
    if (head.underscore) return this.#refuseUnderscore(stream);
    if (endStream && head.contentLength > 0) return this.malformed(stream, bodyMissing, ruleBroken);
    if (headers.protocol !== '') {
      stream.upgrade = true;
      asUpgrade(headers);
    }
    stream.decoder?.decodeHeaders(headers, endStream);
    if (endStream && !stream.closed) stream.endInput();
    return null;
  }

  #begin(streamId: number): Http2ServerStream {
    const stream = new Http2ServerStream(this, streamId, this.peer.initialWindow, this.receiveWindows.ofStream());
    stream.expectedLength = this.head.contentLength;
    this.add(stream);
    stream.countBlock(this.block.octets);
    stream.decoder = this.#callbacks.newStream(stream);
    return stream;
  }

  protected onBrokenBlock(streamId: number, error: ConnectionError): ConnectionError {
    const known = this.streams.has(streamId) || (streamId & 1) === 0 || streamId < this.#lastStream;
    if (this.#refusal !== null || known) return error;
    this.#lastStream = streamId;
    this.#begin(streamId);
    return error;
  }

  #overflow(stream: Http2ServerStream): null {
    if (this.head.tooLarge) return this.#refuse(stream, 'http2.header_list_size_too_large');
    this.stats.headerOverflow.inc();
    return this.#refuse(stream, 'http2.too_many_headers');
  }

  #refuseUnderscore(stream: Http2ServerStream): null {
    this.stats.requestsRejectedWithUnderscoresInHeaders.inc();
    return this.#refuse(stream, 'http2.unexpected_underscore');
  }

  /** As Envoy, which takes it for the client's own reset. */
  #refuse(stream: Http2ServerStream, details: string): null {
    this.writeRst(stream.id, H2ErrorCode.InternalError);
    stream.onReset(ResetReason.RemoteReset, details);
    return null;
  }

  /** The request is none, and its stream ends with that, for the log too. */
  override malformed(stream: Http2Stream, message: string, details: string): ConnectionError | null {
    const error = super.malformed(stream, message, details);
    if (error !== null) stream.onReset(ResetReason.ProtocolError, details);
    return error;
  }

  #onTrailers(stream: Http2ServerStream, endStream: boolean): ConnectionError | null {
    const { head } = this;
    if (endStream && head.overflow) return this.#overflow(stream);
    const fault = stream.trailersFault(head, endStream);
    if (fault !== null)
      return this.malformed(stream, fault, endStream && head.malformed !== null ? badField : ruleBroken);
    if (head.underscore) return this.#refuseUnderscore(stream);
    stream.decoder?.decodeTrailers(head.trailers());
    if (!stream.closed) stream.endInput();
    return null;
  }

  // --- responses -----------------------------------------------------------------------------------------------------------

  encodeHead(stream: Http2ServerStream, headers: ResponseHeaders, endStream: boolean): void {
    const status = stream.upgrade && headers.status === 101 ? 200 : headers.status;
    this.writeHeaders(stream, encodeResponseHead(this.encoder, headers, status), endStream);
  }

  protected onStreamRemoved(stream: Http2Stream, reset: ResetReason | null): void {
    if (reset === null) this.#callbacks.onStreamComplete(stream as Http2ServerStream);
  }

  // --- the end -------------------------------------------------------------------------------------------------------------

  protected onGoAway(): void {
    this.#callbacks.onGoAway();
  }

  onUseless(details: string): void {
    this.#callbacks.onConnectionUseless?.(details);
  }

  protected onPeerSettings(): void {}

  /** The first of two: what is on its way to us still counts. */
  shutdownNotice(): void {
    if (this.goAwaySent) return;
    this.connection.writeLatin1(goAwayFrame(anyStream, H2ErrorCode.NoError, ''));
  }

  goAway(): void {
    if (this.goAwaySent) return;
    this.goAwaySent = true;
    this.stats.goawaySent.inc();
    this.connection.writeLatin1(goAwayFrame(this.#lastStream, H2ErrorCode.NoError, ''));
  }
}

const beginning = preface.subarray(0, 'PRI * HTTP/2'.length);

/** Whether the first bytes of a connection are HTTP/2's. As in Envoy they must come together. */
export function beginsHttp2(bytes: Buffer): boolean {
  return bytes.length >= beginning.length && bytes.subarray(0, beginning.length).equals(beginning);
}
