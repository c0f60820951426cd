// Owns what makes a header block a message (RFC 9113 section 8): pseudo-header fields, no field that belongs to a connection,
// no ambiguity about length and host. A block that is none is malformed: what becomes of it is the codec's business.
import { appendTrailer, HeaderMap, RequestHeaders, ResponseHeaders } from '../../headers/header-map.ts';
import { addToLine } from '../../headers/joined-names.ts';
import { NameFlag, type NameInfo, Names } from '../../headers/name.ts';
import { lowerToken } from '../../headers/name-table.ts';
import { allOf, authorityOctet, isDigit } from '../h1/characters.ts';
import { parseContentLength } from '../h1/content-length.ts';
import type { HeaderSink } from './hpack/decoder.ts';
import type { Http2CodecStats, Http2Settings } from './settings.ts';

/** Envoy's details of messages that are none, by what is to blame. */
export const badField = 'http2.invalid.header.field';
export const ruleBroken = 'http2.violation.of.messaging.rule';

/** One message's head or trailers at a time; an object serves all of a connection. */
export class MessageHead implements HeaderSink {
  /** Why it is no message, in words; null while it may be one. */
  malformed: string | null = null;
  /** It is so as a whole: no single field is to blame. */
  violation = false;
  /** Too many fields or octets: nothing more of it was kept. */
  overflow = false;
  /** It was octets. */
  tooLarge = false;
  /** A name had an underscore, which may not be. */
  underscore = false;
  /** -1: none. */
  contentLength = -1;
  /** Octets of names and values. */
  bytes = 0;

  readonly #settings: Http2Settings;
  readonly #stats: Pick<Http2CodecStats, 'droppedHeadersWithUnderscores'>;
  #headers: HeaderMap = new HeaderMap();
  #request: RequestHeaders | null = null;
  #response: ResponseHeaders | null = null;
  #regular = false;
  #count = 0;
  #hosts = 0;
  /** Of the fields that came and join those that repeat them. */
  #joins = 0;
  /** Crumbs of one field; null: there is none. */
  #cookie: string | null = null;
  /** Bits of pseudo-headers that have come. */
  #seen = 0;

  constructor(settings: Http2Settings, stats: Pick<Http2CodecStats, 'droppedHeadersWithUnderscores'>) {
    this.#settings = settings;
    this.#stats = stats;
  }

  beginRequest(): void {
    const request = new RequestHeaders();
    this.#begin(request, request, null);
  }

  beginResponse(): void {
    const response = new ResponseHeaders();
    this.#begin(response, null, response);
  }

  beginTrailers(): void {
    this.#begin(new HeaderMap(), null, null);
  }

  #begin(headers: HeaderMap, request: RequestHeaders | null, response: ResponseHeaders | null): void {
    this.#headers = headers;
    this.#request = request;
    this.#response = response;
    this.malformed = null;
    this.violation = false;
    this.overflow = false;
    this.tooLarge = false;
    this.underscore = false;
    this.contentLength = -1;
    this.bytes = 0;
    this.#regular = false;
    this.#count = 0;
    this.#hosts = 0;
    this.#joins = 0;
    this.#cookie = null;
    this.#seen = 0;
  }

  onHeader(name: NameInfo, value: string, valid: boolean): void {
    const { maxHeadersBytes, maxHeadersCount } = this.#settings;
    this.bytes += name.name.length + value.length;
    if (this.bytes > maxHeadersBytes) this.tooLarge = true;
    if (this.tooLarge || ++this.#count > maxHeadersCount) this.overflow = true;
    if (this.overflow || this.malformed !== null) return;
    if (!valid) {
      this.malformed = `the field ${JSON.stringify(name.name)} has a name or value that no message may have`;
    } else if ((name.flags & NameFlag.Pseudo) !== 0) {
      this.#pseudo(name, value);
    } else {
      this.#field(name, value);
    }
  }

  #pseudo(name: NameInfo, value: string): void {
    const bit = bitOf(name);
    if (this.#regular) this.malformed = `${name.name} stands behind other fields`;
    else if ((this.#seen & bit) !== 0) this.malformed = `${name.name} comes twice`;
    else if (!this.#allowed(name)) this.malformed = `${name.name} has no place here`;
    else this.#headers.append(name, value);
    this.#seen |= bit;
    if (name === Names.status && !isStatus(value)) this.malformed = ':status is no status';
    // A host field beside it would say something else.
    else if (name === Names.authority && value === '') this.malformed = ':authority is empty';
  }

  get #trailers(): boolean {
    return this.#request === null && this.#response === null;
  }

  #allowed(name: NameInfo): boolean {
    if (this.#response !== null) return name === Names.status;
    return this.#request !== null && name !== Names.status;
  }

  #field(name: NameInfo, value: string): void {
    this.#regular = true;
    if ((name.flags & NameFlag.HopByHop) !== 0) {
      this.malformed = `${name.name} belongs to a connection of HTTP/1`;
    } else if (name === Names.te && value !== 'trailers') {
      // In other letters it means the same, but nobody behind us has to know that.
      if (value.toLowerCase() !== 'trailers') this.malformed = 'te may only be trailers';
    } else if (this.#trailers && (name.flags & (NameFlag.Framing | NameFlag.FramingLookalike)) !== 0) {
      // Dropped, as in HTTP/1 (codec/h1/trailers.ts).
      return;
    } else if (name === Names.contentLength) {
      this.#length(value);
    } else if (name === Names.host && this.#request !== null) {
      this.#host(this.#request, value);
    } else if (name === Names.cookie && this.#request !== null) {
      // RFC 9113 section 8.2.3. As Envoy, which puts it behind the other fields.
      this.#cookie = this.#cookie === null ? value : `${this.#cookie}; ${value}`;
    } else if ((name.flags & NameFlag.Underscore) !== 0 && this.#settings.headersWithUnderscores !== 'allow') {
      if (this.#settings.headersWithUnderscores === 'reject') this.underscore = true;
      else this.#stats.droppedHeadersWithUnderscores.inc();
    } else {
      this.#append(name, value);
    }
  }

  /** Lines that repeat some fields become one, as in HTTP/1. */
  #append(name: NameInfo, value: string): void {
    if (this.#trailers) {
      appendTrailer(this.#headers, name, value);
      return;
    }
    const join = this.#request !== null ? name.requestJoin : name.responseJoin;
    if (join !== 0) {
      if ((this.#joins & join) !== 0 && addToLine(this.#headers.entries, name, value)) return;
      this.#joins |= join;
    }
    this.#headers.append(name, value);
  }

  #length(value: string): void {
    const length = parseContentLength(value);
    if (length === -1) this.malformed = 'content-length is no length';
    else if (this.contentLength !== -1) this.malformed = 'content-length comes twice';
    else this.#headers.append(Names.contentLength, value);
    this.contentLength = length;
  }

  /** :authority goes before it. */
  #host(request: RequestHeaders, value: string): void {
    if (++this.#hosts > 1) this.malformed = 'host comes twice';
    else if (!allOf(value, authorityOctet)) this.malformed = 'host has a character that no host may have';
    else if (request.authority === '') request.authority = value;
  }

  // --- the end of a block ------------------------------------------------------------------------------------------------

  /** `extendedConnect`: we have said that we take it. */
  request(extendedConnect: boolean): RequestHeaders {
    const request = this.#request as RequestHeaders;
    if (this.#cookie !== null) request.append(Names.cookie, this.#cookie);
    if (this.malformed === null) this.malformed = whichIsWrong(request, this.#seen, extendedConnect);
    if (this.malformed === null) {
      this.malformed = whatIsMissing(request, this.#seen);
      this.violation = this.malformed !== null;
    }
    return request;
  }

  response(): ResponseHeaders {
    const response = this.#response as ResponseHeaders;
    if (this.malformed === null && response.status === 0) this.malformed = ':status is missing';
    if (response.status === 101) this.malformed = 'there is no 101 in HTTP/2';
    // RFC 9110 section 8.6: HTTP/1.1 would take it for the length of a body.
    else if (this.contentLength > 0 && (response.status < 200 || response.status === 204))
      this.malformed ??= 'a response that has no body has a length';
    return response;
  }

  trailers(): HeaderMap {
    return this.#headers;
  }
}

function bitOf(name: NameInfo): number {
  if (name === Names.method) return 1;
  if (name === Names.scheme) return 2;
  if (name === Names.path) return 4;
  if (name === Names.authority) return 8;
  if (name === Names.status) return 16;
  return name === Names.protocol ? 32 : 0;
}

/** Of pseudo-headers: that they must be there. */
const methodSchemePath = bitOf(Names.method) | bitOf(Names.scheme) | bitOf(Names.path);
const protocolBit = bitOf(Names.protocol);

/** A pseudo-header that may not be so: RFC 9113 section 8.3.1, RFC 8441 section 4. */
function whichIsWrong(request: RequestHeaders, seen: number, extendedConnect: boolean): string | null {
  const { method, path, scheme, authority } = request;
  if ((seen & protocolBit) !== 0 && (method !== 'CONNECT' || !extendedConnect)) return ':protocol has no place here';
  if ((seen & bitOf(Names.method)) !== 0 && !isToken(method)) return ':method is no method';
  if ((seen & bitOf(Names.scheme)) !== 0 && !isScheme(scheme)) return ':scheme is no scheme';
  // Nor does anybody else's name stand in it (RFC 9113 section 8.3.1); HTTP/1 may have it.
  if (!allOf(authority, authorityOctet) || authority.includes('@'))
    return ':authority has a character that no host may have';
  if ((seen & bitOf(Names.path)) === 0) return null;
  if (path === '') return ':path is empty';
  // Control characters but the tab are in no value.
  return path.includes(' ') || path.includes('\t') ? ':path has a character that no path may have' : null;
}

/** The same, of all of them together. */
function whatIsMissing({ method, path, authority }: RequestHeaders, seen: number): string | null {
  if (method === 'CONNECT' && (seen & protocolBit) === 0) {
    if ((seen & methodSchemePath) !== bitOf(Names.method)) return 'CONNECT has no :scheme and no :path';
    return authority === '' ? 'CONNECT needs :authority' : null;
  }
  if ((seen & methodSchemePath) !== methodSchemePath) return ':method, :scheme or :path is missing';
  if (authority === '') return ':authority is missing';
  return path === '*' ? (method === 'OPTIONS' ? null : ':path is *') : path.startsWith('/') ? null : relativePath;
}

const relativePath = ':path does not begin with /';

function isToken(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (lowerToken[text.charCodeAt(i)] === 0) return false;
  return text !== '';
}

function isScheme(text: string): boolean {
  return text === 'http' || text === 'https' || /^[a-z][a-z\d+.-]*$/i.test(text);
}

function isStatus(value: string): boolean {
  if (value === '200') return true;
  if (value.length !== 3) return false;
  for (let i = 0; i < 3; i++) if (!isDigit(value.charCodeAt(i))) return false;
  return value.charCodeAt(0) !== 0x30;
}
