// Owns what HTTP says to gRPC: which content types are gRPC's, and which status a gRPC client reads from an HTTP status.

/** `application/grpc`, also with a suffix or parameters; `application/grpc-web` is another protocol. */
export function isGrpcContentType(type: string | undefined): boolean {
  if (type === undefined || !type.startsWith('application/grpc')) return false;
  return type.length === 16 || type.charCodeAt(16) === 0x2b || type.charCodeAt(16) === 0x3b;
}

/** https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md */
export function grpcStatusOfHttp(status: number): number {
  switch (status) {
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
