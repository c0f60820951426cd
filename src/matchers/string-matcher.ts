// Owns tests of one string: exact, prefix, suffix, contains, regular expression (envoy.type.matcher.v3.StringMatcher).
// Made once from configuration; a test allocates nothing unless case is to be ignored.
import { toByteString, toLowerAscii } from './byte-string.ts';
import type { Regex } from './regex.ts';

export interface StringMatcher {
  /** `value` is a header value: one character per byte. */
  matches(value: string): boolean;
  /** In words, for explanations: `is 'x'`, `starts with 'x'`. */
  readonly description: string;
}

export class ExactMatcher implements StringMatcher {
  readonly #text: string;
  readonly description: string;
  constructor(text: string) {
    this.#text = text;
    this.description = `is '${text}'`;
  }
  matches(value: string): boolean {
    return value === this.#text;
  }
}

export class PrefixMatcher implements StringMatcher {
  readonly #text: string;
  readonly description: string;
  constructor(text: string) {
    this.#text = text;
    this.description = `starts with '${text}'`;
  }
  matches(value: string): boolean {
    return value.startsWith(this.#text);
  }
}

export class SuffixMatcher implements StringMatcher {
  readonly #text: string;
  readonly description: string;
  constructor(text: string) {
    this.#text = text;
    this.description = `ends with '${text}'`;
  }
  matches(value: string): boolean {
    return value.endsWith(this.#text);
  }
}

export class ContainsMatcher implements StringMatcher {
  readonly #text: string;
  readonly description: string;
  constructor(text: string) {
    this.#text = text;
    this.description = `contains '${text}'`;
  }
  matches(value: string): boolean {
    return value.includes(this.#text);
  }
}

/** Lowers the value, then asks a matcher whose text is lower case already. */
export class IgnoreCaseMatcher implements StringMatcher {
  readonly #matcher: StringMatcher;
  readonly description: string;
  constructor(matcher: StringMatcher) {
    this.#matcher = matcher;
    this.description = `${matcher.description} in any case`;
  }
  matches(value: string): boolean {
    return this.#matcher.matches(toLowerAscii(value));
  }
}

export class RegexStringMatcher implements StringMatcher {
  readonly #regex: Regex;
  readonly description: string;
  constructor(regex: Regex) {
    this.#regex = regex;
    this.description = `matches '${regex.pattern}'`;
  }
  matches(value: string): boolean {
    return this.#regex.matches(value);
  }
}

const kinds = { exact: ExactMatcher, prefix: PrefixMatcher, suffix: SuffixMatcher, contains: ContainsMatcher } as const;

/** `text` as configuration has it. */
export function stringMatcher(kind: keyof typeof kinds, text: string, ignoreCase = false): StringMatcher {
  const bytes = toByteString(text);
  const Matcher = kinds[kind];
  return ignoreCase ? new IgnoreCaseMatcher(new Matcher(toLowerAscii(bytes))) : new Matcher(bytes);
}
