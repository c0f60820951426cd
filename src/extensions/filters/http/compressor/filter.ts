// The compressor filter of one stream: decides by headers whether the request and the response are compressed, and hands
// their bodies to the library.
import {
  type DecoderFilterCallbacks,
  type EncoderFilterCallbacks,
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  PassThroughFilter,
} from '../../../../http/filter/api.ts';
import { Names, type RequestHeaders, type ResponseHeaders } from '../../../../http/headers/api.ts';
import { BodyTransform } from '../../../common/compression/body-transform.ts';
import { forbidsTransform } from '../../../common/compression/headers.ts';
import { DecodedOutput, EncodedOutput } from '../../../common/compression/outputs.ts';
import { type ChainNegotiation, negotiationOf } from './negotiation.ts';
import type { CompressorRouteSettings, CompressorSettings } from './settings.ts';

export class CompressorFilter extends PassThroughFilter {
  readonly #settings: CompressorSettings;
  #decoder!: DecoderFilterCallbacks;
  #encoder!: EncoderFilterCallbacks;
  #negotiation: ChainNegotiation | null = null;
  #acceptEncoding: string | undefined = undefined;
  #request: BodyTransform | null = null;
  #response: BodyTransform | null = null;

  constructor(settings: CompressorSettings) {
    super();
    this.#settings = settings;
  }

  override setDecoderCallbacks(callbacks: DecoderFilterCallbacks): void {
    this.#decoder = callbacks;
  }

  override setEncoderCallbacks(callbacks: EncoderFilterCallbacks): void {
    this.#encoder = callbacks;
  }

  override decodeHeaders(headers: RequestHeaders, endStream: boolean): FilterHeadersStatus {
    const { library, request, requestStats, removeAcceptEncoding } = this.#settings;
    const route = this.#decoder.perRouteConfig() as CompressorRouteSettings | undefined;
    this.#negotiation = negotiationOf(this.#decoder.streamInfo);
    this.#negotiation.compressors.push(this.#settings);
    this.#acceptEncoding = headers.get(Names.acceptEncoding);
    if (this.#compressesResponses(route) && (route?.removeAcceptEncoding ?? removeAcceptEncoding)) {
      headers.remove(Names.acceptEncoding);
    }
    if (request === null || endStream || isTunnel(headers) || !request.isEnabled || !this.#mayCompress(headers)) {
      if (request !== null) requestStats.notCompressed.inc();
      return FilterHeadersStatus.Continue;
    }
    headers.remove(Names.contentLength);
    headers.append(Names.contentEncoding, library.contentEncoding);
    requestStats.compressed.inc();
    const output = new DecodedOutput(this.#decoder, requestStats.totalCompressedBytes);
    this.#request = new BodyTransform(library.createStream(), output);
    return FilterHeadersStatus.Continue;
  }

  override decodeData(data: Buffer, endStream: boolean): FilterDataStatus {
    if (this.#request === null) return FilterDataStatus.Continue;
    this.#settings.requestStats.totalUncompressedBytes.add(data.length);
    this.#request.write(data, endStream);
    return FilterDataStatus.StopIterationNoBuffer;
  }

  override decodeTrailers(): FilterTrailersStatus {
    if (this.#request === null) return FilterTrailersStatus.Continue;
    this.#request.onTrailers();
    return FilterTrailersStatus.StopIteration;
  }

  override encodeHeaders(headers: ResponseHeaders, endStream: boolean): FilterHeadersStatus {
    const { library, response } = this.#settings;
    const route = this.#encoder.perRouteConfig() as CompressorRouteSettings | undefined;
    const considered = this.#compressesResponses(route) && response.isLongEnough(headers);
    const compressible = considered && this.#isCompressible(headers);
    if (considered && !endStream && this.#clientAccepts(headers) && compressible) {
      this.#changeEtag(headers);
      headers.remove(Names.contentLength);
      headers.append(Names.contentEncoding, library.contentEncoding);
      response.stats.compressed.inc();
      const output = new EncodedOutput(this.#encoder, response.stats.totalCompressedBytes);
      this.#response = new BodyTransform(library.createStream(), output);
    } else {
      response.stats.notCompressed.inc();
    }
    // Caches are to know that another client may get another body.
    if (compressible) addVary(headers);
    return FilterHeadersStatus.Continue;
  }

  override encodeData(data: Buffer, endStream: boolean): FilterDataStatus {
    if (this.#response === null) return FilterDataStatus.Continue;
    this.#settings.response.stats.totalUncompressedBytes.add(data.length);
    this.#response.write(data, endStream);
    return FilterDataStatus.StopIterationNoBuffer;
  }

  override encodeTrailers(): FilterTrailersStatus {
    if (this.#response === null) return FilterTrailersStatus.Continue;
    this.#response.onTrailers();
    return FilterTrailersStatus.StopIteration;
  }

  override onDestroy(): void {
    this.#request?.destroy();
    this.#response?.destroy();
  }

  // --- decisions -----------------------------------------------------------------------------------------------------

  #compressesResponses(route: CompressorRouteSettings | undefined): boolean {
    return route?.disabled !== true && this.#settings.response.isEnabled;
  }

  #mayCompress(headers: RequestHeaders): boolean {
    const { request } = this.#settings;
    if (request === null || !request.isLongEnough(headers) || !request.allowsContentType(headers)) return false;
    return !headers.has(Names.contentEncoding);
  }

  #isCompressible(headers: ResponseHeaders): boolean {
    const { response, disableOnEtag, uncompressibleCodes, negotiationStats } = this.#settings;
    if (isTunnel(this.#encoder.requestHeaders) || !response.allowsContentType(headers)) return false;
    if (forbidsTransform(headers)) return false;
    if (disableOnEtag && headers.has(Names.etag)) {
      negotiationStats.notCompressedEtag.inc();
      return false;
    }
    return !headers.has(Names.contentEncoding) && !uncompressibleCodes.includes(headers.status);
  }

  #clientAccepts(headers: ResponseHeaders): boolean {
    const { library, negotiationStats: stats } = this.#settings;
    if (this.#acceptEncoding === undefined || this.#negotiation === null) {
      stats.noAcceptHeader.inc();
      return false;
    }
    const { encoding, because } = this.#negotiation.choose(this.#acceptEncoding, headers);
    const isThis = encoding === library.contentEncoding;
    if (because === 'accepted') (isThis ? stats.compressorUsed : stats.compressorOvershadowed).inc();
    else stats[because].inc();
    return isThis;
  }

  /** A strong one vouches for bytes that no longer are the same. */
  #changeEtag(headers: ResponseHeaders): void {
    const etag = headers.get(Names.etag);
    if (etag === undefined || etag.startsWith('W/') || etag.startsWith('w/')) return;
    if (this.#settings.weakenEtag) headers.set(Names.etag, `W/${etag}`);
    else headers.remove(Names.etag);
  }
}

/** What follows such a request is no body of its own. */
function isTunnel(headers: RequestHeaders): boolean {
  return headers.method === 'CONNECT' || headers.protocol !== '';
}

function addVary(headers: ResponseHeaders): void {
  const vary = headers.get(Names.vary);
  if (vary === undefined) headers.append(Names.vary, 'Accept-Encoding');
  else if (!vary.includes('Accept-Encoding')) headers.appendToValue(Names.vary, 'Accept-Encoding', ', ');
}
