// Holds a request back until all of it has come, up to a number of bytes, so that upstream never waits for a slow client;
// a request whose length was not told then has one.
import {
  type DecoderFilterCallbacks,
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  PassThroughDecoder,
} from '../../../../http/filter/api.ts';
import { Names, type RequestHeaders } from '../../../../http/headers/api.ts';

export class BufferFilter extends PassThroughDecoder {
  #limit: number;
  #callbacks: DecoderFilterCallbacks | null = null;
  #headers: RequestHeaders | null = null;
  #bytes = 0;

  /** `limit` is what counts where the route says nothing. */
  constructor(limit: number) {
    super();
    this.#limit = limit;
  }

  override setDecoderCallbacks(callbacks: DecoderFilterCallbacks): void {
    this.#callbacks = callbacks;
  }

  /** Headers wait here; the body still comes to this filter. Beyond the limit the connection manager answers 413. */
  override decodeHeaders(headers: RequestHeaders, endStream: boolean): FilterHeadersStatus {
    if (endStream || this.#callbacks === null) return FilterHeadersStatus.Continue;
    const ofRoute = this.#callbacks.perRouteConfig() as number | undefined;
    if (ofRoute !== undefined) this.#limit = ofRoute;
    if (this.#limit === 0) return FilterHeadersStatus.Continue;
    this.#callbacks.setDecoderBufferLimit(this.#limit);
    this.#headers = headers;
    return FilterHeadersStatus.StopIteration;
  }

  override decodeData(data: Buffer, endStream: boolean): FilterDataStatus {
    if (this.#headers === null) return FilterDataStatus.Continue;
    this.#bytes += data.length;
    if (!endStream) return FilterDataStatus.StopIterationAndBuffer;
    this.#setLength();
    return FilterDataStatus.Continue;
  }

  override decodeTrailers(): FilterTrailersStatus {
    this.#setLength();
    return FilterTrailersStatus.Continue;
  }

  override onDestroy(): void {
    this.#callbacks = null;
  }

  #setLength(): void {
    const headers = this.#headers;
    if (headers !== null && !headers.has(Names.contentLength)) headers.append(Names.contentLength, String(this.#bytes));
  }
}
