// Where we refuse what Envoy 1.40 forwards: the whole list, with our verdict and the reason. Everything else is equal.
// Each is a message that another parser reads differently, or that no RFC allows and nobody sends.
export interface Difference {
  readonly ours: string;
  readonly why: string;
}

const lf = 'a bare LF ends a line for some parsers and is part of the value for others (RFC 9112 section 2.2)';
const cr = 'Envoy deletes a bare CR; parsers differ on it (RFC 9112 section 2.2 asks to refuse or replace it)';
const host = 'RFC 9112 section 3.2: a request with more than one Host field must be refused; Envoy joins them';
const fold = 'a parser without obs-fold sees an empty framing field';
const version = 'only HTTP/1.0 is accepted as such; Envoy takes any other version, or none, for 1.0';
const lfOfChunk =
  'a bare LF within the chunked coding (RFC 9112 section 7.1); parsers that skip it and that do not disagree';

export const requestDifferences: Readonly<Record<string, Difference>> = {
  'tab in request line': { ours: '400 http1.codec_error', why: 'tabs do not separate (RFC 9112 section 3)' },
  'target octet 0a': { ours: '400 http1.codec_error', why: `${lf}; Envoy misses the version instead` },
  'two Hosts': { ours: '400 http1.codec_error', why: host },
  'two equal Hosts': { ours: '400 http1.codec_error', why: host },
  'value octet 0d': { ours: '400 http1.codec_error', why: cr },
  'CR CR LF': { ours: '400 http1.codec_error', why: cr },
  'folded Transfer-Encoding': { ours: '400 http1.codec_error', why: fold },
  'folded Content-Length': { ours: '400 http1.codec_error', why: fold },
  'bare LF everywhere': { ours: '400 http1.codec_error', why: lf },
  'bare LF after request line': { ours: '400 http1.codec_error', why: lf },
  'bare LF after field': { ours: '400 http1.codec_error', why: lf },
  'bare LF ends head': { ours: '400 http1.codec_error', why: lf },
  transfer_encoding: {
    ours: '400 http1.unexpected_underscore',
    why: 'servers that take an underscore for a hyphen see a chunked body (DESIGN 5)',
  },
  'chunk: word behind size': { ours: '400 http1.codec_error', why: 'an extension begins with a semicolon' },
  'chunk: bare LF behind data': { ours: '400 http1.codec_error', why: lfOfChunk },
  'chunk: bare LF ends trailers': { ours: '400 http1.codec_error', why: lfOfChunk },
  'chunk: trailer with bare LF': { ours: '400 http1.codec_error', why: lfOfChunk },
  'chunk: data longer by one octet': {
    ours: '400 http1.codec_error',
    why: 'Envoy skips up to the next LF: a parser that does not sees other chunks',
  },
  'chunk: size of 16 digits': {
    ours: '400 http1.codec_error',
    why: 'beyond what a double counts, and what parsers with 32 or 63 bits agree on',
  },
  'chunk: NUL in extension': { ours: '400 http1.codec_error', why: 'no control characters in extensions' },
  'chunk: extension of 70,000 octets': {
    ours: '400 http1.codec_error',
    why: 'extensions carry nothing and cost work: 16 KiB for each chunk, as node:http',
  },
  'HTTP/1.0 accepted: chunked': {
    ours: '400 http1.codec_error',
    why: 'RFC 9112 section 6.1: framing of an HTTP/1.0 message with Transfer-Encoding is faulty',
  },
  'HTTP/1.0 accepted: version 0.9': { ours: '426 low_version', why: version },
  'HTTP/1.0 accepted: version 1.2': { ours: '426 low_version', why: version },
  'HTTP/1.0 accepted: no version': { ours: '426 low_version', why: version },
};

const status = 'a status code has three digits, from 100 on (RFC 9112 section 4)';

export const responseDifferences: Readonly<Record<string, Difference>> = {
  'status line "HTTP/1.1 20 OK"': { ours: 'protocol_error', why: status },
  'status line "HTTP/1.1 2000 OK"': { ours: 'protocol_error', why: status },
  'status line "HTTP/1.1 099 OK"': { ours: 'protocol_error', why: status },
  'status line "HTTP/1.1 +20 OK"': { ours: 'protocol_error', why: status },
  'status line "HTTP/1.1\\t200\\tOK"': { ours: 'protocol_error', why: 'tabs do not separate (RFC 9112 section 4)' },
  'status line "HTTP/1.1 200 O\\rK"': { ours: 'protocol_error', why: cr },
  'field: bare CR': { ours: 'protocol_error', why: cr },
  '101 unasked': {
    ours: 'protocol_error',
    why: 'a client that did not ask would take what follows for another protocol (RFC 9110 section 15.2.2)',
  },
};
