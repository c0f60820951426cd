// Owns what a local reply is made of: headers that describe its body (a type and a length, or gRPC's way of telling a
// failure), and the replies of the filter chain's own limits.
import { toByteString } from '../../base/byte-string.ts';
import { grpcStatusOfHttp } from '../../base/grpc-status.ts';
import type { StreamInfo } from '../../observability/stream-info.ts';
import type { Route } from '../../router/api.ts';
import type { LocalReply } from '../filter/api.ts';
import { type RequestHeaders, ResponseHeaders } from '../headers/header-map.ts';
import { Names } from '../headers/name.ts';
import { describeAsGrpc, isGrpcRequest } from './grpc-reply.ts';
import type { LocalReplyRewriter, ReplyParts } from './local-reply-rewriter.ts';

/** The runtime key that lets clients read the cause as well (DESIGN 4). Off: it tells strangers of the inside. */
export const explainKey = 'remora.explain_local_replies';

export interface PreparedReply {
  readonly headers: ResponseHeaders;
  /** Null: the headers are all. */
  readonly body: Buffer | null;
  /** The reply's own status, also where gRPC's form goes out with 200: filters write and log this one, as in Envoy. */
  readonly code: number;
}

/** What is asked of the stream that is answered. */
export interface AnsweredStream {
  /** Null when the request was too malformed to have headers. */
  readonly headers: RequestHeaders | null;
  /** Its header rules hold for whoever answers; a route that answers by itself applies its own, and not to what filters say, as in Envoy. */
  readonly matchedRoute: Route | null;
  readonly info: StreamInfo;
}

export interface LocalReplySettings {
  readonly localReplies: LocalReplyRewriter | null;
  readonly explainReplies: { readonly value: boolean };
}

export function prepareLocalReply(
  reply: LocalReply,
  { headers: request, matchedRoute: route, info }: AnsweredStream,
  { localReplies: rewriter, explainReplies }: LocalReplySettings,
): PreparedReply {
  const headers = new ResponseHeaders(reply.status);
  if (route?.kind === 'forward' || route?.kind === 'non-forwarding') route.finalizeResponse(headers, info, request);
  reply.modifyHeaders?.(headers);
  const cause = explainReplies.value ? info.cause : '';
  const typed = headers.has(Names.contentType);
  const original = explained(reply.bodyIsBytes === true ? reply.body : toByteString(reply.body), toByteString(cause));
  const parts: ReplyParts = { headers, status: reply.status, body: original, contentType: 'text/plain' };
  rewriter?.rewrite(parts, request, info);
  const { body } = parts;
  const isHead = request?.method === 'HEAD';
  if (request !== null && (info.grpcClient ?? isGrpcRequest(request))) {
    headers.status = 200;
    const status = reply.grpcStatus ?? grpcStatusOfHttp(parts.status);
    describeAsGrpc(headers, status, isHead ? '' : messageOf(parts));
    return { headers, body: null, code: parts.status };
  }
  if (body === '') {
    headers.remove(Names.contentLength);
    headers.remove(Names.contentType);
    return { headers, body: null, code: parts.status };
  }
  headers.set(Names.contentLength, String(body.length));
  // What the reply's maker said of its body's type holds for that body only; what a mapper says stays.
  if ((typed && body !== original) || !headers.has(Names.contentType))
    headers.set(Names.contentType, parts.contentType);
  return { headers, body: isHead ? null : Buffer.from(body, 'latin1'), code: parts.status };
}

/** A JSON format ends with a line feed, a message does not. */
function messageOf({ body, contentType }: ReplyParts): string {
  return contentType === 'application/json' && body.endsWith('\n') ? body.slice(0, -1) : body;
}

function explained(body: string, cause: string): string {
  if (cause === '') return body;
  return body === '' ? cause : `${body}: ${cause}`;
}

/** The response that filters left has no status. */
export const statusRemoved: LocalReply = {
  status: 502,
  body: 'missing required header: :status',
  details: 'filter_removed_required_response_headers{missing_required_header:_:status}',
  cause: 'a filter has removed :status, without which a response cannot be sent',
};

export function requestTooLarge(bufferLimit: number): LocalReply {
  return {
    status: 413,
    body: 'Payload Too Large',
    details: 'request_payload_too_large',
    cause: `a filter buffers the request and its body exceeds ${bufferLimit} bytes (the filter's own limit, else per_request_buffer_limit_bytes or per_connection_buffer_limit_bytes)`,
  };
}

export const responseTooLarge: LocalReply = {
  status: 500,
  body: 'Internal Server Error',
  details: 'response_payload_too_large',
  cause: 'a filter buffers the response and its body exceeds the buffer limit',
};
