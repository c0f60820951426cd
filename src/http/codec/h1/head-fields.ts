// Owns the second pass over a head: fields become entries of the header map, and those that frame the message or its
// connection are read (RFC 9112 sections 6 and 9). Repeated lines of some fields become one. One object serves all messages
// of a connection.
import type { HeaderMap } from '../../headers/header-map.ts';
import { HeaderSpelling, type PreserveCaseSettings } from '../../headers/header-spelling.ts';
import { addToLine } from '../../headers/joined-names.ts';
import { NameFlag, type NameInfo, Names } from '../../headers/name.ts';
import type { CodecError, Http1CodecStats, Http1Settings } from '../api.ts';
import { parseContentLength } from './content-length.ts';
import { H1Error } from './errors.ts';
import type { HeadScanner } from './head-scanner.ts';
import { hasToken } from './tokens.ts';

const special = NameFlag.Framing | NameFlag.Underscore;

export class HeadFields {
  /** Content-Length; -1 without. */
  contentLength = -1;
  transferEncoding = false;
  /** The one transfer coding is `chunked`. */
  chunked = false;
  connectionClose = false;
  connectionKeepAlive = false;
  connectionUpgrade = false;
  /** Connection says more than `close` or `keep-alive`. */
  connectionNames = false;
  /** Value of Upgrade; empty without. */
  upgrade = '';
  /** Value of Host; empty without. */
  host = '';
  hostCount = 0;
  /** Value of Keep-Alive; empty without. */
  keepAlive = '';

  readonly #settings: Http1Settings;
  readonly #stats: Http1CodecStats;
  /** Host belongs to `authority` in a request, and is a field like others in a response. */
  readonly #request: boolean;

  constructor(settings: Http1Settings, stats: Http1CodecStats, request: boolean) {
    this.#settings = settings;
    this.#stats = stats;
    this.#request = request;
  }

  /** Fills `headers` with the fields that `scanner` found in `text`, the whole head. */
  read(text: string, scanner: HeadScanner, headers: HeaderMap): CodecError | null {
    this.contentLength = -1;
    this.transferEncoding = false;
    this.chunked = false;
    this.connectionClose = false;
    this.connectionKeepAlive = false;
    this.connectionUpgrade = false;
    this.connectionNames = false;
    this.hostCount = 0;
    this.release();
    const count = scanner.count;
    if (count > this.#settings.maxHeadersCount) return H1Error.tooManyHeaders;
    if (this.#settings.preserveCase !== null) rememberSpelling(text, scanner, headers, this.#settings.preserveCase);
    const { names, bounds, folded } = scanner;
    const entries = headers.entries;
    const request = this.#request;
    let seen = 0;
    for (let i = 0; i < count; i++) {
      const name = names[i] as NameInfo;
      let value = text.slice(bounds[i << 1], bounds[(i << 1) | 1]);
      const flags = name.flags & special;
      if (folded && value.includes('\n')) {
        if ((flags & NameFlag.Framing) !== 0) return H1Error.foldedFraming;
        value = unfold(value);
      }
      if (flags !== 0) {
        if ((flags & NameFlag.Underscore) !== 0) {
          if (this.#settings.headersWithUnderscores === 'drop') {
            this.#stats.droppedHeadersWithUnderscores.inc();
            continue;
          }
          const error = this.#underscore(name);
          if (error !== null) return error;
        } else {
          const error = this.#framing(name, value);
          if (error !== null) return error;
          if (name === Names.contentLength || name === Names.transferEncoding) {
            const start = bounds[i << 1] as number;
            if (hasTabAround(text, start, start + value.length)) return H1Error.tabAroundFraming;
          }
          if (name === Names.host && request) continue;
          // `007` is 7 to us and may be octal to others: one spelling leaves.
          if (name === Names.contentLength && value.length > 1 && value.charCodeAt(0) === 0x30) {
            value = String(this.contentLength);
          }
        }
      }
      const join = request ? name.requestJoin : name.responseJoin;
      if (join !== 0) {
        if ((seen & join) !== 0 && addToLine(entries, name, value)) continue;
        seen |= join;
      }
      entries.push(name, value);
    }
    return null;
  }

  /** Drops the strings, which keep the head they were cut from alive. */
  release(): void {
    this.upgrade = '';
    this.host = '';
    this.keepAlive = '';
  }

  #underscore(name: NameInfo): CodecError | null {
    if (this.#settings.headersWithUnderscores === 'reject') {
      this.#stats.requestsRejectedWithUnderscoresInHeaders.inc();
      return H1Error.underscore;
    }
    return (name.flags & NameFlag.FramingLookalike) !== 0 ? H1Error.framingLookalike : null;
  }

  #framing(name: NameInfo, value: string): CodecError | null {
    switch (name) {
      case Names.host:
        this.hostCount++;
        this.host = value;
        return this.hostCount > 1 && this.#request ? H1Error.duplicateHost : null;
      case Names.contentLength: {
        if (this.contentLength !== -1) return H1Error.duplicateContentLength;
        this.contentLength = parseContentLength(value);
        return this.contentLength === -1 ? H1Error.contentLength : null;
      }
      case Names.transferEncoding:
        // Twice `chunked` is two codings (RFC 9112 section 6.1: not more than once).
        this.chunked = !this.transferEncoding && value.length === 7 && value.toLowerCase() === 'chunked';
        this.transferEncoding = true;
        return null;
      case Names.connection:
      case Names.proxyConnection:
        this.#connection(name, value);
        return null;
      case Names.upgrade:
        this.upgrade = this.upgrade === '' ? value : `${this.upgrade},${value}`;
        return null;
      case Names.keepAlive:
        this.keepAlive = value;
        return null;
      default:
        return null;
    }
  }

  #connection(name: NameInfo, value: string): void {
    if (value === 'keep-alive') {
      if (name === Names.connection) this.connectionKeepAlive = true;
    } else if (value === 'close') {
      this.connectionClose = true;
    } else {
      this.connectionNames = true;
      if (hasToken(value, 'close')) this.connectionClose = true;
      if (name === Names.proxyConnection) return;
      if (hasToken(value, 'keep-alive')) this.connectionKeepAlive = true;
      if (hasToken(value, 'upgrade')) this.connectionUpgrade = true;
    }
  }
}

/** The name stands before the colon, and is as long in every case. */
function rememberSpelling(
  text: string,
  { names, bounds, count }: HeadScanner,
  headers: HeaderMap,
  settings: PreserveCaseSettings,
): void {
  const spelling = new HeaderSpelling(settings.properElse);
  for (let i = 0; i < count; i++) {
    const name = names[i] as NameInfo;
    const colon = text.lastIndexOf(':', (bounds[i << 1] as number) - 1);
    spelling.remember(name, text.slice(colon - name.name.length, colon));
  }
  headers.spelling = spelling;
}

/** Blanks around a value are spaces or tabs; around framing fields some parsers take only spaces for such. */
function hasTabAround(text: string, start: number, end: number): boolean {
  for (let i = end; text.charCodeAt(i) <= 0x20; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x09) return true;
    if (c !== 0x20) break;
  }
  for (let i = start - 1; i > 0; i--) {
    const c = text.charCodeAt(i);
    if (c === 0x09) return true;
    if (c !== 0x20) break;
  }
  return false;
}

/** The line ends of a folded value go, its whitespace stays, as in Envoy (RFC 9112 section 5.2 asks for spaces). */
export function unfold(value: string): string {
  const joined = value.replaceAll('\r', '').replaceAll('\n', '');
  let start = 0;
  let end = joined.length;
  while (start < end && isBlank(joined.charCodeAt(start))) start++;
  while (end > start && isBlank(joined.charCodeAt(end - 1))) end--;
  return joined.slice(start, end);
}

function isBlank(c: number): boolean {
  return c === 0x20 || c === 0x09;
}
