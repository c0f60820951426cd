// Owns the verdict on a response's head, as Envoy's upstream codec has it. A bare LF may end a line here, since upstreams
// that write it exist and what we send on does not have it; whatever else is ambiguous is an error.
import { latin1 } from '../../../base/byte-string.ts';
import { ResponseHeaders } from '../../headers/header-map.ts';
import { Names } from '../../headers/name.ts';
import type { CodecError, Http1CodecStats, Http1Settings } from '../api.ts';
import { H1Error } from './errors.ts';
import { HeadFields } from './head-fields.ts';
import type { HeadReader } from './head-reader.ts';
import { BodyKind } from './request-head.ts';
import { StatusLine } from './status-line.ts';
import { keepAliveTimeout } from './tokens.ts';

/** What was asked, as far as the framing of the answer depends on it. */
export const RequestKind = { Other: 0, Head: 1, Connect: 2, Upgrade: 3 } as const;
export type RequestKind = (typeof RequestKind)[keyof typeof RequestKind];

const none = new ResponseHeaders();

/** Reads heads of responses; one for each connection. The fields hold what the last head said. */
export class ResponseHead {
  headers = none;
  body: BodyKind = BodyKind.None;
  contentLength = 0;
  /** The connection may carry another request, as far as this head says. */
  keepsAlive = true;
  /** The head itself says that the connection ends, not just its body's framing. */
  announcesClose = false;
  /** Seconds of `Keep-Alive: timeout=`; -1 without. */
  keepAliveSeconds = -1;

  readonly #settings: Http1Settings;
  readonly #line = new StatusLine();
  readonly #fields: HeadFields;

  constructor(settings: Http1Settings, stats: Http1CodecStats) {
    this.#settings = settings;
    this.#fields = new HeadFields(settings, stats, false);
  }

  /** What can be said before the head has ended: an upstream that speaks another protocol fails at once. */
  readBeginning(reader: HeadReader): CodecError | null {
    if (reader.bytes[reader.start] !== 0x48) return H1Error.notHttp;
    const { startLineEnd } = reader.scanner;
    if (startLineEnd === 0) return null;
    const line = latin1(reader.bytes, reader.start, reader.start + startLineEnd);
    return this.#line.read(line, startLineEnd) ? null : H1Error.statusLine;
  }

  read(reader: HeadReader, request: RequestKind): CodecError | null {
    const { scanner } = reader;
    const text = latin1(reader.bytes, reader.start, reader.start + scanner.length);
    if (!this.#line.read(text, scanner.startLineEnd))
      return text.startsWith('H') ? H1Error.statusLine : H1Error.notHttp;
    const headers = new ResponseHeaders(this.#line.status);
    this.headers = headers;
    const fields = this.#fields;
    const fieldError = fields.read(text, scanner, headers);
    if (fieldError !== null) return fieldError;
    if (headers.spelling !== null && this.#settings.preserveCase?.reasonPhrase === true) {
      headers.spelling.reasonPhrase = text.slice(this.#line.phraseStart, scanner.startLineEnd);
    }
    this.keepsAlive = !fields.connectionClose && (this.#line.persistent || fields.connectionKeepAlive);
    this.announcesClose = !this.keepsAlive;
    this.keepAliveSeconds = fields.keepAlive === '' ? -1 : keepAliveTimeout(fields.keepAlive);
    return this.#frame(headers, fields, request);
  }

  /** Lets go of the message: its strings keep the whole head alive, and the connection may stay idle for long. */
  release(): void {
    this.headers = none;
    this.#fields.release();
  }

  /** RFC 9112 section 6.3. */
  #frame(headers: ResponseHeaders, fields: HeadFields, request: RequestKind): CodecError | null {
    const { status } = headers;
    this.body = BodyKind.None;
    this.contentLength = 0;
    if (request === RequestKind.Connect && status >= 200 && status < 300) {
      // Whatever length it claims, a tunnel follows (RFC 9110 section 9.3.6).
      headers.remove(Names.contentLength);
      headers.remove(Names.transferEncoding);
      this.body = BodyKind.Raw;
      return null;
    }
    if (status < 200 || status === 204) {
      if (fields.transferEncoding || fields.contentLength > 0) return H1Error.bodyDisallowed;
      if (status !== 101) return null;
      // Unasked, its peer would read what follows as another protocol's bytes.
      if (request !== RequestKind.Upgrade) return H1Error.unexpectedUpgrade;
      this.body = BodyKind.Raw;
      return null;
    }
    if (fields.transferEncoding) {
      if (fields.contentLength !== -1) {
        if (!this.#settings.allowChunkedLength || !fields.chunked) return H1Error.lengthAndEncoding;
        headers.remove(Names.contentLength);
      }
      if (!fields.chunked) return H1Error.transferEncoding;
      if (request !== RequestKind.Head && status !== 304) this.body = BodyKind.Chunked;
      return null;
    }
    if (request === RequestKind.Head || status === 304 || fields.contentLength === 0) return null;
    if (fields.contentLength > 0) {
      this.body = BodyKind.Length;
      this.contentLength = fields.contentLength;
    } else {
      this.body = BodyKind.UntilClose;
      this.keepsAlive = false;
    }
    return null;
  }
}
