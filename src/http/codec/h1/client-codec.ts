// Owns the HTTP/1 client codec: requests to bytes, and one connection's bytes to responses. One exchange at a time.

import { assert } from '../../../base/assert.ts';
import { HeaderMap } from '../../headers/header-map.ts';
import type {
  ClientCodec,
  ClientCodecCallbacks,
  ClientStream,
  CodecConnection,
  CodecError,
  Http1CodecStats,
  Http1Settings,
  ResponseDecoder,
} from '../api.ts';
import { Protocol, ResetReason } from '../api.ts';
import { BodyWriter } from './body-writer.ts';
import { ChunkGatherer } from './chunk-gatherer.ts';
import { ChunkEvent, ChunkedDecoder } from './chunked-decoder.ts';
import { type ClientStreamOwner, H1ClientStream } from './client-stream.ts';
import { H1Error } from './errors.ts';
import { judgeBeginning } from './head-beginning.ts';
import { HeadReader } from './head-reader.ts';
import { ScanResult } from './head-scanner.ts';
import { BodyKind } from './request-head.ts';
import { RequestKind, ResponseHead } from './response-head.ts';
import { readTrailers } from './trailers.ts';

const noBytes = Buffer.alloc(0);

const State = {
  /** No request: the peer has nothing to say. */
  Idle: 0,
  Head: 1,
  Length: 2,
  Chunked: 3,
  Trailers: 4,
  Raw: 5,
  UntilClose: 6,
  /** Nothing more is read. */
  Ended: 7,
} as const;
type State = (typeof State)[keyof typeof State];

export class H1ClientCodec implements ClientCodec, ClientStreamOwner {
  readonly protocol = Protocol.Http11;
  readonly settings: Http1Settings;
  readonly bodyWriter: BodyWriter;

  readonly #connection: CodecConnection;
  readonly #callbacks: ClientCodecCallbacks;
  readonly #stats: Http1CodecStats;
  readonly #reader: HeadReader;
  readonly #head: ResponseHead;
  readonly #chunks = new ChunkedDecoder();
  readonly #gatherer = new ChunkGatherer();
  #state: State = State.Idle;
  #stream: H1ClientStream | null = null;
  #remaining = 0;
  /** What the last head said of the connection. */
  #keepsAlive = true;
  #announcesClose = false;
  #leftOver = false;
  /** What the peer did wrong; null while it has done nothing. */
  #error: CodecError | null = null;
  #goingAway = false;

  constructor(
    connection: CodecConnection,
    callbacks: ClientCodecCallbacks,
    settings: Http1Settings,
    stats: Http1CodecStats,
  ) {
    this.#connection = connection;
    this.#callbacks = callbacks;
    this.settings = settings;
    this.#stats = stats;
    this.#reader = new HeadReader(settings.maxHeadersBytes, settings.maxHeadersCount, true);
    this.#reader.begin(true);
    this.#head = new ResponseHead(settings, stats);
    this.bodyWriter = new BodyWriter(connection);
  }

  get activeStreams(): number {
    return this.#stream === null ? 0 : 1;
  }

  get halfCloses(): boolean {
    return this.#stream?.kind === RequestKind.Connect;
  }

  newStream(decoder: ResponseDecoder): ClientStream {
    assert(this.#state === State.Idle, 'an HTTP/1 connection carries one request at a time');
    const stream = new H1ClientStream(this, decoder);
    this.#stream = stream;
    this.#state = State.Head;
    return stream;
  }

  // --- bytes in --------------------------------------------------------------------------------------------------------

  dispatch(data: Buffer): CodecError | null {
    const end = data.length;
    let pos = 0;
    let error: CodecError | null = null;
    let answered: H1ClientStream | null = null;
    // As Envoy: of what was read together all counts, also where the stream ends before it is parsed.
    if (this.#stream !== null) this.#stream.bytesMeter.wireBytesReceived += end;
    while (pos < end && error === null) {
      const stream = this.#stream;
      if (stream === null) {
        // Whatever follows a response is an offence, though the connection is given up already; what a stream that was
        // reset leaves unread is none.
        if (this.#state === State.Ended && answered?.responseComplete !== true) return null;
        error = H1Error.prematureResponse;
        break;
      }
      answered = stream;
      const before = pos;
      switch (this.#state) {
        case State.Head:
          if (!stream.requestStarted) {
            error = H1Error.prematureResponse;
            continue;
          }
          pos = this.#reader.read(data, pos, end);
          if (this.#reader.result === ScanResult.Complete) error = this.#onHead(stream, pos < end);
          else error = judgeBeginning(this.#reader, this.#head);
          break;
        case State.Length: {
          const taken = Math.min(this.#remaining, end - pos);
          pos += taken;
          this.#remaining -= taken;
          this.#onBody(stream, data, before, pos, this.#remaining === 0, pos < end);
          break;
        }
        case State.Chunked: {
          const chunks = this.#chunks;
          pos = chunks.read(data, pos, end);
          if (chunks.event === ChunkEvent.Data) {
            const full = this.#gatherer.add(data, chunks.dataStart, chunks.dataEnd);
            if (full !== null) this.#deliver(stream, full, false);
          } else if (chunks.event === ChunkEvent.Trailers) {
            this.#state = State.Trailers;
            this.#reader.begin(false);
          } else if (chunks.event === ChunkEvent.Error) error = chunks.error;
          break;
        }
        case State.Trailers:
          pos = this.#reader.read(data, pos, end);
          if (this.#reader.result === ScanResult.Complete) error = this.#onTrailers(stream, data, pos < end);
          else if (this.#reader.result === ScanResult.Error) error = this.#reader.error;
          break;
        default:
          // Raw and UntilClose.
          pos = end;
          this.#onBody(stream, data, before, end, false, false);
      }
    }
    const rest = this.#gatherer.take(data);
    if (rest !== null && this.#stream !== null) this.#deliver(this.#stream, rest, false);
    this.#gatherer.release();
    if (error === null) return null;
    this.#state = State.Ended;
    this.#error = error;
    return error;
  }

  /** `more`: bytes follow in what was read. */
  #onHead(stream: H1ClientStream, more: boolean): CodecError | null {
    const head = this.#head;
    const { scanner } = this.#reader;
    const error = head.read(this.#reader, stream.kind);
    stream.bytesMeter.headerBytesReceived += scanner.textLength + 3 * Math.max(scanner.count, 1);
    this.#reader.begin(true);
    if (error !== null) return error;
    const { headers } = head;
    head.release();
    if (headers.status < 200 && headers.status !== 101) {
      stream.decoder.decode1xxHeaders(headers);
      return null;
    }
    this.#keepsAlive = head.keepsAlive;
    this.#announcesClose = head.announcesClose;
    if (head.keepAliveSeconds >= 0) this.#callbacks.onKeepAliveTimeout(head.keepAliveSeconds);
    switch (head.body) {
      case BodyKind.Length:
        this.#state = State.Length;
        this.#remaining = head.contentLength;
        break;
      case BodyKind.Chunked:
        this.#state = State.Chunked;
        this.#chunks.begin();
        break;
      case BodyKind.Raw:
        this.#state = State.Raw;
        this.#keepsAlive = false;
        break;
      case BodyKind.UntilClose:
        this.#state = State.UntilClose;
        break;
      default:
        stream.responseComplete = true;
        this.#leftOver = more;
        stream.decoder.decodeHeaders(headers, true);
        this.#afterResponse(stream);
        return null;
    }
    stream.decoder.decodeHeaders(headers, false);
    return null;
  }

  #onBody(stream: H1ClientStream, data: Buffer, start: number, end: number, endStream: boolean, more: boolean): void {
    if (endStream) {
      stream.responseComplete = true;
      this.#leftOver = more;
    }
    this.#deliver(stream, start === 0 && end === data.length ? data : data.subarray(start, end), endStream);
  }

  #deliver(stream: H1ClientStream, data: Buffer, endStream: boolean): void {
    stream.decoder.decodeData(data, endStream);
    this.#gatherer.release();
    if (endStream) this.#afterResponse(stream);
  }

  #onTrailers(stream: H1ClientStream, data: Buffer, more: boolean): CodecError | null {
    const { scanner } = this.#reader;
    let trailers: HeaderMap | null = null;
    if (scanner.count !== 0) {
      if (this.settings.enableTrailers) {
        stream.bytesMeter.headerBytesReceived += scanner.textLength + 3 * scanner.count;
        trailers = new HeaderMap();
        const error = readTrailers(this.#reader, trailers, this.settings, this.#stats);
        if (error !== null) return error;
      }
    }
    this.#reader.begin(true);
    this.#leftOver = more;
    const rest = this.#gatherer.take(data);
    if (trailers === null) {
      stream.responseComplete = true;
      this.#deliver(stream, rest ?? noBytes, true);
      return null;
    }
    if (rest !== null) this.#deliver(stream, rest, false);
    if (stream.dead) return null;
    stream.responseComplete = true;
    stream.decoder.decodeTrailers(trailers);
    this.#afterResponse(stream);
    return null;
  }

  // --- ends ------------------------------------------------------------------------------------------------------------

  /** A response that came before its request had gone out ends the exchange as well; then nothing else may follow it. */
  #afterResponse(stream: H1ClientStream): void {
    if (this.#stream !== stream) return;
    const reusable =
      this.#keepsAlive && stream.requestComplete && !stream.spoilt && !this.#leftOver && !this.#goingAway;
    this.#finish(stream, reusable, this.#announcesClose);
  }

  #finish(stream: H1ClientStream, reusable: boolean, announced: boolean): void {
    this.#stream = null;
    this.#leftOver = false;
    this.#state = reusable ? State.Idle : State.Ended;
    stream.release();
    this.#callbacks.onStreamComplete(stream, reusable, announced);
  }

  onRequestComplete(stream: H1ClientStream): void {
    // A body cut short or long: the upstream cannot make sense of what it has.
    if (stream.spoilt && this.#stream === stream) stream.resetStream(ResetReason.LocalReset);
    else if (stream.closesWithRequest) this.#callbacks.onLastRequestEnd?.();
  }

  onStreamReset(stream: H1ClientStream): void {
    if (this.#stream !== stream) return;
    this.#finish(stream, false, false);
  }

  onEndOfInput(): CodecError | null {
    const stream = this.#stream;
    if (stream === null || this.#state !== State.UntilClose) return this.onInputReset();
    this.#state = State.Ended;
    stream.responseComplete = true;
    stream.decoder.decodeData(noBytes, true);
    this.#afterResponse(stream);
    return null;
  }

  onInputReset(): CodecError | null {
    if (this.#stream === null) return null;
    switch (this.#state) {
      case State.UntilClose:
        // RFC 9112 section 8: an error of the connection leaves it incomplete.
        return null;
      case State.Raw:
        // A tunnel has no end of its own: it ends with the connection, as in Envoy (`UC`).
        return null;
      case State.Head:
        if (!this.#reader.started) return null;
        break;
      case State.Ended:
        return null;
    }
    this.#state = State.Ended;
    this.#error = H1Error.truncated;
    return this.#error;
  }

  onConnectionClosed(reason: ResetReason): void {
    const stream = this.#stream;
    this.#state = State.Ended;
    if (stream === null) return;
    this.#stream = null;
    stream.dead = true;
    const error = this.#error;
    stream.callbacks?.onResetStream(error === null ? reason : ResetReason.ProtocolError, error?.message ?? '');
  }

  goAway(): void {
    this.#goingAway = true;
  }

  // --- flow control ----------------------------------------------------------------------------------------------------

  readDisable(disable: boolean): void {
    this.#connection.readDisable(disable);
  }

  writeLatin1(text: string): void {
    this.#connection.writeLatin1(text);
  }

  onAboveWriteBufferHighWatermark(): void {
    this.#stream?.callbacks?.onAboveWriteBufferHighWatermark();
  }

  onBelowWriteBufferLowWatermark(): void {
    this.#stream?.callbacks?.onBelowWriteBufferLowWatermark();
  }
}
