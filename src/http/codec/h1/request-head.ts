// Owns the verdict on a request's head: what Envoy rejects is rejected with its status and details, in its order, and
// what could be read two ways is rejected where Envoy is lenient (the list: test/unit/http/codec/support/differences.ts).
import { RequestHeaders } from '../../headers/header-map.ts';
import { Names } from '../../headers/name.ts';
import type { CodecError, Http1CodecStats, Http1Settings } from '../api.ts';
import { allOf, authorityOctet } from './characters.ts';
import { H1Error } from './errors.ts';
import { HeadFields } from './head-fields.ts';
import type { HeadReader } from './head-reader.ts';
import { RequestLine } from './request-line.ts';
import { readTarget } from './request-target.ts';
import { withoutTokens } from './tokens.ts';

export const BodyKind = {
  None: 0,
  /** `contentLength` octets. */
  Length: 1,
  Chunked: 2,
  /** Everything until the connection ends: upgrades, CONNECT. */
  Raw: 3,
  /** Everything until the connection ends, which ends the message: responses only. */
  UntilClose: 4,
} as const;
export type BodyKind = (typeof BodyKind)[keyof typeof BodyKind];

const none = new RequestHeaders();

/** Reads heads of requests; one for each connection. The fields hold what the last head said. */
export class RequestHead {
  headers = none;
  body: BodyKind = BodyKind.None;
  contentLength = 0;
  http10 = false;
  /** The client ends the connection after this exchange. */
  closes = false;

  readonly #settings: Http1Settings;
  readonly #line = new RequestLine();
  readonly #fields: HeadFields;

  constructor(settings: Http1Settings, stats: Http1CodecStats) {
    this.#settings = settings;
    this.#fields = new HeadFields(settings, stats, true);
  }

  read(reader: HeadReader): CodecError | null {
    const { scanner } = reader;
    const settings = this.#settings;
    const text = reader.bytes.toString('latin1', reader.start, reader.start + scanner.length);
    const headers = new RequestHeaders();
    this.headers = headers;
    this.http10 = false;
    const line = this.#line;
    const lineError = line.read(text, scanner.startLineEnd, settings);
    if (lineError !== null) return lineError;
    headers.method = line.method;
    const fields = this.#fields;
    const fieldError = fields.read(text, scanner, headers);
    const targetError = readTarget(line.target, headers, settings.allowAbsoluteUrl);
    // Envoy checks the target's syntax with the line and its meaning after the fields.
    if (targetError === H1Error.target) return targetError;
    if (fieldError !== null) return fieldError;
    if (line.version !== 11) {
      if (line.version !== 10 || !settings.acceptHttp10) return H1Error.lowVersion;
      this.http10 = true;
    }
    this.closes = fields.connectionClose || (this.http10 && !fields.connectionKeepAlive);
    const framingError = this.#frame(headers, fields);
    if (framingError !== null) return framingError;
    if (targetError !== null) return targetError;
    return this.#takeHost(headers, fields);
  }

  /** RFC 9112 section 6.3, without its lenient branches. */
  #frame(headers: RequestHeaders, fields: HeadFields): CodecError | null {
    this.body = BodyKind.None;
    this.contentLength = 0;
    if (fields.connectionUpgrade && fields.upgrade !== '') this.#upgrade(headers, fields);
    const connect = headers.method === 'CONNECT';
    if (connect) {
      if (fields.contentLength > 0) return H1Error.bodyDisallowed;
      headers.remove(Names.contentLength);
      if (fields.transferEncoding) return H1Error.transferEncoding;
      this.body = BodyKind.Raw;
      return null;
    }
    if (fields.transferEncoding) {
      if (fields.contentLength !== -1) {
        if (!this.#settings.allowChunkedLength || !fields.chunked) return H1Error.lengthAndEncoding;
        headers.remove(Names.contentLength);
      }
      if (!fields.chunked) return H1Error.transferEncoding;
      if (this.http10) return H1Error.http10Encoding;
      if (headers.protocol !== '') return H1Error.upgradeWithBody;
      this.body = BodyKind.Chunked;
      return null;
    }
    if (headers.protocol !== '') {
      if (fields.contentLength > 0) return H1Error.upgradeWithBody;
      this.body = BodyKind.Raw;
      return null;
    }
    if (fields.contentLength > 0) {
      this.body = BodyKind.Length;
      this.contentLength = fields.contentLength;
    }
    return null;
  }

  /** Lets go of the message: its strings keep the whole head alive, and the connection may stay idle for long. */
  release(): void {
    this.headers = none;
    this.#line.target = '';
    this.#line.method = '';
    this.#fields.release();
  }

  #upgrade(headers: RequestHeaders, fields: HeadFields): void {
    if (fields.upgrade.toLowerCase() !== 'h2c') {
      headers.protocol = fields.upgrade;
      return;
    }
    // Nobody upgrades to h2c through us: the request goes on as if it had not asked (as in Envoy).
    headers.remove(Names.upgrade);
    headers.remove(Names.http2Settings);
    const rest = withoutTokens(headers.getJoined(Names.connection) ?? '', ['upgrade', 'http2-settings']);
    if (rest === '') headers.remove(Names.connection);
    else headers.set(Names.connection, rest);
  }

  #takeHost(headers: RequestHeaders, fields: HeadFields): CodecError | null {
    // An authority in the target wins over Host (RFC 9112 section 3.2.2).
    if (headers.authority !== '') return null;
    if (!allOf(fields.host, authorityOctet)) return H1Error.authority;
    headers.authority = fields.host;
    headers.emptyHost = fields.hostCount !== 0 && fields.host === '';
    if (fields.hostCount === 0 && this.http10) headers.authority = this.#settings.defaultHostForHttp10;
    return null;
  }
}
