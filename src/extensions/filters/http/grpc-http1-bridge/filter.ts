// Owns the bridge from clients of HTTP/1, who see no trailers, to gRPC: the answer is held back until its trailers have come,
// and their outcome stands in its headers. Where configured, a message of protobuf gets the frame of gRPC and loses it again.
import { isGrpcContentType } from '../../../../base/grpc-status.ts';
import { Protocol } from '../../../../http/codec/api.ts';
import {
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  PassThroughFilter,
} from '../../../../http/filter/api.ts';
import { type HeaderMap, Names, type RequestHeaders, type ResponseHeaders } from '../../../../http/headers/api.ts';
import { frameHeader, frameHeaderLength } from '../../../common/grpc/frame-header.ts';

export interface BridgeSettings {
  readonly upgrade: boolean;
  readonly ignoreQuery: boolean;
}

const protobufType = 'application/x-protobuf';
const noBytes = Buffer.alloc(0);

export class GrpcHttp1BridgeFilter extends PassThroughFilter {
  readonly #settings: BridgeSettings;
  #bridges = false;
  #frames = false;
  /** Response headers that wait for the trailers. */
  #held: ResponseHeaders | null = null;

  constructor(settings: BridgeSettings) {
    super();
    this.#settings = settings;
  }

  override decodeHeaders(headers: RequestHeaders): FilterHeadersStatus {
    const { upgrade, ignoreQuery } = this.#settings;
    let type = headers.get(Names.contentType);
    const upgraded = upgrade && type === protobufType;
    if (upgraded) {
      type = 'application/grpc';
      this.decoder.streamInfo.grpcClient = false;
      headers.set(Names.contentType, type);
      headers.remove(Names.contentLength);
    }
    if (this.decoder.streamInfo.protocol >= Protocol.Http2 || !isGrpcContentType(type))
      return FilterHeadersStatus.Continue;
    this.#bridges = true;
    // As in Envoy a client of HTTP/2 is told to speak gRPC, and its body stays as it is.
    this.#frames = upgraded;
    if (ignoreQuery) {
      const query = headers.path.indexOf('?');
      if (query !== -1) headers.path = headers.path.slice(0, query);
    }
    return FilterHeadersStatus.Continue;
  }

  override decodeData(data: Buffer, endStream: boolean): FilterDataStatus {
    if (!this.#frames) return FilterDataStatus.Continue;
    if (!endStream) return FilterDataStatus.StopIterationAndBuffer;
    const before = this.decoder.decodingBuffer()?.length ?? 0;
    this.decoder.injectDecodedData(frameHeader(before + data.length), false);
    return FilterDataStatus.Continue;
  }

  override encodeHeaders(headers: ResponseHeaders, endStream: boolean): FilterHeadersStatus {
    if (!this.#bridges || endStream) return FilterHeadersStatus.Continue;
    this.#held = headers;
    return FilterHeadersStatus.StopIteration;
  }

  override encodeData(data: Buffer, endStream: boolean): FilterDataStatus {
    if (this.#held === null) return FilterDataStatus.Continue;
    if (!endStream) return FilterDataStatus.StopIterationAndBuffer;
    // An answer without trailers. One that is no gRPC, an error of HTTP, has no frame to lose.
    if (!this.#frames || !isGrpcContentType(this.#held.get(Names.contentType))) return FilterDataStatus.Continue;
    const kept = this.encoder.encodingBuffer();
    const body = unframed(kept === null ? data : Buffer.concat([kept, data]));
    this.#held.set(Names.contentLength, String(body.length));
    this.encoder.replaceEncodingBuffer(body);
    this.encoder.continueEncoding();
    return FilterDataStatus.StopIterationNoBuffer;
  }

  override encodeTrailers(trailers: HeaderMap): FilterTrailersStatus {
    const headers = this.#held;
    if (headers === null) return FilterTrailersStatus.Continue;
    const status = trailers.get(Names.grpcStatus);
    if (status !== undefined) {
      if (!/^\+?0+$/.test(status)) headers.status = 503;
      headers.set(Names.grpcStatus, status);
    }
    const message = trailers.get(Names.grpcMessage);
    if (message !== undefined) headers.set(Names.grpcMessage, message);
    let body = this.encoder.encodingBuffer() ?? noBytes;
    if (this.#frames) {
      body = unframed(body);
      this.encoder.replaceEncodingBuffer(body);
    }
    headers.set(Names.contentLength, String(body.length));
    return FilterTrailersStatus.Continue;
  }
}

/** What is left of it; the client asked for one message. */
function unframed(body: Buffer): Buffer {
  return body.subarray(Math.min(frameHeaderLength, body.length));
}
