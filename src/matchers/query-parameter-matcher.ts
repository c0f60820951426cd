// Owns tests of one query parameter (envoy.config.route.v3.QueryParameterMatcher). As Envoy: names and values are
// compared as they stand, without decoding; of several parameters of a name the first counts; one without `=` is empty.
import { toByteString } from './byte-string.ts';
import type { StringMatcher } from './string-matcher.ts';

/**
 * Value of the first parameter of that name; undefined without one. `path` is a request's path, `queryStart` the index
 * behind its `?` (0 when it has none).
 */
export function findQueryParameter(path: string, queryStart: number, name: string): string | undefined {
  if (queryStart === 0) return undefined;
  for (let at = queryStart; at < path.length; ) {
    let end = path.indexOf('&', at);
    if (end === -1) end = path.length;
    const nameEnd = at + name.length;
    if (nameEnd <= end && path.startsWith(name, at)) {
      if (nameEnd === end) return '';
      if (path.charCodeAt(nameEnd) === 0x3d) return path.slice(nameEnd + 1, end);
    }
    at = end + 1;
  }
  return undefined;
}

export class QueryParameterMatcher {
  readonly #name: string;
  /** Null: presence alone counts. */
  readonly #value: StringMatcher | null;
  readonly #present: boolean;

  constructor(name: string, value: StringMatcher | null, present = true) {
    this.#name = toByteString(name);
    this.#value = value;
    this.#present = present;
  }

  matches(path: string, queryStart: number): boolean {
    const value = findQueryParameter(path, queryStart, this.#name);
    if (this.#value === null) return (value !== undefined) === this.#present;
    return value !== undefined && this.#value.matches(value);
  }

  get description(): string {
    return `query parameter ${this.#name} ${this.#value?.description ?? (this.#present ? 'is present' : 'is absent')}`;
  }
}
