// Owns the operators on how the stream ended: status, flags, details, protocol.
import { grpcStatusOfHttp, isGrpcContentType } from '../../../../base/grpc-status.ts';
import { formatResponseFlags, formatResponseFlagsLong } from '../../../response-flags.ts';
import type { LogContext } from '../../context.ts';
import { toByteString } from '../bytes.ts';
import { FormatError } from '../error.ts';
import {
  BytesOperator,
  bytes,
  NumberOperator,
  name,
  noLength,
  number,
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

/** Reads the gRPC status of a stream; -1 for requests that are not gRPC or have no status. */
export function grpcStatusReader(options: OperatorOptions): (context: LogContext) => number {
  const contentType = options.headerName('content-type');
  const grpcStatus = options.headerName('grpc-status');
  return (context) => {
    if (!isGrpcContentType(context.requestHeaders?.get(contentType))) return -1;
    const text = context.responseTrailers?.get(grpcStatus) ?? context.responseHeaders?.get(grpcStatus);
    if (text !== undefined) return /^\d{1,9}$/.test(text) ? Number(text) : -1;
    const status = context.streamInfo.responseCode;
    return status === 0 ? -1 : grpcStatusOfHttp(status);
  };
}

/** The same for grpc_status_filter, which takes every request for gRPC. */
export function anyGrpcStatusReader(options: OperatorOptions): (context: LogContext) => number {
  const grpcStatus = options.headerName('grpc-status');
  return (context) => {
    const text = context.responseTrailers?.get(grpcStatus) ?? context.responseHeaders?.get(grpcStatus);
    if (text !== undefined && /^\d{1,9}$/.test(text)) return Number(text);
    return grpcStatusOfHttp(context.streamInfo.responseCode);
  };
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
  if (column === 2) return new NumberOperator(read);
  return new PlainOperator((context) => {
    const status = read(context);
    return status < 0 ? undefined : (grpcNames[status]?.[column as 0 | 1] ?? String(status));
  });
};

const grpcStatusNumber: OperatorFactory = (call, options) => {
  noLength(call);
  return new NumberOperator(grpcStatusReader(options));
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
