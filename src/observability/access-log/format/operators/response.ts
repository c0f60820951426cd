// Owns the operators on how the stream ended: status, flags, details, protocol.
import { grpcStatusOfHttp, isGrpcContentType } from '../../../../base/grpc-status.ts';
import { formatResponseFlags, formatResponseFlagsLong } from '../../../response-flags.ts';
import type { HeaderName, LogContext } from '../../context.ts';
import { toByteString } from '../bytes.ts';
import { FormatError } from '../error.ts';
import {
  BytesOperator,
  bytes,
  name,
  noLength,
  number,
  type Operator,
  type OperatorFactory,
  type OperatorOptions,
  type OperatorTable,
  PlainOperator,
  plain,
} from '../operator.ts';

/** By http/codec's Protocol. */
const protocols: readonly string[] = ['HTTP/1.0', 'HTTP/1.1', 'HTTP/2', 'HTTP/3'];

const details: OperatorFactory = (call) => {
  noLength(call);
  const keepSpaces = call.parameters === 'ALLOW_WHITESPACES';
  return new BytesOperator((context) => {
    const text = context.streamInfo.responseCodeDetails;
    if (text === '') return undefined;
    return toByteString(keepSpaces || !text.includes(' ') ? text : text.replaceAll(' ', '_'));
  });
};

/** The transport's words as one token. */
function token(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  return toByteString(text.includes(' ') ? text.replaceAll(' ', '_') : text);
}

// --- gRPC -----------------------------------------------------------------------------------------------------------

const grpcNames: readonly (readonly [camel: string, snake: string])[] = [
  ['OK', 'OK'],
  ['Canceled', 'CANCELLED'],
  ['Unknown', 'UNKNOWN'],
  ['InvalidArgument', 'INVALID_ARGUMENT'],
  ['DeadlineExceeded', 'DEADLINE_EXCEEDED'],
  ['NotFound', 'NOT_FOUND'],
  ['AlreadyExists', 'ALREADY_EXISTS'],
  ['PermissionDenied', 'PERMISSION_DENIED'],
  ['ResourceExhausted', 'RESOURCE_EXHAUSTED'],
  ['FailedPrecondition', 'FAILED_PRECONDITION'],
  ['Aborted', 'ABORTED'],
  ['OutOfRange', 'OUT_OF_RANGE'],
  ['Unimplemented', 'UNIMPLEMENTED'],
  ['Internal', 'INTERNAL'],
  ['Unavailable', 'UNAVAILABLE'],
  ['DataLoss', 'DATA_LOSS'],
  ['Unauthenticated', 'UNAUTHENTICATED'],
];

/** What a text of grpc-status that is no number counts as. */
const noStatus = -1;

/** The status that trailers or headers name, as Envoy reads it; undefined where they name none. */
function namedStatus(context: LogContext, name: HeaderName): number | undefined {
  const text = context.responseTrailers?.get(name) || context.responseHeaders?.get(name);
  if (text === undefined || text === '') return undefined;
  return /^\+?\d{1,15}$/.test(text) ? Number(text) : noStatus;
}

/** Reads the gRPC status of a stream; undefined for requests that are not gRPC or have no status. */
export function grpcStatusReader(options: OperatorOptions): (context: LogContext) => number | undefined {
  const contentType = options.headerName('content-type');
  const grpcStatus = options.headerName('grpc-status');
  return (context) => {
    if (!isGrpcContentType(context.requestHeaders?.get(contentType))) return undefined;
    const named = namedStatus(context, grpcStatus);
    if (named !== undefined) return named;
    const status = context.streamInfo.responseCode;
    return status === 0 ? undefined : grpcStatusOfHttp(status);
  };
}

/** The same for grpc_status_filter, which takes every request for gRPC. */
export function anyGrpcStatusReader(options: OperatorOptions): (context: LogContext) => number {
  const grpcStatus = options.headerName('grpc-status');
  return (context) => namedStatus(context, grpcStatus) ?? grpcStatusOfHttp(context.streamInfo.responseCode);
}

/** A number that may be negative. */
class GrpcNumberOperator implements Operator {
  readonly #read: (context: LogContext) => number | undefined;

  constructor(read: (context: LogContext) => number | undefined) {
    this.#read = read;
  }

  text(context: LogContext): string | undefined {
    const value = this.#read(context);
    return value === undefined ? undefined : `${value}`;
  }

  json(context: LogContext): string {
    return this.text(context) ?? 'null';
  }
}

const grpcStatus: OperatorFactory = (call, options) => {
  noLength(call);
  const read = grpcStatusReader(options);
  const column = { '': 0, CAMEL_STRING: 0, SNAKE_STRING: 1, NUMBER: 2 }[call.parameters];
  if (column === undefined) {
    throw new FormatError(
      `GRPC_STATUS takes CAMEL_STRING, SNAKE_STRING or NUMBER, not '${call.parameters}'`,
      call.position,
    );
  }
  if (column === 2) return new GrpcNumberOperator(read);
  return new PlainOperator((context) => {
    const status = read(context);
    return status === undefined ? undefined : (grpcNames[status]?.[column as 0 | 1] ?? String(status));
  });
};

const grpcStatusNumber: OperatorFactory = (call, options) => {
  noLength(call);
  return new GrpcNumberOperator(grpcStatusReader(options));
};

/** By AccessLogType. */
const logTypes: readonly string[] = [
  'NotSet',
  'TcpUpstreamConnected',
  'TcpPeriodic',
  'TcpConnectionEnd',
  'DownstreamStart',
  'DownstreamPeriodic',
  'DownstreamEnd',
  'UpstreamPoolReady',
  'UpstreamPeriodic',
  'UpstreamEnd',
  'DownstreamTunnelSuccessfullyEstablished',
  'UdpTunnelUpstreamConnected',
  'UdpPeriodic',
  'UdpSessionEnd',
  'TcpConnectionStart',
];

export const responseOperators: OperatorTable = {
  RESPONSE_CODE: number((context) => context.streamInfo.responseCode),
  RESPONSE_CODE_DETAILS: details,
  RESPONSE_FLAGS: plain((context) => formatResponseFlags(context.streamInfo.flagOrder)),
  RESPONSE_FLAGS_LONG: plain((context) => formatResponseFlagsLong(context.streamInfo.flagOrder)),
  PROTOCOL: plain((context) => protocols[context.streamInfo.protocol]),
  UPSTREAM_PROTOCOL: plain((context) => protocols[context.streamInfo.upstream?.protocol ?? -1]),
  CONNECTION_TERMINATION_DETAILS: name((context) => context.streamInfo.connection.terminationDetails),
  UPSTREAM_TRANSPORT_FAILURE_REASON: bytes((context) => token(context.streamInfo.upstream?.transportFailureReason)),
  DOWNSTREAM_TRANSPORT_FAILURE_REASON: bytes((context) => token(context.streamInfo.connection.transportFailureReason)),
  GRPC_STATUS: grpcStatus,
  GRPC_STATUS_NUMBER: grpcStatusNumber,
  ACCESS_LOG_TYPE: plain((context) => logTypes[context.logType]),
  LOCAL_REPLY_BODY: bytes((context) => context.localReplyBody),
};
