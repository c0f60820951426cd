// The compressor filter of one stream: decides by headers whether the request and the response are compressed, and hands
// their bodies to the library.
import {
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  PassThroughFilter,
} from '../../../../http/filter/api.ts';
import { Names, type RequestHeaders, type ResponseHeaders } from '../../../../http/headers/api.ts';
import { BodyTransform } from '../../../common/compression/body-transform.ts';
import { forbidsTransform } from '../../../common/compression/headers.ts';
import type { CompressionLibrary } from '../../../common/compression/library.ts';
import { DecodedOutput, EncodedOutput } from '../../../common/compression/outputs.ts';
import { type ChainNegotiation, negotiationOf } from './negotiation.ts';
import type { CompressorRouteSettings, CompressorSettings } from './settings.ts';
import { isPassedOver, obstacleTo, tellStatus } from './status-header.ts';

export class CompressorFilter extends PassThroughFilter {
  readonly #settings: CompressorSettings;
  #library: CompressionLibrary;
  #negotiation: ChainNegotiation | null = null;
  #acceptEncoding: string | undefined = undefined;
  #request: BodyTransform | null = null;
  #response: BodyTransform | null = null;

  constructor(settings: CompressorSettings) {
    super();
    this.#settings = settings;
    this.#library = settings.library;
  }

  override decodeHeaders(headers: RequestHeaders, endStream: boolean): FilterHeadersStatus {
    const { request, requestStats, removeAcceptEncoding } = this.#settings;
    const route = this.decoder.perRouteConfig() as CompressorRouteSettings | undefined;
    this.#negotiation = negotiationOf(this.decoder.streamInfo);
    if (route?.library !== undefined) this.#library = route.library;
    const library = this.#library;
    this.#negotiation.add(this.#settings, library.contentEncoding);
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
    const output = new DecodedOutput(this.decoder, requestStats.totalCompressedBytes);
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
    const { response, tellsStatus } = this.#settings;
    const route = this.encoder.perRouteConfig() as CompressorRouteSettings | undefined;
    const enabled = this.#compressesResponses(route);
    // With the header the length counts only where nothing else stands in the way, as in Envoy.
    const considered = enabled && !(tellsStatus && isPassedOver(headers)) && response.isLongEnough(headers);
    const compressible = considered && this.#isCompressible(headers);
    // Caches are to know that another client may get another body.
    if (compressible && tellsStatus) addVary(headers);
    const compresses = tellsStatus
      ? enabled && !endStream && this.#meetsNoObstacle(headers) && this.#clientAccepts(headers)
      : considered && !endStream && this.#clientAccepts(headers) && compressible;
    if (compresses) this.#compress(headers);
    else response.stats.notCompressed.inc();
    if (compressible && !tellsStatus) addVary(headers);
    return FilterHeadersStatus.Continue;
  }

  #compress(headers: ResponseHeaders): void {
    const { response, tellsStatus } = this.#settings;
    const { contentEncoding } = this.#library;
    const length = headers.get(Names.contentLength) ?? '';
    this.#changeEtag(headers);
    headers.remove(Names.contentLength);
    headers.append(Names.contentEncoding, contentEncoding);
    if (tellsStatus) tellStatus(headers, contentEncoding, `Compressed;OriginalLength=${length}`);
    response.stats.compressed.inc();
    const output = new EncodedOutput(this.encoder, response.stats.totalCompressedBytes);
    this.#response = new BodyTransform(this.#library.createStream(), output);
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
    const { response, disableOnEtag, uncompressibleCodes, negotiationStats, tellsStatus } = this.#settings;
    if (this.#isTunnel(headers) || !response.allowsContentType(headers)) return false;
    if (forbidsTransform(headers)) return false;
    if (disableOnEtag && headers.has(Names.etag)) {
      if (!tellsStatus) negotiationStats.notCompressedEtag.inc();
      return false;
    }
    return !headers.has(Names.contentEncoding) && !uncompressibleCodes.includes(headers.status);
  }

  /** Tells of it in a header where there is one. */
  #meetsNoObstacle(headers: ResponseHeaders): boolean {
    if (this.#isTunnel(headers)) return false;
    const obstacle = obstacleTo(headers, this.#settings);
    if (obstacle !== undefined && obstacle !== '') tellStatus(headers, this.#library.contentEncoding, obstacle);
    return obstacle === undefined;
  }

  #clientAccepts(headers: ResponseHeaders): boolean {
    const { negotiationStats: stats } = this.#settings;
    if (this.#acceptEncoding === undefined || this.#negotiation === null) {
      stats.noAcceptHeader.inc();
      return false;
    }
    const { encoding, because } = this.#negotiation.choose(this.#acceptEncoding, headers);
    const isThis = encoding === this.#library.contentEncoding;
    if (because === 'accepted') (isThis ? stats.compressorUsed : stats.compressorOvershadowed).inc();
    else stats[because].inc();
    return isThis;
  }

  /** An upgrade that upstream refused is answered like any request. */
  #isTunnel(headers: ResponseHeaders): boolean {
    return this.encoder.requestHeaders?.method === 'CONNECT' || headers.status === 101;
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
  else if (!vary.split(',').some((name) => name.trim() === 'Accept-Encoding')) {
    headers.set(Names.vary, `${vary}, Accept-Encoding`);
  }
}
