// Owns tests of one JSON value (envoy.type.matcher.v3.ValueMatcher): what metadata holds under a path. Undefined is a value
// that is not there. Strings in metadata are UTF-16; string matchers compare bytes, so text beyond ASCII is converted.
import { toByteString } from './byte-string.ts';
import type { StringMatcher } from './string-matcher.ts';

export interface ValueMatcher {
  matches(value: unknown): boolean;
}

export const nullMatcher: ValueMatcher = { matches: (value) => value === null };

/** Numbers from `start` up to, not including, `end`. */
export class NumberRangeMatcher implements ValueMatcher {
  readonly #start: number;
  readonly #end: number;

  constructor(start: number, end: number) {
    this.#start = start;
    this.#end = end;
  }

  matches(value: unknown): boolean {
    return typeof value === 'number' && value >= this.#start && value < this.#end;
  }
}

/** One number or one boolean. */
export class SameMatcher implements ValueMatcher {
  readonly #wanted: number | boolean;

  constructor(wanted: number | boolean) {
    this.#wanted = wanted;
  }

  matches(value: unknown): boolean {
    return value === this.#wanted;
  }
}

export class TextMatcher implements ValueMatcher {
  readonly #text: StringMatcher;

  constructor(text: StringMatcher) {
    this.#text = text;
  }

  matches(value: unknown): boolean {
    return typeof value === 'string' && this.#text.matches(toByteString(value));
  }
}

/** Any value that is there; as Envoy, with `present: false` nothing matches at all, also what is not there. */
export class PresentMatcher implements ValueMatcher {
  readonly #present: boolean;

  constructor(present: boolean) {
    this.#present = present;
  }

  matches(value: unknown): boolean {
    return this.#present && value !== undefined;
  }
}

/** Lists of which one element matches. */
export class ListMatcher implements ValueMatcher {
  readonly #oneOf: ValueMatcher;

  constructor(oneOf: ValueMatcher) {
    this.#oneOf = oneOf;
  }

  matches(value: unknown): boolean {
    if (!Array.isArray(value)) return false;
    for (let i = 0; i < value.length; i++) {
      if (this.#oneOf.matches(value[i])) return true;
    }
    return false;
  }
}

export class AnyOfMatcher implements ValueMatcher {
  readonly #matchers: readonly ValueMatcher[];

  constructor(matchers: readonly ValueMatcher[]) {
    this.#matchers = matchers;
  }

  matches(value: unknown): boolean {
    const matchers = this.#matchers;
    for (let i = 0; i < matchers.length; i++) {
      if ((matchers[i] as ValueMatcher).matches(value)) return true;
    }
    return false;
  }
}
