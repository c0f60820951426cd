// The decompressor filter of one stream: decides by headers whether the bodies are decompressed, and hands them to the library.
import {
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  PassThroughFilter,
} from '../../../../http/filter/api.ts';
import { type HeaderMap, Names, type RequestHeaders, type ResponseHeaders } from '../../../../http/headers/api.ts';
import { forbidsTransform } from '../../../common/compression/headers.ts';
import { DecodedOutput, EncodedOutput } from '../../../common/compression/outputs.ts';
import { InflatedBody } from './inflated-body.ts';
import type { DecompressorDirection, DecompressorSettings } from './settings.ts';

export class DecompressorFilter extends PassThroughFilter {
  readonly #settings: DecompressorSettings;
  #request: InflatedBody | null = null;
  #response: InflatedBody | null = null;

  constructor(settings: DecompressorSettings) {
    super();
    this.#settings = settings;
  }

  override decodeHeaders(headers: RequestHeaders, endStream: boolean): FilterHeadersStatus {
    const { library, request, response, advertise } = this.#settings;
    if (advertise && isEnabled(response)) addAcceptEncoding(headers, library.contentEncoding);
    if (endStream) return FilterHeadersStatus.Continue;
    if (!this.#takesBody(headers, request)) {
      request.stats.notDecompressed.inc();
      return FilterHeadersStatus.Continue;
    }
    request.stats.decompressed.inc();
    const output = new DecodedOutput(this.decoder, request.stats.totalUncompressedBytes);
    this.#request = new InflatedBody(this.#settings, output);
    return FilterHeadersStatus.Continue;
  }

  override decodeData(data: Buffer, endStream: boolean): FilterDataStatus {
    if (this.#request === null) return FilterDataStatus.Continue;
    this.#settings.request.stats.totalCompressedBytes.add(data.length);
    this.#request.receive(data, endStream);
    return FilterDataStatus.StopIterationNoBuffer;
  }

  override decodeTrailers(trailers: HeaderMap): FilterTrailersStatus {
    if (this.#request === null) return FilterTrailersStatus.Continue;
    return this.#request.onTrailers(trailers) ? FilterTrailersStatus.StopIteration : FilterTrailersStatus.Continue;
  }

  override encodeHeaders(headers: ResponseHeaders, endStream: boolean): FilterHeadersStatus {
    const { response } = this.#settings;
    if (endStream) return FilterHeadersStatus.Continue;
    if (!this.#takesBody(headers, response)) {
      response.stats.notDecompressed.inc();
      return FilterHeadersStatus.Continue;
    }
    response.stats.decompressed.inc();
    const output = new EncodedOutput(this.encoder, response.stats.totalUncompressedBytes);
    this.#response = new InflatedBody(this.#settings, output);
    return FilterHeadersStatus.Continue;
  }

  override encodeData(data: Buffer, endStream: boolean): FilterDataStatus {
    if (this.#response === null) return FilterDataStatus.Continue;
    this.#settings.response.stats.totalCompressedBytes.add(data.length);
    this.#response.receive(data, endStream);
    return FilterDataStatus.StopIterationNoBuffer;
  }

  override encodeTrailers(trailers: HeaderMap): FilterTrailersStatus {
    if (this.#response === null) return FilterTrailersStatus.Continue;
    return this.#response.onTrailers(trailers) ? FilterTrailersStatus.StopIteration : FilterTrailersStatus.Continue;
  }

  override onDestroy(): void {
    this.#request?.destroy();
    this.#response?.destroy();
  }

  /** Takes the library's encoding, and the length, out of the headers where the body is for it. */
  #takesBody(headers: HeaderMap, direction: DecompressorDirection): boolean {
    if (!isEnabled(direction) || (!direction.ignoreNoTransform && forbidsTransform(headers))) return false;
    const encodings = headers.get(Names.contentEncoding);
    if (encodings === undefined) return false;
    const comma = encodings.indexOf(',');
    const first = (comma < 0 ? encodings : encodings.slice(0, comma)).trim().toLowerCase();
    if (first !== this.#settings.library.contentEncoding) return false;
    if (comma < 0) headers.remove(Names.contentEncoding);
    else headers.set(Names.contentEncoding, encodings.slice(comma + 1).trim());
    headers.remove(Names.contentLength);
    return true;
  }
}

function isEnabled({ enabled }: DecompressorDirection): boolean {
  return enabled === null || enabled.value;
}

function addAcceptEncoding(headers: RequestHeaders, encoding: string): void {
  const existing = headers.get(Names.acceptEncoding);
  if (existing === undefined) {
    headers.append(Names.acceptEncoding, encoding);
    return;
  }
  const others = existing.split(',').map((item) => item.trim());
  headers.set(Names.acceptEncoding, [...others.filter((item) => item !== encoding), encoding].join(','));
}
