// The two walks of a stream: the request forward to the router, the response backward to the client.
import { FilterDataStatus, FilterHeadersStatus, FilterTrailersStatus } from '../filter/api.ts';
import type { HeaderMap, RequestHeaders, ResponseHeaders } from '../headers/header-map.ts';
import type { ActiveStream } from './active-stream.ts';
import { FilterIteration } from './filter-iteration.ts';
import type { FilterSlot } from './filter-slot.ts';
import { statusRemoved } from './local-reply.ts';
import { recommendedStatus } from './proxy-status.ts';

const { Continue } = FilterHeadersStatus;

export class RequestIteration extends FilterIteration<RequestHeaders> {
  readonly #stream: ActiveStream;
  readonly #slots: readonly FilterSlot[];

  constructor(stream: ActiveStream, bufferLimit: number) {
    super(stream.slots.length, bufferLimit);
    this.#stream = stream;
    this.#slots = stream.slots;
  }

  protected override invokeHeaders(index: number, headers: RequestHeaders, endStream: boolean): FilterHeadersStatus {
    return (this.#slots[index] as FilterSlot).decoder?.decodeHeaders(headers, endStream) ?? Continue;
  }
  protected override invokeData(index: number, data: Buffer, endStream: boolean): FilterDataStatus {
    return (this.#slots[index] as FilterSlot).decoder?.decodeData(data, endStream) ?? FilterDataStatus.Continue;
  }
  protected override invokeTrailers(index: number, trailers: HeaderMap): FilterTrailersStatus {
    return (this.#slots[index] as FilterSlot).decoder?.decodeTrailers(trailers) ?? FilterTrailersStatus.Continue;
  }
  // The last filter is terminal (config.ts sees to it): nothing comes out behind it. Of a chain without filters nobody
  // takes the request: it waits for the stream idle timeout, as in Envoy.
  protected override deliverHeaders(): void {}
  protected override deliverData(): void {}
  protected override deliverTrailers(): void {}
  protected override aborted(): boolean {
    return this.#stream.requestAborted;
  }
  protected override onBufferOverflow(): void {
    this.#stream.requestTooLarge();
  }
  protected override pauseSource(pause: boolean): void {
    this.#stream.pauseRequest(pause);
  }
}

export class ResponseIteration extends FilterIteration<ResponseHeaders> {
  readonly #stream: ActiveStream;
  readonly #slots: readonly FilterSlot[];

  /** `slots` in the order of the request. */
  constructor(stream: ActiveStream, slots: readonly FilterSlot[], bufferLimit: number) {
    super(slots.length, bufferLimit);
    this.#stream = stream;
    this.#slots = slots;
  }

  /** Encoder filters may log or write `code`. */
  override startHeaders(headers: ResponseHeaders, endStream: boolean, code = headers.status): void {
    this.#stream.info.responseCode = code;
    super.startHeaders(headers, endStream);
  }

  #slot(index: number): FilterSlot {
    return this.#slots[this.#slots.length - 1 - index] as FilterSlot;
  }
  protected override invokeHeaders(index: number, headers: ResponseHeaders, endStream: boolean): FilterHeadersStatus {
    return this.#slot(index).encoder?.encodeHeaders(headers, endStream) ?? Continue;
  }
  protected override invokeData(index: number, data: Buffer, endStream: boolean): FilterDataStatus {
    return this.#slot(index).encoder?.encodeData(data, endStream) ?? FilterDataStatus.Continue;
  }
  protected override invokeTrailers(index: number, trailers: HeaderMap): FilterTrailersStatus {
    return this.#slot(index).encoder?.encodeTrailers(trailers) ?? FilterTrailersStatus.Continue;
  }
  protected override deliverHeaders(headers: ResponseHeaders, endStream: boolean): void {
    if (headers.status === 0) {
      this.#refuse();
      return;
    }
    const { proxyStatus } = this.#stream.manager.config;
    if (proxyStatus !== null) headers.status = recommendedStatus(headers.status, this.#stream.info, proxyStatus);
    this.#stream.sendHeaders(headers, endStream);
  }
  /** A filter has removed `:status`. The answer to that goes past the filters. */
  #refuse(): void {
    this.#stream.answeredLocally = true;
    this.#stream.sendLocalReply(statusRemoved);
  }
  protected override deliverData(data: Buffer, endStream: boolean): void {
    this.#stream.sendData(data, endStream);
  }
  protected override deliverTrailers(trailers: HeaderMap): void {
    this.#stream.sendTrailers(trailers);
  }
  protected override aborted(): boolean {
    // A local reply takes the place of the response whose filter asked for it.
    return this.#stream.destroyed || this.#stream.encoding !== this;
  }
  protected override onBufferOverflow(): void {
    this.#stream.responseTooLarge();
  }
  protected override pauseSource(pause: boolean): void {
    this.#stream.pauseResponse(pause);
  }
}
