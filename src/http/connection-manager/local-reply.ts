// Owns what a local reply is made of: headers that describe its body (text/plain with a length, or gRPC's way of telling a
// failure), and the replies of the filter chain's own limits.
import type { LocalReply } from '../filter/api.ts';
import { ResponseHeaders } from '../headers/header-map.ts';
import { Names } from '../headers/name.ts';
import { describeAsGrpc } from './grpc-reply.ts';

export function localReplyHeaders(reply: LocalReply, grpc: boolean): ResponseHeaders {
  const headers = new ResponseHeaders(grpc ? 200 : reply.status);
  reply.modifyHeaders?.(headers);
  if (grpc) describeAsGrpc(headers, reply.status, reply.body);
  else if (reply.body !== '') {
    headers.set(Names.contentLength, String(Buffer.byteLength(reply.body)));
    if (!headers.has(Names.contentType)) headers.append(Names.contentType, 'text/plain');
  }
  return headers;
}

export function requestTooLarge(bufferLimit: number): LocalReply {
  return {
    status: 413,
    body: 'Payload Too Large',
    details: 'request_payload_too_large',
    cause: `a filter buffers the request and its body exceeds ${bufferLimit} bytes (per_connection_buffer_limit_bytes)`,
  };
}

export const responseTooLarge: LocalReply = {
  status: 500,
  body: 'Internal Server Error',
  details: 'response_payload_too_large',
  cause: 'a filter buffers the response and its body exceeds the buffer limit',
};
