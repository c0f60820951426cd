// Owns a filter's place in one stream's chain: the callbacks object the filter was given, for both directions.
import { contain } from '../../base/assert.ts';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { Timers } from '../../base/timers.ts';
import type { Connection } from '../../network/api.ts';
import type { Explanation, StreamInfo } from '../../observability/stream-info.ts';
import type { ResetReason } from '../codec/api.ts';
import type {
  DecoderFilter,
  DecoderFilterCallbacks,
  DownstreamWatermarkCallbacks,
  EncoderFilter,
  EncoderFilterCallbacks,
  LocalReply,
} from '../filter/api.ts';
import type { HeaderMap, RequestHeaders, ResponseHeaders } from '../headers/header-map.ts';
import type { ActiveStream } from './active-stream.ts';
import type { ChainedFilter } from './config-types.ts';
import { recreateStream } from './recreate-stream.ts';

const noConfigs: readonly unknown[] = [];

export class FilterSlot implements DecoderFilterCallbacks, EncoderFilterCallbacks {
  readonly decoder: DecoderFilter | null;
  readonly encoder: EncoderFilter | null;
  readonly #stream: ActiveStream;
  readonly #filter: ChainedFilter;
  /** Position in the chain as configured. */
  readonly #index: number;

  constructor(stream: ActiveStream, filter: ChainedFilter, index: number) {
    this.#stream = stream;
    this.#filter = filter;
    this.#index = index;
    const pair = filter.factory.createFilters();
    this.decoder = pair.decoder;
    this.encoder = pair.encoder;
    pair.decoder?.setDecoderCallbacks(this);
    pair.encoder?.setEncoderCallbacks(this);
  }

  destroy(): void {
    try {
      this.decoder?.onDestroy();
      // One object may serve both directions: it is told once.
      if (this.encoder !== null && (this.encoder as unknown) !== this.decoder) this.encoder.onDestroy();
    } catch (error) {
      // The other filters are to be told as well.
      contain(`onDestroy of HTTP filter '${this.#filter.factory.name}'`, error);
    }
  }

  get streamInfo(): StreamInfo {
    return this.#stream.info;
  }
  get connection(): Connection {
    return this.#stream.connection;
  }
  get clock(): Clock {
    return this.#stream.services.clock;
  }
  get timers(): Timers {
    return this.#stream.services.timers;
  }
  get random(): Random {
    return this.#stream.services.random;
  }
  /** Null before the request has a head, and where that was refused: to an encoder filter the interface says so. */
  get requestHeaders(): RequestHeaders {
    return this.#stream.headers as RequestHeaders;
  }
  get responseHeaders(): ResponseHeaders | null {
    return this.#stream.encoding?.headers ?? null;
  }
  get requestComplete(): boolean {
    return this.#stream.requestComplete;
  }
  route(): unknown {
    return this.#stream.route();
  }
  explainNoRoute(): string | Explanation {
    return this.#stream.explainNoRoute();
  }
  get randomValue(): number {
    return this.#stream.randomValue;
  }
  clearRouteCache(): void {
    this.#stream.clearRouteCache();
  }
  perRouteConfig(): unknown {
    return this.#stream.route()?.perFilterConfig(this.#filter.key);
  }
  perRouteConfigs(): readonly unknown[] {
    return this.#stream.route()?.perFilterConfigs(this.#filter.key) ?? noConfigs;
  }
  sendLocalReply(reply: LocalReply): void {
    try {
      this.#stream.sendLocalReply(reply);
    } catch (error) {
      this.#stream.onException(error);
    }
  }
  resetStream(reason: ResetReason): void {
    this.#stream.resetFromFilter(reason);
  }

  continueDecoding(): void {
    try {
      this.#stream.decoding?.continueFrom(this.#index);
    } catch (error) {
      this.#stream.onException(error);
    }
  }
  decodingBuffer(): Buffer | null {
    return this.#stream.decoding?.keptData(this.#index) ?? null;
  }
  injectDecodedData(data: Buffer, endStream: boolean): void {
    try {
      this.#stream.decoding?.runData(this.#index + 1, data, endStream);
    } catch (error) {
      this.#stream.onException(error);
    }
  }
  injectDecodedTrailers(trailers: HeaderMap): void {
    try {
      this.#stream.decoding?.injectTrailers(this.#index, trailers);
    } catch (error) {
      this.#stream.onException(error);
    }
  }
  decoderBufferLimit(): number {
    return this.#stream.decoding?.bufferLimit ?? 0;
  }
  setDecoderBufferLimit(bytes: number): void {
    if (this.#stream.decoding !== null) this.#stream.decoding.bufferLimit = bytes;
  }
  onDecoderAboveWriteBufferHighWatermark(): void {
    this.#stream.pauseRequest(true);
  }
  onDecoderBelowWriteBufferLowWatermark(): void {
    this.#stream.pauseRequest(false);
  }
  addDownstreamWatermarkCallbacks(callbacks: DownstreamWatermarkCallbacks): void {
    this.#stream.addWatermarkCallbacks(callbacks);
  }

  encode1xxHeaders(headers: ResponseHeaders): void {
    this.#stream.encode1xx(headers);
  }
  encodeHeaders(headers: ResponseHeaders, endStream: boolean, details: string): void {
    const stream = this.#stream;
    if (stream.answeredLocally || stream.destroyed) return;
    stream.info.responseCodeDetails = details;
    try {
      stream.encoding?.startHeaders(headers, endStream);
    } catch (error) {
      stream.onException(error);
    }
  }
  encodeData(data: Buffer, endStream: boolean): void {
    const stream = this.#stream;
    if (stream.answeredLocally || stream.destroyed) return;
    try {
      stream.encoding?.startData(data, endStream);
    } catch (error) {
      stream.onException(error);
    }
  }
  encodeTrailers(trailers: HeaderMap): void {
    const stream = this.#stream;
    if (stream.answeredLocally || stream.destroyed) return;
    try {
      stream.encoding?.startTrailers(trailers);
    } catch (error) {
      stream.onException(error);
    }
  }

  recreateStream(response: ResponseHeaders, body: Buffer | null): void {
    recreateStream(this.#stream, response, body);
  }

  continueEncoding(): void {
    try {
      this.#stream.encoding?.continueFrom(this.#encodeIndex());
    } catch (error) {
      this.#stream.onException(error);
    }
  }
  encodingBuffer(): Buffer | null {
    return this.#stream.encoding?.keptData(this.#encodeIndex()) ?? null;
  }
  replaceEncodingBuffer(data: Buffer): void {
    this.#stream.encoding?.replaceKept(this.#encodeIndex(), data);
  }
  injectEncodedData(data: Buffer, endStream: boolean): void {
    try {
      this.#stream.encoding?.runData(this.#encodeIndex() + 1, data, endStream);
    } catch (error) {
      this.#stream.onException(error);
    }
  }
  injectEncodedTrailers(trailers: HeaderMap): void {
    try {
      this.#stream.encoding?.injectTrailers(this.#encodeIndex(), trailers);
    } catch (error) {
      this.#stream.onException(error);
    }
  }
  encoderBufferLimit(): number {
    return this.#stream.encoding?.bufferLimit ?? this.#stream.manager.config.bufferLimit;
  }
  onEncoderAboveWriteBufferHighWatermark(): void {
    this.#stream.pauseResponse(true);
  }
  onEncoderBelowWriteBufferLowWatermark(): void {
    this.#stream.pauseResponse(false);
  }
  setEncoderBufferLimit(bytes: number): void {
    if (this.#stream.encoding !== null) this.#stream.encoding.bufferLimit = bytes;
  }
  /** Responses walk the chain backward. */
  #encodeIndex(): number {
    return this.#stream.slots.length - 1 - this.#index;
  }
}
