// Owns what HTTP says to gRPC: which content types are gRPC's, which status a gRPC client reads
// from an HTTP status, and how a message is written in a header.

/** `application/grpc`, also with a suffix or parameters; `application/grpc-web` is another protocol. */
export function isGrpcContentType(type: string | undefined): boolean {
  if (type === undefined || !type.startsWith('application/grpc')) return false;
  return type.length === 16 || type.charCodeAt(16) === 0x2b;
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

/** Statuses that a well-behaved server gives to a call it does not like, and 0; what a proxy would tell by less than 500. */
const notTheServersFault: ReadonlySet<string> = new Set(['0', '1', '3', '5', '6', '7', '8', '9', '10', '11', '16']);

/** Does this text of grpc-status (undefined: there was none) tell of what HTTP has its statuses from 500 on for? */
export function isFaultOfServer(status: string | undefined): boolean {
  return status === undefined || !notTheServersFault.has(status);
}

/** Everything but printable ASCII and the percent sign, byte by byte (gRPC over HTTP/2, Status-Message); as Envoy, the tilde too. */
export function percentEncode(text: string): string {
  let out = '';
  for (const byte of Buffer.from(text, 'latin1')) {
    const plain = byte >= 0x20 && byte < 0x7e && byte !== 0x25;
    out += plain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}
