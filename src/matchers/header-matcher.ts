// Owns tests of one header (envoy.config.route.v3.HeaderMatcher), for routes, access logs, rbac and rate limits.
//
// As Envoy: each of several fields of a name is tested alone, and one that passes is enough; inverted, none may pass. A
// field that is not there fails, inverted or not, unless missing counts as empty; only presence can match what is missing.
import type { HeaderMap } from '../http/headers/header-map.ts';
import { NameFlag, type NameInfo, Names } from '../http/headers/name.ts';
import type { StringMatcher } from './string-matcher.ts';

export interface HeaderMatcher {
  readonly name: NameInfo;
  matches(headers: HeaderMap): boolean;
  /** In words: `header x-a is 'b'`. */
  readonly description: string;
}

/** Tests the values of a header. */
export class HeaderValueMatcher implements HeaderMatcher {
  readonly name: NameInfo;
  readonly #value: StringMatcher;
  readonly #expected: boolean;
  readonly #missing: boolean;
  /** Not in the map's entries: `:path` and the like, and the authority under the name host. */
  readonly #outsideEntries: boolean;

  /** `name` must be a pinned one. */
  constructor(name: NameInfo, value: StringMatcher, invert: boolean, treatMissingAsEmpty: boolean) {
    this.name = name;
    this.#value = value;
    this.#expected = !invert;
    this.#missing = treatMissingAsEmpty && value.matches('') === this.#expected;
    this.#outsideEntries = (name.flags & NameFlag.Pseudo) !== 0 || name === Names.host;
  }

  matches(headers: HeaderMap): boolean {
    if (this.#outsideEntries) {
      const value = headers.get(this.name);
      return value === undefined ? this.#missing : this.#value.matches(value) === this.#expected;
    }
    const entries = headers.entries;
    const name = this.name;
    let found = false;
    for (let i = 0; i < entries.length; i += 2) {
      if (entries[i] !== name) continue;
      if (this.#value.matches(entries[i + 1] as string)) return this.#expected;
      found = true;
    }
    return found ? !this.#expected : this.#missing;
  }

  get description(): string {
    return `header ${this.name.name} ${this.#expected ? '' : 'not: '}${this.#value.description}`;
  }
}

/** Tests whether a header is there. */
export class HeaderPresenceMatcher implements HeaderMatcher {
  readonly name: NameInfo;
  readonly #present: boolean;
  readonly #treatMissingAsEmpty: boolean;

  constructor(name: NameInfo, present: boolean, treatMissingAsEmpty: boolean) {
    this.name = name;
    this.#present = present;
    this.#treatMissingAsEmpty = treatMissingAsEmpty;
  }

  matches(headers: HeaderMap): boolean {
    return (this.#treatMissingAsEmpty || headers.has(this.name)) === this.#present;
  }

  get description(): string {
    return `header ${this.name.name} is ${this.#present ? 'present' : 'absent'}`;
  }
}

export function allMatch(matchers: readonly HeaderMatcher[], headers: HeaderMap): boolean {
  for (let i = 0; i < matchers.length; i++) {
    if (!(matchers[i] as HeaderMatcher).matches(headers)) return false;
  }
  return true;
}
