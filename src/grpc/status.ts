// Owns how a call ended: gRPC's status codes, and where they come from: trailers, the HTTP status, or a failure of the
// request. What means what is as in Envoy's client, asked of the real one.
import { grpcStatusOfHttp } from '../base/grpc-status.ts';
import type { HeaderMap } from '../http/headers/header-map.ts';
import { Names } from '../http/headers/name.ts';
import type { OwnRequestFailure } from '../router/api.ts';

/** https://github.com/grpc/grpc/blob/master/doc/statuscodes.md */
export const GrpcCode = {
  Ok: 0,
  Cancelled: 1,
  Unknown: 2,
  InvalidArgument: 3,
  DeadlineExceeded: 4,
  NotFound: 5,
  AlreadyExists: 6,
  PermissionDenied: 7,
  ResourceExhausted: 8,
  FailedPrecondition: 9,
  Aborted: 10,
  OutOfRange: 11,
  Unimplemented: 12,
  Internal: 13,
  Unavailable: 14,
  DataLoss: 15,
  Unauthenticated: 16,
  /** The peer sent what is none of them. */
  Invalid: -1,
} as const;

const codeNames = Object.keys(GrpcCode);

export interface GrpcStatus {
  /** A code that is known here, or -1. */
  readonly code: number;
  /** grpc-message as it came (a byte string, percent-encoded), or the body of the answer in the peer's place. */
  readonly message: string;
  /** Response-code details, Envoy's contract; empty where the peer's trailers say all. */
  readonly details: string;
  /** In words, for logs: whose fault, and what to look at. */
  readonly cause: string;
}

export function codeName(code: number): string {
  return code < 0 ? 'Invalid' : (codeNames[code] ?? 'Invalid');
}

const viaUpstream = 'via_upstream';

/** Trailers, or headers that end the response. Without a grpc-status what HTTP's says, which is 200 with trailers. */
export function statusOfTrailers(trailers: HeaderMap, httpStatus: number): GrpcStatus {
  const text = trailers.get(Names.grpcStatus);
  if (text === undefined || text === '') {
    const cause =
      httpStatus === 200
        ? 'the peer ended its answer without a grpc-status'
        : `the peer answered HTTP ${httpStatus} without a grpc-status`;
    return { code: grpcStatusOfHttp(httpStatus), message: '', details: viaUpstream, cause };
  }
  const message = trailers.get(Names.grpcMessage) ?? '';
  const code = parseCode(text);
  const words = message === '' ? '' : `: ${percentDecode(message)}`;
  const name = code === GrpcCode.Invalid ? `the unknown status ${JSON.stringify(text)}` : codeName(code);
  return { code, message, details: viaUpstream, cause: `the peer ended the call with ${name}${words}` };
}

/** Headers that another status than 200 makes the whole answer. */
export function statusOfHttp(httpStatus: number): GrpcStatus {
  return {
    code: grpcStatusOfHttp(httpStatus),
    message: '',
    details: viaUpstream,
    cause: `the peer answered HTTP ${httpStatus}, which is no gRPC: is it a gRPC server, and is the path right?`,
  };
}

export function statusOfFailure({ status, body, details, cause }: OwnRequestFailure): GrpcStatus {
  return { code: status === 0 ? GrpcCode.Internal : grpcStatusOfHttp(status), message: body, details, cause };
}

/** What this side found wrong. */
export function localStatus(code: number, cause: string): GrpcStatus {
  return { code, message: '', details: viaUpstream, cause };
}

function parseCode(text: string): number {
  if (!/^\d{1,2}$/.test(text)) return GrpcCode.Invalid;
  const code = Number(text);
  return code > GrpcCode.Unauthenticated ? GrpcCode.Invalid : code;
}

const escapes = /%([0-9a-fA-F]{2})/g;

/** Text of a grpc-message: UTF-8 behind percent signs; what is no such escape stays as it is. */
export function percentDecode(message: string): string {
  const bytes = message.replace(escapes, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
