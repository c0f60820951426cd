// Owns tests of one cookie (envoy.config.route.v3.CookieMatcher). As Envoy: the first cookie of the name counts, over all
// Cookie fields; quotes around the value are no part of it; one that is not there fails, or inverted passes.
import type { HeaderMap } from '../http/headers/header-map.ts';
import { pinnedName } from '../http/headers/name.ts';
import { toByteString } from './byte-string.ts';
import type { StringMatcher } from './string-matcher.ts';

const cookieName = pinnedName('cookie');

/** Value of the first cookie of that name (a byte string); undefined without one. */
export function findCookie(headers: HeaderMap, name: string): string | undefined {
  const { entries } = headers;
  for (let i = 0; i < entries.length; i += 2) {
    if (entries[i] !== cookieName) continue;
    const value = inField(entries[i + 1] as string, name);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** RFC 6265 section 4.2.1: pairs between semicolons. */
function inField(field: string, name: string): string | undefined {
  for (let at = 0; at < field.length; ) {
    let end = field.indexOf(';', at);
    if (end === -1) end = field.length;
    while (at < end && isSpace(field.charCodeAt(at))) at++;
    const valueStart = at + name.length + 1;
    if (valueStart <= end && field.charCodeAt(valueStart - 1) === 0x3d && field.startsWith(name, at)) {
      return unquoted(field, valueStart, end);
    }
    at = end + 1;
  }
  return undefined;
}

function unquoted(field: string, start: number, end: number): string {
  let last = end;
  while (last > start && isSpace(field.charCodeAt(last - 1))) last--;
  const quoted = last - start >= 2 && field.charCodeAt(start) === 0x22 && field.charCodeAt(last - 1) === 0x22;
  return quoted ? field.slice(start + 1, last - 1) : field.slice(start, last);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

export class CookieMatcher {
  readonly #name: string;
  readonly #value: StringMatcher;
  readonly #invert: boolean;

  constructor(name: string, value: StringMatcher, invert: boolean) {
    this.#name = toByteString(name);
    this.#value = value;
    this.#invert = invert;
  }

  matches(headers: HeaderMap): boolean {
    const value = findCookie(headers, this.#name);
    return (value !== undefined && this.#value.matches(value)) !== this.#invert;
  }

  get description(): string {
    return `cookie ${this.#name} ${this.#invert ? 'not: ' : ''}${this.#value.description}`;
  }
}
