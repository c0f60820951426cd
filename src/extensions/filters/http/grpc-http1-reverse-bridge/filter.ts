// Owns the bridge from gRPC clients to upstreams that know only HTTP/1 and messages: the request changes its type and may lose
// its frame, the answer gets it back, and trailers with a status made from that of HTTP.
import { grpcStatusOfHttp, isGrpcContentType } from '../../../../base/grpc-status.ts';
import {
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  PassThroughFilter,
} from '../../../../http/filter/api.ts';
import {
  HeaderMap,
  type NameInfo,
  Names,
  type RequestHeaders,
  type ResponseHeaders,
} from '../../../../http/headers/api.ts';
import { frameHeader, frameHeaderLength } from '../../../common/grpc/frame-header.ts';

export interface ReverseBridgeSettings {
  /** Of requests to the upstream and of its answers. */
  readonly contentType: string;
  /** The upstream gets messages without their frames. */
  readonly withholdFrames: boolean;
  /** Answers tell in it how long they are, and are not buffered; null without. */
  readonly sizeHeader: NameInfo | null;
}

const unknown = 2;
const internal = 13;
const maxSize = 0xffff_ffff;
const noBytes = Buffer.alloc(0);

export class GrpcHttp1ReverseBridgeFilter extends PassThroughFilter {
  readonly #settings: ReverseBridgeSettings;
  #bridges = false;
  #frameRemoved = false;
  /** The client's. */
  #contentType = '';
  #grpcStatus = '0';
  /** Bytes of the answer's message by its own word, and those that came; -1: it said nothing. */
  #announced = -1;
  #received = 0;

  constructor(settings: ReverseBridgeSettings) {
    super();
    this.#settings = settings;
  }

  override decodeHeaders(headers: RequestHeaders, endStream: boolean): FilterHeadersStatus {
    const type = headers.get(Names.contentType);
    if (endStream || type === undefined || !isGrpcContentType(type)) return FilterHeadersStatus.Continue;
    if (this.decoder.perRouteConfig() === true) return FilterHeadersStatus.Continue;
    const { contentType, withholdFrames } = this.#settings;
    this.#bridges = true;
    this.#contentType = type;
    this.decoder.streamInfo.grpcClient = true;
    headers.set(Names.contentType, contentType);
    headers.set(Names.accept, contentType);
    if (withholdFrames) adjustLength(headers, -frameHeaderLength);
    // Routes may look at the type.
    this.decoder.clearRouteCache();
    return FilterHeadersStatus.Continue;
  }

  override decodeData(data: Buffer, endStream: boolean): FilterDataStatus {
    if (!this.#bridges || !this.#settings.withholdFrames || this.#frameRemoved) return FilterDataStatus.Continue;
    // As Envoy, which looks at the first piece only.
    if (data.length < frameHeaderLength) {
      this.decoder.sendLocalReply({
        status: 200,
        body: 'invalid request body',
        grpcStatus: unknown,
        details: 'grpc_bridge_data_too_small',
        cause: `the request's body has ${data.length} bytes, and a gRPC frame at least ${frameHeaderLength}`,
      });
      return FilterDataStatus.StopIterationNoBuffer;
    }
    this.#frameRemoved = true;
    this.decoder.injectDecodedData(data.subarray(frameHeaderLength), endStream);
    return FilterDataStatus.StopIterationNoBuffer;
  }

  override encodeHeaders(headers: ResponseHeaders, endStream: boolean): FilterHeadersStatus {
    if (!this.#bridges) return FilterHeadersStatus.Continue;
    const { contentType, withholdFrames, sizeHeader } = this.#settings;
    const type = headers.get(Names.contentType);
    if (type !== contentType) return this.#refuseType(type, headers.status);
    const size = withholdFrames && sizeHeader !== null ? sizeIn(headers.get(sizeHeader)) : 0;
    if (size < 0) return this.#refuseSize(sizeHeader as NameInfo);
    headers.set(Names.contentType, this.#contentType);
    this.#grpcStatus = String(headers.status === 200 ? 0 : grpcStatusOfHttp(headers.status));
    headers.status = 200;
    if (!withholdFrames) return FilterHeadersStatus.Continue;
    if (sizeHeader !== null) {
      this.#announced = size;
      headers.set(Names.contentLength, String(size + frameHeaderLength));
    } else {
      adjustLength(headers, frameHeaderLength);
      if (endStream) this.#frameNothing();
    }
    return FilterHeadersStatus.Continue;
  }

  /** As Envoy, an answer without a body is an empty message. */
  #frameNothing(): void {
    this.encoder.replaceEncodingBuffer(frameHeader(0));
    this.#end();
  }

  #end(): void {
    const trailers = new HeaderMap();
    trailers.append(Names.grpcStatus, this.#grpcStatus);
    this.encoder.injectEncodedTrailers(trailers);
  }

  #refuseType(type: string | undefined, status: number): FilterHeadersStatus {
    // The reply comes by here as well, and is in order.
    this.#bridges = false;
    const what = type === undefined ? 'no content-type header' : `unsupported content-type ${type}`;
    this.decoder.sendLocalReply({
      status: 200,
      body: `envoy reverse bridge: upstream responded with ${what}, status code ${status}`,
      bodyIsBytes: true,
      grpcStatus: unknown,
      details: 'grpc_bridge_content_type_wrong',
      cause: `the upstream's answer is not of type '${this.#settings.contentType}' (content_type of the reverse bridge)`,
    });
    return FilterHeadersStatus.StopIteration;
  }

  #refuseSize({ name }: NameInfo): FilterHeadersStatus {
    this.#bridges = false;
    this.decoder.sendLocalReply({
      status: 200,
      body: 'envoy reverse bridge: upstream did not set content length',
      grpcStatus: internal,
      details: 'grpc_bridge_content_length_missing',
      cause: `the upstream's answer does not tell its size in '${name}' (response_size_header of the reverse bridge)`,
    });
    return FilterHeadersStatus.StopIteration;
  }

  override encodeData(data: Buffer, endStream: boolean): FilterDataStatus {
    if (!this.#bridges) return FilterDataStatus.Continue;
    if (this.#announced >= 0) this.#passPiece(data);
    else if (this.#settings.withholdFrames) {
      if (!endStream) return FilterDataStatus.StopIterationAndBuffer;
      const kept = this.encoder.encodingBuffer() ?? noBytes;
      const header = frameHeader(kept.length + data.length);
      this.encoder.injectEncodedData(Buffer.concat([header, kept, data]), false);
    } else if (endStream) this.encoder.injectEncodedData(data, false);
    else return FilterDataStatus.Continue;
    if (endStream && !this.#sizeIsWrong()) this.#end();
    return FilterDataStatus.StopIterationNoBuffer;
  }

  /** Of a message whose size is known. */
  #passPiece(data: Buffer): void {
    const first = this.#received === 0;
    this.#received += data.length;
    this.encoder.injectEncodedData(first ? Buffer.concat([frameHeader(this.#announced), data]) : data, false);
  }

  /** True after a reset: the client has begun to read a message of another length. */
  #sizeIsWrong(): boolean {
    if (this.#announced < 0 || this.#received === this.#announced) return false;
    this.decoder.sendLocalReply({
      status: 200,
      body: 'envoy reverse bridge: upstream set incorrect content length',
      grpcStatus: internal,
      details: 'grpc_bridge_content_length_wrong',
      cause: `the upstream announced ${this.#announced} bytes and sent ${this.#received}`,
    });
    return true;
  }

  override encodeTrailers(trailers: HeaderMap): FilterTrailersStatus {
    if (!this.#bridges) return FilterTrailersStatus.Continue;
    trailers.set(Names.grpcStatus, this.#grpcStatus);
    if (this.#sizeIsWrong()) return FilterTrailersStatus.StopIteration;
    if (this.#settings.withholdFrames && this.#announced < 0) {
      const length = this.encoder.encodingBuffer()?.length ?? 0;
      this.encoder.injectEncodedData(frameHeader(length), false);
    }
    return FilterTrailersStatus.Continue;
  }
}

function adjustLength(headers: HeaderMap, by: number): void {
  const length = headers.get(Names.contentLength);
  if (length !== undefined) headers.set(Names.contentLength, String(Math.max(0, Number(length) + by)));
}

/** -1: it names none. */
function sizeIn(text: string | undefined): number {
  if (text === undefined || !/^\+?\d{1,10}$/.test(text)) return -1;
  const size = Number(text);
  return size <= maxSize ? size : -1;
}
