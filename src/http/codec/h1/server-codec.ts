// Owns the HTTP/1 server codec: one connection's bytes to requests, one after the other. While a response is outstanding
// the bytes of the next request are kept and reading stops, so a client that pipelines is held back by TCP.

import { contain } from '../../../base/assert.ts';
import { HeaderMap } from '../../headers/header-map.ts';
import type {
  CodecConnection,
  CodecError,
  Http1CodecStats,
  Http1Settings,
  RequestDecoder,
  ServerCodec,
  ServerCodecCallbacks,
} from '../api.ts';
import { Protocol, ResetReason } from '../api.ts';
import { BodyWriter } from './body-writer.ts';
import { ChunkGatherer } from './chunk-gatherer.ts';
import { ChunkEvent, ChunkedDecoder } from './chunked-decoder.ts';
import { H1Error } from './errors.ts';
import { judgeBeginning } from './head-beginning.ts';
import { HeadReader } from './head-reader.ts';
import { ScanResult } from './head-scanner.ts';
import { BodyKind, RequestHead } from './request-head.ts';
import { type ServerState, ServerState as State } from './server-state.ts';
import { H1ServerStream, type ServerStreamOwner } from './server-stream.ts';
import { readTrailers } from './trailers.ts';

const CR = 13;
const LF = 10;
const noBytes = Buffer.alloc(0);

export class H1ServerCodec implements ServerCodec, ServerStreamOwner {
  readonly protocol = Protocol.Http11;
  readonly settings: Http1Settings;
  readonly bodyWriter: BodyWriter;
  goingAway = false;

  readonly #connection: CodecConnection;
  readonly #callbacks: ServerCodecCallbacks;
  readonly #stats: Http1CodecStats;
  readonly #reader: HeadReader;
  readonly #head: RequestHead;
  readonly #chunks = new ChunkedDecoder();
  readonly #gatherer = new ChunkGatherer();
  #state: ServerState = State.Head;
  #stream: H1ServerStream | null = null;
  #remaining = 0;
  /** Bytes read of a head before its stream exists. */
  #headBytes = 0;
  #dispatching = false;
  /** Bytes of later requests; ours, not borrowed. Reading is disabled while there are any. */
  #held: Buffer | null = null;
  #readingDisabled = false;
  #resumeScheduled = false;
  #aboveHighWatermark = false;

  constructor(
    connection: CodecConnection,
    callbacks: ServerCodecCallbacks,
    settings: Http1Settings,
    stats: Http1CodecStats,
  ) {
    this.#connection = connection;
    this.#callbacks = callbacks;
    this.settings = settings;
    this.#stats = stats;
    this.#reader = new HeadReader(settings.maxHeadersBytes, settings.maxHeadersCount, false);
    this.#reader.begin(true);
    this.#head = new RequestHead(settings, stats);
    this.bodyWriter = new BodyWriter(connection);
  }

  get activeStreams(): number {
    return this.#stream === null ? 0 : 1;
  }

  get wantsClose(): boolean {
    return this.#state === State.Ended || (this.goingAway && this.#stream === null && !this.#reader.started);
  }

  // --- bytes in --------------------------------------------------------------------------------------------------------

  dispatch(data: Buffer): CodecError | null {
    if (this.#state === State.Ended || data.length === 0) return null;
    if (this.#held !== null) {
      this.#held = Buffer.concat([this.#held, data]);
      return null;
    }
    return this.#consume(data, false);
  }

  /** `owned`: the bytes are the codec's own copy and may be kept by reference. */
  #consume(data: Buffer, owned: boolean): CodecError | null {
    const end = data.length;
    let pos = 0;
    let error: CodecError | null = null;
    this.#dispatching = true;
    while (pos < end && error === null && this.#state !== State.Ended) {
      const before = pos;
      switch (this.#state) {
        case State.Head:
          if (this.#stream !== null || this.#aboveHighWatermark) {
            this.#hold(owned ? data.subarray(pos) : Buffer.from(data.subarray(pos)));
            pos = end;
            continue;
          }
          if (!this.#reader.started) {
            // Empty lines before a request line are skipped (RFC 9112 section 2.2).
            while (pos < end && (data[pos] === CR || data[pos] === LF)) pos++;
            if (pos === end) {
              this.#headBytes += pos - before;
              continue;
            }
          }
          pos = this.#reader.read(data, pos, end);
          this.#headBytes += pos - before;
          if (this.#reader.result === ScanResult.Complete) error = this.#onHead();
          else error = judgeBeginning(this.#reader, this.#head);
          continue;
        case State.Length: {
          const taken = Math.min(this.#remaining, end - pos);
          pos += taken;
          this.#remaining -= taken;
          this.#count(taken);
          this.#onBody(data, before, pos, this.#remaining === 0);
          continue;
        }
        case State.Chunked: {
          const chunks = this.#chunks;
          pos = chunks.read(data, pos, end);
          this.#count(pos - before);
          if (chunks.event === ChunkEvent.Data) {
            const full = this.#gatherer.add(data, chunks.dataStart, chunks.dataEnd);
            if (full !== null) this.#deliver(full, false);
          } else if (chunks.event === ChunkEvent.Trailers) {
            this.#state = State.Trailers;
            this.#reader.begin(false);
          } else if (chunks.event === ChunkEvent.Error) error = chunks.error;
          continue;
        }
        case State.Trailers:
          pos = this.#reader.read(data, pos, end);
          this.#count(pos - before);
          if (this.#reader.result === ScanResult.Complete) error = this.#onTrailers(data);
          else if (this.#reader.result === ScanResult.Error) error = this.#reader.error;
          continue;
        case State.Raw:
          pos = end;
          this.#count(end - before);
          this.#onBody(data, before, end, false);
          continue;
      }
    }
    const rest = this.#gatherer.take(data);
    if (rest !== null) this.#deliver(rest, false);
    this.#dispatching = false;
    return error === null ? null : this.#fail(error);
  }

  /** Before the bytes are delivered: whoever ends the exchange then reads the meter. */
  #count(octets: number): void {
    if (this.#stream !== null) this.#stream.bytesMeter.wireBytesReceived += octets;
  }

  #onHead(): CodecError | null {
    const head = this.#head;
    const scanner = this.#reader.scanner;
    const error = head.read(this.#reader);
    const headerBytes = scanner.textLength + 3 * Math.max(scanner.count, 1);
    this.#reader.begin(true);
    const stream = this.#newStream();
    stream.bytesMeter.headerBytesReceived = headerBytes;
    if (error !== null) return error;
    const { headers } = head;
    head.release();
    if (head.http10) stream.protocol = Protocol.Http10;
    stream.closes = head.closes;
    stream.headRequest = headers.method === 'HEAD';
    stream.connectRequest = headers.method === 'CONNECT';
    stream.upgradeRequest = headers.protocol !== '' && !stream.connectRequest;
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
        break;
      default:
        stream.requestComplete = true;
        stream.decoder?.decodeHeaders(headers, true);
        this.#afterRequest(stream);
        return null;
    }
    stream.decoder?.decodeHeaders(headers, false);
    return null;
  }

  #newStream(): H1ServerStream {
    const stream = new H1ServerStream(this);
    stream.bytesMeter.wireBytesReceived = this.#headBytes;
    this.#headBytes = 0;
    this.#stream = stream;
    const decoder: RequestDecoder = this.#callbacks.newStream(stream);
    stream.decoder = decoder;
    return stream;
  }

  #onBody(data: Buffer, start: number, end: number, endStream: boolean): void {
    if (endStream) this.#state = State.Head;
    this.#deliver(start === 0 && end === data.length ? data : data.subarray(start, end), endStream);
  }

  #deliver(data: Buffer, endStream: boolean): void {
    const stream = this.#stream;
    if (stream !== null) {
      if (endStream) stream.requestComplete = true;
      stream.decoder?.decodeData(data, endStream);
      if (endStream) this.#afterRequest(stream);
    }
    this.#gatherer.release();
  }

  /** Trailers are fields where they are enabled; else they are passed over, and count as no header in the log. */
  #onTrailers(data: Buffer): CodecError | null {
    const stream = this.#stream;
    const scanner = this.#reader.scanner;
    let trailers: HeaderMap | null = null;
    if (scanner.count !== 0) {
      if (this.settings.enableTrailers) {
        if (stream !== null) stream.bytesMeter.headerBytesReceived += scanner.textLength + 3 * scanner.count;
        trailers = new HeaderMap();
        const error = readTrailers(this.#reader, trailers, this.settings, this.#stats);
        if (error !== null) return error;
      }
    }
    this.#reader.begin(true);
    this.#state = State.Head;
    const rest = this.#gatherer.take(data);
    if (trailers === null) {
      this.#deliver(rest ?? noBytes, true);
      return null;
    }
    if (rest !== null) this.#deliver(rest, false);
    if (stream === null || stream.dead) return null;
    stream.requestComplete = true;
    stream.decoder?.decodeTrailers(trailers);
    this.#afterRequest(stream);
    return null;
  }

  /** The response may have been sent before or while the request's end was told. */
  #afterRequest(stream: H1ServerStream): void {
    if (stream.responseComplete) this.#finish(stream);
  }

  // --- ends ------------------------------------------------------------------------------------------------------------

  onResponseComplete(stream: H1ServerStream): void {
    if (stream.closes && stream.requestComplete) this.#state = State.Ended;
    if (stream.requestComplete) this.#finish(stream);
  }

  #finish(stream: H1ServerStream): void {
    if (this.#stream !== stream) return;
    this.#stream = null;
    if (stream.closes) this.#state = State.Ended;
    stream.release();
    this.#callbacks.onStreamComplete(stream);
    this.#scheduleResume();
  }

  onStreamReset(stream: H1ServerStream): void {
    if (this.#stream === stream) this.#stream = null;
    this.#state = State.Ended;
    stream.release();
  }

  #fail(error: CodecError): CodecError {
    const stream = this.#stream ?? this.#newStream();
    this.#state = State.Ended;
    if (stream.responseStarted) {
      const { callbacks } = stream;
      this.onStreamReset(stream);
      callbacks?.onResetStream(ResetReason.ProtocolError, error.details);
    } else {
      // The owner answers and closes; what the request may still have sent is not awaited.
      stream.requestComplete = true;
      stream.closes = true;
      stream.decoder?.onMalformed(error, null);
    }
    return error;
  }

  get headStarted(): boolean {
    return this.#state === State.Head && this.#stream === null && this.#reader.started;
  }

  openPartial(): void {
    const stream = this.#newStream();
    this.#state = State.Ended;
    stream.requestComplete = true;
    stream.closes = true;
  }

  onEndOfInput(): CodecError | null {
    const stream = this.#stream;
    if (this.#state === State.Raw) {
      // A tunnel's other direction may go on.
      this.#state = State.Ended;
      if (stream === null) return null;
      stream.closes = true;
      stream.requestComplete = true;
      stream.decoder?.decodeData(noBytes, true);
      this.#afterRequest(stream);
      return null;
    }
    const incomplete = this.#reader.started || (stream !== null && !stream.requestComplete);
    return incomplete && this.#state !== State.Ended ? H1Error.truncated : null;
  }

  onConnectionClosed(reason: ResetReason): void {
    this.#state = State.Ended;
    this.#held = null;
    const stream = this.#stream;
    if (stream === null) return;
    this.#stream = null;
    stream.dead = true;
    stream.callbacks?.onResetStream(reason, '');
  }

  goAway(): void {
    this.goingAway = true;
  }

  shutdownNotice(): void {}

  // --- pipelining and flow control -------------------------------------------------------------------------------------

  #hold(bytes: Buffer): void {
    this.#held = bytes;
    if (this.#readingDisabled) return;
    this.#readingDisabled = true;
    this.#connection.readDisable(true);
  }

  /** Not at once: whoever sent the last byte of a response is not to find itself within the next request. */
  #scheduleResume(): void {
    if (this.#held === null || this.#resumeScheduled || this.#dispatching) return;
    this.#resumeScheduled = true;
    queueMicrotask(() => this.#resume());
  }

  #resume(): void {
    this.#resumeScheduled = false;
    const held = this.#held;
    if (held === null || this.#stream !== null || this.#aboveHighWatermark) return;
    this.#held = null;
    // Nobody is below this on the stack: what is thrown here would reach the process, and the connection would hang.
    try {
      const error = this.#consume(held, true);
      if (this.#held === null && this.#readingDisabled) {
        this.#readingDisabled = false;
        this.#connection.readDisable(false);
      }
      if (error !== null) this.#callbacks.onCodecError?.(error);
    } catch (error) {
      contain('an HTTP/1 connection', error);
      this.#state = State.Ended;
      this.#callbacks.onCodecException();
    }
  }

  readDisable(disable: boolean): void {
    this.#connection.readDisable(disable);
  }

  writeLatin1(text: string): void {
    this.#connection.writeLatin1(text);
  }

  onAboveWriteBufferHighWatermark(): void {
    this.#aboveHighWatermark = true;
    this.#stream?.callbacks?.onAboveWriteBufferHighWatermark();
  }

  onBelowWriteBufferLowWatermark(): void {
    this.#aboveHighWatermark = false;
    this.#stream?.callbacks?.onBelowWriteBufferLowWatermark();
    if (this.#stream === null) this.#scheduleResume();
  }
}
