// Owns the bridge from gRPC-Web, as browsers speak it, to gRPC: trailers become a last frame of the body, bodies may be in
// base64, and answers that are no gRPC become a status and a message.
import { grpcStatusOfHttp, isGrpcContentType, percentEncode } from '../../../../base/grpc-status.ts';
import {
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  PassThroughFilter,
} from '../../../../http/filter/api.ts';
import { type HeaderMap, Names, type RequestHeaders, type ResponseHeaders } from '../../../../http/headers/api.ts';
import type { GrpcStatsByCluster, MethodStats } from '../../../common/grpc/method-stats.ts';
import { Base64Decoder, FrameEncoder } from './base64.ts';

const webType = 'application/grpc-web';
const binaryTypes: ReadonlySet<string> = new Set(['application/grpc-web', 'application/grpc-web+proto']);
const textTypes: ReadonlySet<string> = new Set(['application/grpc-web-text', 'application/grpc-web-text+proto']);

/** Envoy's bound for a message made from a body. */
const maxMessage = 16_384;
const trailersFlag = 0x80;
const none = Buffer.alloc(0);

export class GrpcWebFilter extends PassThroughFilter {
  readonly #methods: GrpcStatsByCluster;
  #web = false;
  #base64: Base64Decoder | null = null;
  /** Not null: the client takes base64. */
  #frames: FrameEncoder | null = null;
  /** Response headers that wait for the body they are made from, and its beginning. */
  #foreign: ResponseHeaders | null = null;
  #foreignBody = '';
  #stats: MethodStats | null = null;

  constructor(methods: GrpcStatsByCluster) {
    super();
    this.#methods = methods;
  }

  override decodeHeaders(headers: RequestHeaders): FilterHeadersStatus {
    const type = headers.get(Names.contentType) ?? '';
    const text = textTypes.has(type);
    if (!text && !binaryTypes.has(type)) return FilterHeadersStatus.Continue;
    this.#web = true;
    this.decoder.streamInfo.grpcClient = false;
    this.#stats = this.#methods.ofRequest(headers, this.decoder);
    if (text) this.#base64 = new Base64Decoder();
    if (textTypes.has(headers.get(Names.accept) ?? '')) this.#frames = new FrameEncoder();
    headers.remove(Names.contentLength);
    headers.set(Names.contentType, 'application/grpc');
    headers.set(Names.te, 'trailers');
    if (!headers.has(Names.grpcAcceptEncoding)) headers.append(Names.grpcAcceptEncoding, 'identity');
    return FilterHeadersStatus.Continue;
  }

  override decodeData(data: Buffer, endStream: boolean): FilterDataStatus {
    if (this.#base64 === null) return FilterDataStatus.Continue;
    const decoded = this.#base64.decode(data);
    const cut = endStream && this.#base64.incomplete;
    if (decoded === undefined || cut) {
      this.decoder.sendLocalReply({
        status: 400,
        body: 'Bad gRPC-web request, invalid base64 data.',
        details: cut ? 'grpc_base_64_decode_failed_bad_size' : 'grpc_base_64_decode_failed',
        cause: 'the body of a gRPC-Web text request is not base64',
      });
      return FilterDataStatus.StopIterationNoBuffer;
    }
    if (decoded.length > 0 || endStream) this.decoder.injectDecodedData(decoded, endStream);
    return FilterDataStatus.StopIterationNoBuffer;
  }

  override encodeHeaders(headers: ResponseHeaders, endStream: boolean): FilterHeadersStatus {
    if (!this.#web) return FilterHeadersStatus.Continue;
    const isGrpc = headers.status === 200 && isGrpcOrWeb(headers.get(Names.contentType));
    if (endStream) this.#count(headers);
    headers.remove(Names.contentLength);
    const waits = !isGrpc && !endStream;
    headers.set(
      Names.contentType,
      this.#frames !== null ? 'application/grpc-web-text+proto' : 'application/grpc-web+proto',
    );
    if (!waits) return FilterHeadersStatus.Continue;
    this.#foreign = headers;
    return FilterHeadersStatus.StopIteration;
  }

  override encodeData(data: Buffer, endStream: boolean): FilterDataStatus {
    if (this.#foreign !== null) {
      this.#foreignBody += data.toString('latin1', 0, maxMessage - this.#foreignBody.length);
      if (endStream) {
        this.#describe(this.#foreign);
        // As in Envoy the body is not taken away but empty.
        this.encoder.replaceEncodingBuffer(none);
        this.encoder.continueEncoding();
      }
      return FilterDataStatus.StopIterationNoBuffer;
    }
    if (this.#frames === null) return FilterDataStatus.Continue;
    const encoded = this.#frames.encode(data);
    if (encoded.length > 0 || endStream) this.encoder.injectEncodedData(encoded, endStream);
    return FilterDataStatus.StopIterationNoBuffer;
  }

  override encodeTrailers(trailers: HeaderMap): FilterTrailersStatus {
    if (!this.#web) return FilterTrailersStatus.Continue;
    if (this.#foreign !== null) {
      this.#describe(this.#foreign);
      clear(trailers);
      return FilterTrailersStatus.Continue;
    }
    this.#count(trailers);
    const frame = trailersFrame(trailers);
    const body = this.#frames === null ? frame : Buffer.from(frame.toString('base64'), 'latin1');
    this.encoder.injectEncodedData(body, false);
    clear(trailers);
    return FilterTrailersStatus.Continue;
  }

  #count(fields: HeaderMap): void {
    const status = fields.get(Names.grpcStatus);
    if (status !== undefined) this.#stats?.ended(status);
  }

  /** An answer that is no gRPC: its body becomes the message. */
  #describe(headers: ResponseHeaders): void {
    const message = percentEncode(this.#foreignBody);
    if (message !== '') headers.set(Names.grpcMessage, message);
    headers.set(Names.grpcStatus, String(grpcStatusOfHttp(headers.status)));
    headers.set(Names.contentLength, '0');
  }
}

/** An upstream may speak gRPC-Web itself. */
function isGrpcOrWeb(type: string | undefined): boolean {
  if (isGrpcContentType(type)) return true;
  return type !== undefined && (type === webType || type.startsWith(`${webType}+`) || type.startsWith(`${webType};`));
}

function clear(trailers: HeaderMap): void {
  while (trailers.size > 0) trailers.remove(trailers.nameAt(0));
}

function trailersFrame(trailers: HeaderMap): Buffer {
  let text = '';
  for (let i = 0; i < trailers.size; i++) text += `${trailers.nameAt(i).name}:${trailers.valueAt(i)}\r\n`;
  const frame = Buffer.alloc(5 + text.length);
  frame[0] = trailersFlag;
  frame.writeUInt32BE(text.length, 1);
  frame.write(text, 5, 'latin1');
  return frame;
}
