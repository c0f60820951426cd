// Owns the errors of the HTTP/1 codec: Envoy's response-code details and statuses, asked of Envoy 1.40, and a message
// in words for the log. They are made once: an attack with malformed messages should not cost allocations.
import type { CodecError } from '../api.ts';

function error(status: number, details: string, message: string): CodecError {
  return Object.freeze({ status, details, message });
}

const codec = 'http1.codec_error';

export const H1Error = {
  // Tokens of the head.
  bareCr: error(400, codec, 'a CR without LF in the head of a message'),
  bareLf: error(400, codec, 'a line of the head ends with LF alone'),
  controlCharacter: error(400, 'http1.invalid_characters', 'a control character in the head of a message'),
  nameCharacter: error(400, codec, 'a field name is empty or has a character that no token may have'),
  noColon: error(400, codec, 'a field line without colon, or with whitespace before it'),
  foldWithoutField: error(400, codec, 'the first field line begins with whitespace'),
  foldedFraming: error(400, codec, 'a field that frames the message is folded over several lines'),
  tabAroundFraming: error(400, codec, 'a tab around the value of a field that frames the message'),
  headTooLarge: error(
    431,
    'http1.headers_too_large',
    'the head exceeds max_request_headers_kb, or max_response_headers_kb',
  ),
  tooManyHeaders: error(431, 'http1.too_many_headers', 'the message has more fields than max_headers_count'),
  underscore: error(400, 'http1.unexpected_underscore', 'a field name has an underscore'),
  framingLookalike: error(
    400,
    'http1.unexpected_underscore',
    'a field name differs from a framing field by an underscore only',
  ),
  // Start lines.
  notHttp: error(400, codec, 'the first byte begins no HTTP/1 message'),
  requestLine: error(400, codec, 'the request line is not METHOD SP TARGET SP VERSION'),
  method: error(400, codec, 'the request method is unknown'),
  target: error(400, codec, 'the request target has no form that HTTP knows'),
  version: error(400, codec, 'the HTTP version is malformed'),
  lowVersion: error(426, 'low_version', 'the HTTP version is missing or not accepted'),
  invalidUrl: error(400, 'http1.invalid_url', 'the request target is no valid URL or authority'),
  invalidScheme: error(400, 'http1.invalid_scheme', 'the scheme of the request target is neither http nor https'),
  httpsOnPlaintext: error(
    403,
    'http1.https_url_on_plaintext_connection',
    'the request target has the scheme https, and the connection is plain',
  ),
  statusLine: error(502, codec, 'the status line is malformed'),
  // Fields that frame.
  contentLength: error(400, codec, 'Content-Length is not a number'),
  duplicateContentLength: error(400, codec, 'Content-Length is given more than once'),
  lengthAndEncoding: error(
    400,
    'http1.content_length_and_chunked_not_allowed',
    'both Content-Length and Transfer-Encoding are given',
  ),
  transferEncoding: error(501, 'http1.invalid_transfer_encoding', 'the transfer coding is not chunked alone'),
  http10Encoding: error(400, codec, 'Transfer-Encoding in an HTTP/1.0 message (RFC 9112 section 6.1)'),
  bodyDisallowed: error(400, 'http1.body_disallowed', 'a message that may have no body has one'),
  upgradeWithBody: error(400, codec, 'an upgrade request with a body: where it ends depends on the answer'),
  duplicateHost: error(400, codec, 'more than one Host field (RFC 9112 section 3.2)'),
  connectionNames: error(
    400,
    'http1.connection_header_rejected',
    'Connection names too many fields, or one that the proxy relies on',
  ),
  authority: error(400, 'http.invalid_authority', 'Host has a character that no authority may have'),
  // Bodies.
  chunkSize: error(400, codec, 'a chunk size is malformed or too large'),
  chunkExtension: error(400, codec, 'a chunk extension is malformed or too long'),
  chunkEnd: error(400, codec, 'chunk data is not followed by CRLF'),
  // Order of messages.
  prematureResponse: error(502, codec, 'bytes from upstream without a request'),
  unexpectedUpgrade: error(502, codec, '101 without an upgrade request'),
  truncated: error(400, codec, 'the peer ended the connection within a message'),
} as const;
