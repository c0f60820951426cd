// Owns the verdict on a request's head: what Envoy rejects is rejected with its status and details, in its order, and
// what could be read two ways is rejected where Envoy is lenient (the list: test/unit/http/codec/support/differences.ts).
import { latin1 } from '../../../base/byte-string.ts';
import { RequestHeaders } from '../../headers/header-map.ts';
import { Names } from '../../headers/name.ts';
import { lowerToken } from '../../headers/name-table.ts';
import type { CodecError, Http1CodecStats, Http1Settings } from '../api.ts';
import { allOf, authorityOctet } from './characters.ts';
import { removeNamedFields } from './connection-names.ts';
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

const upgradeToken = ['upgrade'];
const h2cTokens = ['upgrade', 'http2-settings'];

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
  #targetError: CodecError | null = null;

  constructor(settings: Http1Settings, stats: Http1CodecStats) {
    this.#settings = settings;
    this.#fields = new HeadFields(settings, stats, true);
  }

  /**
   * What can be said before the head has ended: bytes that cannot become a request are refused at once, so that whoever
   * speaks another protocol gets an answer and not a timeout.
   */
  readBeginning(reader: HeadReader): CodecError | null {
    if (lowerToken[reader.bytes[reader.start] as number] === 0) return H1Error.notHttp;
    const { startLineEnd } = reader.scanner;
    if (startLineEnd === 0) return null;
    const line = latin1(reader.bytes, reader.start, reader.start + startLineEnd);
    return this.#readLine(line, new RequestHeaders());
  }

  read(reader: HeadReader): CodecError | null {
    const { scanner } = reader;
    const text = latin1(reader.bytes, reader.start, reader.start + scanner.length);
    const headers = new RequestHeaders();
    this.headers = headers;
    this.http10 = false;
    const lineError = this.#readLine(text, headers, scanner.startLineEnd);
    if (lineError !== null) return lineError;
    const fields = this.#fields;
    const fieldError = fields.read(text, scanner, headers);
    if (fieldError !== null) return fieldError;
    const http10 = this.#line.version === 10;
    this.http10 = http10;
    this.closes = fields.connectionClose || (http10 && !fields.connectionKeepAlive);
    const framingError = this.#frame(headers, fields);
    if (framingError !== null) return framingError;
    if (fields.connectionNames && headers.protocol === '' && headers.method !== 'CONNECT') {
      const namesError = removeNamedFields(headers, fields, headers.get(Names.connection) ?? '');
      if (namesError !== null) return namesError;
    }
    if (this.#line.version !== 11 && !(http10 && this.#settings.acceptHttp10)) return H1Error.lowVersion;
    if (this.#targetError !== null) return this.#targetError;
    return this.#takeHost(headers, fields);
  }

  /** Envoy checks the target's syntax with the line and its meaning after the fields; without version there are none. */
  #readLine(text: string, headers: RequestHeaders, end = text.length): CodecError | null {
    const line = this.#line;
    const lineError = line.read(text, end, this.#settings);
    // In words that do not depend on how the bytes were split.
    if (lineError !== null) return lowerToken[text.charCodeAt(0)] === 0 ? H1Error.notHttp : lineError;
    headers.method = line.method;
    const targetError = readTarget(line.target, headers, this.#settings);
    this.#targetError = targetError;
    if (targetError === H1Error.target) return targetError;
    if (line.version === 0) return targetError ?? H1Error.lowVersion;
    return null;
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
      if (this.http10) return this.#settings.acceptHttp10 ? H1Error.http10Encoding : H1Error.lowVersion;
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
    const { ignoredUpgrades } = this.#settings;
    if (ignoredUpgrades.length > 0) {
      const left = fields.upgrade.split(',').filter((token) => !ignoredUpgrades.some((it) => it.matches(token.trim())));
      fields.upgrade = left.join(',').trim();
      if (fields.upgrade === '') {
        this.#forgetUpgrade(headers, upgradeToken);
        return;
      }
      headers.set(Names.upgrade, fields.upgrade);
    }
    if (fields.upgrade.toLowerCase() !== 'h2c') {
      headers.protocol = fields.upgrade;
      return;
    }
    // Nobody upgrades to h2c through us: the request goes on as if it had not asked (as in Envoy).
    headers.remove(Names.http2Settings);
    this.#forgetUpgrade(headers, h2cTokens);
  }

  #forgetUpgrade(headers: RequestHeaders, tokens: readonly string[]): void {
    headers.remove(Names.upgrade);
    const rest = withoutTokens(headers.getJoined(Names.connection) ?? '', tokens);
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
