// A decorator that stands around an HTTP filter and asserts the order in which the chain calls it (DESIGN 2). What it
// finds stands in `violations`; a test asserts that there are none.
import {
  type DecoderFilter,
  type DecoderFilterCallbacks,
  type EncoderFilter,
  type EncoderFilterCallbacks,
  type FilterDataStatus,
  FilterHeadersStatus,
  type FilterPair,
  FilterTrailersStatus,
  type HttpFilterFactory,
} from '../../src/http/filter/api.ts';
import type { HeaderMap, RequestHeaders, ResponseHeaders } from '../../src/http/headers/header-map.ts';

const { StopAllIterationAndBuffer, StopAllIterationAndWatermark } = FilterHeadersStatus;

/** Where one direction of one stream stands. */
class Direction {
  readonly #name: string;
  readonly #violations: string[];
  #headers = 0;
  #last: HeaderMap | null = null;
  #ended = false;
  /** The filter answered "stop all" and has not continued. */
  stoppedAll = false;

  constructor(name: string, violations: string[]) {
    this.#name = name;
    this.#violations = violations;
  }

  #wrong(what: string): void {
    this.#violations.push(`${this.#name}: ${what}`);
  }

  /** A local reply takes the place of a response that the filter may have seen. */
  restart(): void {
    this.#headers = 0;
    this.#ended = false;
    this.stoppedAll = false;
  }

  informational(): void {
    if (this.#headers > 0) this.#wrong('1xx behind the headers');
  }

  /** A second response can only be a local reply in place of the first: other headers. */
  headers(headers: HeaderMap, end: boolean, replaceable: boolean): void {
    if (replaceable && this.#last !== null && this.#last !== headers) this.restart();
    this.#last = headers;
    if (++this.#headers > 1) this.#wrong('headers twice');
    if (this.#ended) this.#wrong('headers behind the end');
    this.#ended = end;
  }

  data(end: boolean): void {
    if (this.#headers === 0) this.#wrong('data before headers');
    if (this.#ended) this.#wrong('data behind the end');
    if (this.stoppedAll) this.#wrong('data though everything was stopped');
    this.#ended = end;
  }

  trailers(): void {
    if (this.#headers === 0) this.#wrong('trailers before headers');
    if (this.#ended) this.#wrong('trailers behind the end');
    if (this.stoppedAll) this.#wrong('trailers though everything was stopped');
    this.#ended = true;
  }
}

class OrderedFilter implements DecoderFilter, EncoderFilter {
  readonly #inner: FilterPair;
  readonly #violations: string[];
  readonly #request: Direction;
  readonly #response: Direction;
  #destroyed = 0;

  constructor(name: string, inner: FilterPair, violations: string[]) {
    this.#inner = inner;
    this.#violations = violations;
    this.#request = new Direction(`${name} request`, violations);
    this.#response = new Direction(`${name} response`, violations);
  }

  #alive(call: string): void {
    if (this.#destroyed > 0) this.#violations.push(`${call} after onDestroy`);
  }

  setDecoderCallbacks(callbacks: DecoderFilterCallbacks): void {
    this.#inner.decoder?.setDecoderCallbacks(this.#watching(callbacks));
  }
  setEncoderCallbacks(callbacks: EncoderFilterCallbacks): void {
    this.#inner.encoder?.setEncoderCallbacks(this.#watching(callbacks));
  }

  /** The same callbacks, which also tell when the filter continues or answers. */
  #watching<T extends object>(callbacks: T): T {
    const before: Record<string, () => void> = {
      continueDecoding: () => {
        this.#request.stoppedAll = false;
      },
      continueEncoding: () => {
        this.#response.stoppedAll = false;
      },
    };
    return new Proxy(callbacks, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]): unknown => {
          if (typeof key === 'string') before[key]?.();
          return Reflect.apply(value, target, args);
        };
      },
    });
  }

  decodeHeaders(headers: RequestHeaders, endStream: boolean): FilterHeadersStatus {
    this.#alive('decodeHeaders');
    this.#request.headers(headers, endStream, false);
    const status = this.#inner.decoder?.decodeHeaders(headers, endStream) ?? FilterHeadersStatus.Continue;
    this.#request.stoppedAll = status === StopAllIterationAndBuffer || status === StopAllIterationAndWatermark;
    return status;
  }
  decodeData(data: Buffer, endStream: boolean): FilterDataStatus {
    this.#alive('decodeData');
    this.#request.data(endStream);
    return this.#inner.decoder?.decodeData(data, endStream) ?? 0;
  }
  decodeTrailers(trailers: HeaderMap): FilterTrailersStatus {
    this.#alive('decodeTrailers');
    this.#request.trailers();
    return this.#inner.decoder?.decodeTrailers(trailers) ?? FilterTrailersStatus.Continue;
  }
  encode1xxHeaders(headers: ResponseHeaders): FilterHeadersStatus {
    this.#alive('encode1xxHeaders');
    this.#response.informational();
    return this.#inner.encoder?.encode1xxHeaders(headers) ?? FilterHeadersStatus.Continue;
  }
  encodeHeaders(headers: ResponseHeaders, endStream: boolean): FilterHeadersStatus {
    this.#alive('encodeHeaders');
    this.#response.headers(headers, endStream, true);
    const status = this.#inner.encoder?.encodeHeaders(headers, endStream) ?? FilterHeadersStatus.Continue;
    this.#response.stoppedAll = status === StopAllIterationAndBuffer || status === StopAllIterationAndWatermark;
    return status;
  }
  encodeData(data: Buffer, endStream: boolean): FilterDataStatus {
    this.#alive('encodeData');
    this.#response.data(endStream);
    return this.#inner.encoder?.encodeData(data, endStream) ?? 0;
  }
  encodeTrailers(trailers: HeaderMap): FilterTrailersStatus {
    this.#alive('encodeTrailers');
    this.#response.trailers();
    return this.#inner.encoder?.encodeTrailers(trailers) ?? FilterTrailersStatus.Continue;
  }
  onDestroy(): void {
    if (++this.#destroyed > 1) this.#violations.push('onDestroy twice');
    this.#inner.decoder?.onDestroy();
    if (this.#inner.encoder !== null && (this.#inner.encoder as unknown) !== this.#inner.decoder) {
      this.#inner.encoder.onDestroy();
    }
  }

  get destroyed(): number {
    return this.#destroyed;
  }
}

export class OrderedFilterFactory implements HttpFilterFactory {
  readonly name: string;
  readonly terminal: boolean;
  readonly disabledByDefault: boolean;
  readonly violations: string[] = [];
  readonly #inner: HttpFilterFactory;
  readonly #made: OrderedFilter[] = [];

  constructor(inner: HttpFilterFactory) {
    this.#inner = inner;
    this.name = inner.name;
    this.terminal = inner.terminal;
    this.disabledByDefault = inner.disabledByDefault;
  }

  createFilters(): FilterPair {
    const pair = this.#inner.createFilters();
    const filter = new OrderedFilter(this.name, pair, this.violations);
    this.#made.push(filter);
    return { decoder: pair.decoder === null ? null : filter, encoder: pair.encoder === null ? null : filter };
  }

  /** Filters that were made and not told of their end. */
  get alive(): number {
    return this.#made.filter((filter) => filter.destroyed === 0).length;
  }
}
