// Owns the HTTP/2 client codec: requests to a server over one connection, as many at a time as it allows.
import type { RequestHeaders, ResponseHeaders } from '../../headers/header-map.ts';
import {
  type ClientCodec,
  type ClientCodecCallbacks,
  type ClientStream,
  type CodecClientStream,
  type CodecConnection,
  type CodecError,
  Protocol,
  ResetReason,
  type ResponseDecoder,
  unheardDetails,
} from '../api.ts';
import { Http2Connection } from './connection.ts';
import { encodeRequestHead } from './encode-head.ts';
import { type ConnectionError, goAwayFrame, H2ErrorCode, settingsFrame } from './frames.ts';
import type { KeepaliveServices } from './keepalive.ts';
import type { ReceiveWindow } from './receive-window.ts';
import { type Http2CodecStats, type Http2Settings, SettingId } from './settings.ts';
import { bodyMissing, Http2Stream } from './stream.ts';
import { asSwitch } from './upgrade.ts';

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
/** Identifiers run out: the connection takes no more streams. */
const lastIdentifier = 0x7fffffff;

const interimEnds = 'an interim response ends the stream';

export class Http2ClientStream extends Http2Stream implements CodecClientStream {
  readonly decoder: ResponseDecoder;
  headCame = false;
  /** Nobody has heard of it before. */
  requestStarted = false;
  head = false;
  /** Token of an upgrade that the request asks for; else empty. */
  upgrade = '';
  readonly #codec: Http2ClientCodec;

  constructor(
    codec: Http2ClientCodec,
    decoder: ResponseDecoder,
    id: number,
    sendWindow: number,
    receiveWindow: ReceiveWindow,
  ) {
    super(codec, id, sendWindow, receiveWindow);
    this.#codec = codec;
    this.decoder = decoder;
  }

  get requestComplete(): boolean {
    return this.outputEnded;
  }

  get responseComplete(): boolean {
    return this.inputEnded;
  }

  onData(data: Buffer, endStream: boolean): void {
    this.decoder.decodeData(data, endStream);
  }

  encodeHeaders(headers: RequestHeaders, endStream: boolean): void {
    if (this.closed) return;
    this.requestStarted = true;
    this.head = headers.method === 'HEAD';
    if (headers.method !== 'CONNECT') this.upgrade = headers.protocol;
    this.#codec.encodeHead(this, headers, endStream);
    if (endStream) this.endOutput();
  }
}

export class Http2ClientCodec extends Http2Connection implements ClientCodec {
  readonly protocol = Protocol.Http2;
  readonly halfCloses = false;
  readonly #callbacks: ClientCodecCallbacks;
  #nextStream = 1;

  constructor(
    connection: CodecConnection,
    callbacks: ClientCodecCallbacks,
    settings: Http2Settings,
    stats: Http2CodecStats,
    streamBufferLimit: number,
    services: KeepaliveServices | null = null,
  ) {
    // A server may reset what it likes: each stream was our idea.
    super(connection, { ...settings, streamResetBurst: Number.POSITIVE_INFINITY }, stats, streamBufferLimit, services);
    this.#callbacks = callbacks;
    this.peer.largestEnablePush = 0;
    connection.writeLatin1(
      preface +
        settingsFrame([
          ...settings.customSettings,
          [SettingId.EnablePush, 0],
          [SettingId.HeaderTableSize, settings.hpackTableSize],
          [SettingId.EnableConnectProtocol, settings.allowConnect ? 1 : 0],
          [SettingId.MaxConcurrentStreams, settings.maxConcurrentStreams],
          [SettingId.InitialWindowSize, settings.initialStreamWindow],
        ]) +
        this.receiveWindows.announcement,
    );
  }

  newStream(decoder: ResponseDecoder): ClientStream {
    this.beforeNewStream();
    const id = this.#nextStream;
    this.#nextStream += 2;
    const stream = new Http2ClientStream(this, decoder, id, this.peer.initialWindow, this.receiveWindows.ofStream());
    this.add(stream);
    if (this.#nextStream > lastIdentifier) this.#callbacks.onGoAway();
    return stream;
  }

  dispatch(data: Buffer): CodecError | null {
    return this.readFrames(data);
  }

  onEndOfInput(): CodecError | null {
    return null;
  }

  onInputReset(): CodecError | null {
    return null;
  }

  encodeHead(stream: Http2ClientStream, headers: RequestHeaders, endStream: boolean): void {
    this.writeHeaders(stream, encodeRequestHead(this.encoder, headers), endStream);
  }

  override writeReset(stream: Http2Stream, code: H2ErrorCode): void {
    if ((stream as Http2ClientStream).requestStarted) super.writeReset(stream, code);
  }

  // --- responses -----------------------------------------------------------------------------------------------------------

  /** The server begins none. */
  protected get lastPeerStream(): number {
    return 0;
  }

  isIdle(streamId: number): boolean {
    return streamId >= this.#nextStream || (streamId & 1) === 0;
  }

  protected beginStream(streamId: number): ConnectionError | null {
    if (this.isIdle(streamId)) return { code: H2ErrorCode.ProtocolError, message: 'HEADERS: stream in idle' };
    if (this.resets.has(streamId)) return null;
    return { code: H2ErrorCode.StreamClosed, message: 'HEADERS: stream is closed' };
  }

  protected beginHead(stream: Http2Stream | null): void {
    if (stream === null || (stream as Http2ClientStream).headCame) this.head.beginTrailers();
    else this.head.beginResponse();
  }

  protected onBlock(given: Http2Stream | null, _streamId: number, endStream: boolean): ConnectionError | null {
    const stream = given as Http2ClientStream | null;
    if (stream === null) return null;
    const { head } = this;
    if (head.overflow) {
      this.stats.headerOverflow.inc();
      this.writeReset(stream, H2ErrorCode.InternalError);
      // Envoy takes it for the host's own.
      stream.onReset(ResetReason.RemoteReset, 'http2.too_many_headers');
      return null;
    }
    if (stream.headCame) return this.#onTrailers(stream, endStream);
    const headers = head.response();
    if (head.malformed !== null) return this.malformed(stream, head.malformed, head.malformed);
    if (headers.status < 200) return this.#onInterim(stream, headers, endStream);
    stream.headCame = true;
    const bodiless = stream.head || headers.status === 204 || headers.status === 304;
    stream.expectedLength = bodiless ? 0 : head.contentLength;
    if (endStream && stream.expectedLength > 0) return this.malformed(stream, bodyMissing, bodyMissing);
    if (stream.upgrade !== '') asSwitch(headers, stream.upgrade);
    stream.decoder.decodeHeaders(headers, endStream);
    if (endStream && !stream.closed) stream.endInput();
    return null;
  }

  #onInterim(stream: Http2ClientStream, headers: ResponseHeaders, endStream: boolean): ConnectionError | null {
    if (endStream) return this.malformed(stream, interimEnds, interimEnds);
    stream.decoder.decode1xxHeaders(headers);
    return null;
  }

  #onTrailers(stream: Http2ClientStream, endStream: boolean): ConnectionError | null {
    const { head } = this;
    const fault = stream.trailersFault(head, endStream);
    if (fault !== null) return this.malformed(stream, fault, fault);
    stream.decoder.decodeTrailers(head.trailers());
    if (!stream.closed) stream.endInput();
    return null;
  }

  protected onStreamRemoved(stream: Http2Stream, reset: ResetReason | null): void {
    if (reset !== null) this.#callbacks.onStreamReset?.(reset);
    this.#callbacks.onStreamComplete(stream as Http2ClientStream, !this.goAwayReceived && !this.goAwaySent, false);
  }

  // --- the connection --------------------------------------------------------------------------------------------------------

  /** What the peer has not begun to work on was not heard: it may be tried again anywhere. */
  protected onGoAway(lastStreamId: number): void {
    this.#callbacks.onGoAway();
    for (const stream of [...this.streams.values()])
      if (stream.id > lastStreamId) stream.onReset(ResetReason.RemoteRefusedStreamReset, unheardDetails);
  }

  onUseless(details: string): void {
    this.#callbacks.onConnectionUseless?.(details);
  }

  protected onBrokenBlock(_streamId: number, error: ConnectionError): ConnectionError {
    return error;
  }

  protected onPeerSettings(): void {
    this.#callbacks.onMaxStreamsChanged(this.peer.maxConcurrentStreams);
  }

  goAway(): void {
    if (this.goAwaySent) return;
    this.goAwaySent = true;
    this.stats.goawaySent.inc();
    this.connection.writeLatin1(goAwayFrame(0, H2ErrorCode.NoError, ''));
  }
}
