// Owns the operators that count bytes and attempts.
import { number, type OperatorTable } from '../operator.ts';

export const sizeOperators: OperatorTable = {
  BYTES_RECEIVED: number((context) => context.streamInfo.bytesReceived),
  BYTES_SENT: number((context) => context.streamInfo.bytesSent),
  DOWNSTREAM_WIRE_BYTES_RECEIVED: number((context) => context.streamInfo.wireBytesReceived),
  DOWNSTREAM_WIRE_BYTES_SENT: number((context) => context.streamInfo.wireBytesSent),
  DOWNSTREAM_HEADER_BYTES_RECEIVED: number((context) => context.streamInfo.headerBytesReceived),
  DOWNSTREAM_HEADER_BYTES_SENT: number((context) => context.streamInfo.headerBytesSent),
  UPSTREAM_WIRE_BYTES_RECEIVED: number((context) => context.streamInfo.upstream?.wireBytesReceived ?? 0),
  UPSTREAM_WIRE_BYTES_SENT: number((context) => context.streamInfo.upstream?.wireBytesSent ?? 0),
  UPSTREAM_HEADER_BYTES_RECEIVED: number((context) => context.streamInfo.upstream?.headerBytesReceived ?? 0),
  UPSTREAM_HEADER_BYTES_SENT: number((context) => context.streamInfo.upstream?.headerBytesSent ?? 0),
  // Without HPACK (HTTP/2) what a codec unpacks is as long as what came.
  DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED: number((context) => context.streamInfo.headerBytesReceived),
  DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_SENT: number((context) => context.streamInfo.headerBytesSent),
  UPSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED: number(
    (context) => context.streamInfo.upstream?.decompressedHeaderBytesReceived ?? 0,
  ),
  UPSTREAM_DECOMPRESSED_HEADER_BYTES_SENT: number((context) => context.streamInfo.upstream?.headerBytesSent ?? 0),
  UPSTREAM_REQUEST_ATTEMPT_COUNT: number((context) => context.streamInfo.upstream?.attemptCount ?? 0),
};
