// Owns the head of a call, in the order in which Envoy writes it.
import { formatGrpcTimeout } from '../base/grpc-timeout.ts';
import { RequestHeaders } from '../http/headers/header-map.ts';
import { Names } from '../http/headers/name.ts';
import type { StreamInfo } from '../observability/stream-info.ts';
import { formatForRequest } from '../router/api.ts';
import { appendMetadata, encodeBinary, type MetadataEntry } from './metadata.ts';
import type { GrpcTarget } from './target.ts';

/** The client's request that a call is made for: what initial_metadata may speak of. */
export interface CallParent {
  readonly requestHeaders: RequestHeaders;
  readonly streamInfo: StreamInfo;
}

export interface CallHead {
  /** `/package.Service/Method`. */
  readonly path: string;
  /** Milliseconds; 0: none. */
  readonly timeoutMs: number;
  readonly metadata: readonly MetadataEntry[];
  /** Null for a call of the process itself. */
  readonly parent: CallParent | null;
  /** This machine's address, for x-forwarded-for. */
  readonly localAddress: string;
}

export function callHeaders(target: GrpcTarget, head: CallHead): RequestHeaders {
  const headers = new RequestHeaders();
  headers.method = 'POST';
  headers.path = head.path;
  headers.authority = target.authority;
  // Asked of the real Envoy: also where the cluster speaks TLS.
  headers.scheme = 'http';
  headers.append(Names.te, 'trailers');
  if (head.timeoutMs > 0) headers.append(Names.grpcTimeout, formatGrpcTimeout(head.timeoutMs));
  headers.append(Names.contentType, 'application/grpc');
  const { parent } = head;
  for (const { name, text, format, binary } of target.initialMetadata) {
    const value =
      format === null || parent === null ? text : formatForRequest(format, parent.requestHeaders, parent.streamInfo);
    // What a format finds nothing for is left out.
    if (value !== '') headers.set(name, binary ? encodeBinary(value) : value);
  }
  appendMetadata(headers, head.metadata);
  if (!target.skipEnvoyHeaders) {
    headers.append(Names.xEnvoyInternal, 'true');
    headers.append(Names.xForwardedFor, head.localAddress);
  }
  return headers;
}
