// Owns how a local reply looks to a gRPC client: a trailers-only response whose status tells what the HTTP status would.
// Source: https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md
import type { RequestHeaders, ResponseHeaders } from '../headers/header-map.ts';
import { Names } from '../headers/name.ts';

export function isGrpcRequest(headers: RequestHeaders): boolean {
  const type = headers.get(Names.contentType);
  if (type === undefined || !type.startsWith('application/grpc')) return false;
  // `application/grpc-web` is another protocol.
  return type.length === 16 || type.charCodeAt(16) === 0x2b || type.charCodeAt(16) === 0x3b;
}

export function grpcStatusOf(httpStatus: number): number {
  switch (httpStatus) {
    case 400:
      return 13;
    case 401:
      return 16;
    case 403:
      return 7;
    case 404:
      return 12;
    case 429:
    case 502:
    case 503:
    case 504:
      return 14;
    default:
      return 2;
  }
}

export function describeAsGrpc(headers: ResponseHeaders, httpStatus: number, message: string): void {
  headers.set(Names.contentType, 'application/grpc');
  headers.set(Names.grpcStatus, String(grpcStatusOf(httpStatus)));
  if (message !== '') headers.set(Names.grpcMessage, percentEncode(message));
}

/** Everything but printable ASCII and the percent sign, byte by byte (gRPC over HTTP/2, Status-Message). */
function percentEncode(text: string): string {
  let out = '';
  for (const byte of Buffer.from(text)) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    out += plain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}
