// Owns how a local reply looks to a gRPC client: a trailers-only response whose status tells what the HTTP status would.
import { isGrpcContentType, percentEncode } from '../../base/grpc-status.ts';
import type { RequestHeaders, ResponseHeaders } from '../headers/header-map.ts';
import { Names } from '../headers/name.ts';

export function isGrpcRequest(headers: RequestHeaders): boolean {
  return isGrpcContentType(headers.get(Names.contentType));
}

/** `message` is a byte string. A status that header rules or local_reply_config have set stays, as in Envoy. */
export function describeAsGrpc(headers: ResponseHeaders, grpcStatus: number, message: string): void {
  headers.remove(Names.contentLength);
  headers.set(Names.contentType, 'application/grpc');
  if (!headers.has(Names.grpcStatus)) headers.set(Names.grpcStatus, String(grpcStatus));
  if (message !== '') headers.set(Names.grpcMessage, percentEncode(message));
}
