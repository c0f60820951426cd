// HTTP filters that do what a test tells them, and write down what they saw.
import {
  type DecoderFilter,
  type DecoderFilterCallbacks,
  type EncoderFilter,
  type EncoderFilterCallbacks,
  FilterDataStatus,
  FilterHeadersStatus,
  type FilterPair,
  FilterTrailersStatus,
  type HttpFilterFactory,
} from '../../src/http/filter/api.ts';
import { type HeaderMap, type RequestHeaders, ResponseHeaders } from '../../src/http/headers/header-map.ts';
import { Names } from '../../src/http/headers/name.ts';

/** What one direction answers; each may look at the filter and act through its callbacks. */
export class Script {
  headers: FilterHeadersStatus = FilterHeadersStatus.Continue;
  data: FilterDataStatus = FilterDataStatus.Continue;
  trailers: FilterTrailersStatus = FilterTrailersStatus.Continue;
  onHeaders: () => void = () => {};
  onData: () => void = () => {};
  onTrailers: () => void = () => {};
  /** `H`, `D:bytes`, `T`; with a dot where the stream ended. */
  readonly seen: string[] = [];

  sawHeaders(end: boolean): FilterHeadersStatus {
    this.seen.push(end ? 'H.' : 'H');
    this.onHeaders();
    return this.headers;
  }
  sawData(data: Buffer, end: boolean): FilterDataStatus {
    this.seen.push(`D:${data.toString()}${end ? '.' : ''}`);
    this.onData();
    return this.data;
  }
  sawTrailers(): FilterTrailersStatus {
    this.seen.push('T.');
    this.onTrailers();
    return this.trailers;
  }
}

export class ScriptedFilter implements DecoderFilter, EncoderFilter {
  readonly request = new Script();
  readonly response = new Script();
  decoder!: DecoderFilterCallbacks;
  encoder!: EncoderFilterCallbacks;
  destroyed = 0;
  onEnd: () => void = () => {};

  setDecoderCallbacks(callbacks: DecoderFilterCallbacks): void {
    this.decoder = callbacks;
  }
  setEncoderCallbacks(callbacks: EncoderFilterCallbacks): void {
    this.encoder = callbacks;
  }
  decodeHeaders(_headers: RequestHeaders, end: boolean): FilterHeadersStatus {
    return this.request.sawHeaders(end);
  }
  decodeData(data: Buffer, end: boolean): FilterDataStatus {
    return this.request.sawData(data, end);
  }
  decodeTrailers(_trailers: HeaderMap): FilterTrailersStatus {
    return this.request.sawTrailers();
  }
  encode1xxHeaders(headers: ResponseHeaders): FilterHeadersStatus {
    this.response.seen.push(String(headers.status));
    return this.response.headers;
  }
  encodeHeaders(_headers: ResponseHeaders, end: boolean): FilterHeadersStatus {
    return this.response.sawHeaders(end);
  }
  encodeData(data: Buffer, end: boolean): FilterDataStatus {
    return this.response.sawData(data, end);
  }
  encodeTrailers(_trailers: HeaderMap): FilterTrailersStatus {
    return this.response.sawTrailers();
  }
  onDestroy(): void {
    this.destroyed++;
    this.onEnd();
  }

  /** Answers as an upstream would: the terminal filter's part. */
  respond(body: string, more: { readonly chunks?: readonly string[]; readonly trailers?: HeaderMap } = {}): void {
    const headers = new ResponseHeaders(200);
    const chunks = more.chunks ?? (body === '' ? [] : [body]);
    if (more.chunks === undefined) headers.append(Names.contentLength, String(body.length));
    this.decoder.encodeHeaders(headers, chunks.length === 0 && more.trailers === undefined, 'via_upstream');
    for (const [index, chunk] of chunks.entries()) {
      const borrowed = Buffer.from(chunk);
      this.decoder.encodeData(borrowed, index === chunks.length - 1 && more.trailers === undefined);
      borrowed.fill('?');
    }
    if (more.trailers !== undefined) this.decoder.encodeTrailers(more.trailers);
  }
}

export class ScriptedFactory implements HttpFilterFactory {
  readonly name: string;
  readonly terminal: boolean;
  readonly disabledByDefault = false;
  readonly filters: ScriptedFilter[] = [];
  /** Of every filter, before it sees anything. */
  prepare: (filter: ScriptedFilter, index: number) => void = () => {};

  constructor(name: string, terminal = false) {
    this.name = name;
    this.terminal = terminal;
  }

  createFilters(): FilterPair {
    const filter = new ScriptedFilter();
    if (this.terminal) {
      filter.request.headers = FilterHeadersStatus.StopIteration;
      filter.request.data = FilterDataStatus.StopIterationNoBuffer;
      filter.request.trailers = FilterTrailersStatus.StopIteration;
    }
    this.prepare(filter, this.filters.length);
    this.filters.push(filter);
    return { decoder: filter, encoder: this.terminal ? null : filter };
  }

  get last(): ScriptedFilter {
    const filter = this.filters.at(-1);
    if (filter === undefined) throw new Error(`no filter '${this.name}' was made`);
    return filter;
  }
}
