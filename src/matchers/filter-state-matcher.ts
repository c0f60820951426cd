// Owns tests of filter state (envoy.type.matcher.v3.FilterStateMatcher): what filters left on the stream under a key.
import type { CidrRange } from '../base/cidr.ts';
import type { FilterStateObject } from '../observability/stream-info.ts';
import type { StringMatcher } from './string-matcher.ts';

export interface FilterStateMatcher {
  readonly key: string;
  /** False where there is nothing under the key. */
  matches(state: ReadonlyMap<string, FilterStateObject> | null): boolean;
}

export class FilterStateTextMatcher implements FilterStateMatcher {
  readonly key: string;
  readonly #text: StringMatcher;

  constructor(key: string, text: StringMatcher) {
    this.key = key;
    this.#text = text;
  }

  matches(state: ReadonlyMap<string, FilterStateObject> | null): boolean {
    const text = state?.get(this.key)?.text;
    return text !== undefined && this.#text.matches(text);
  }
}

/** Objects that are addresses, inside of one of the ranges, or inverted outside of all. */
export class FilterStateAddressMatcher implements FilterStateMatcher {
  readonly key: string;
  readonly #ranges: readonly CidrRange[];
  readonly #invert: boolean;

  constructor(key: string, ranges: readonly CidrRange[], invert: boolean) {
    this.key = key;
    this.#ranges = ranges;
    this.#invert = invert;
  }

  matches(state: ReadonlyMap<string, FilterStateObject> | null): boolean {
    const address = state?.get(this.key)?.address;
    if (address === undefined || address.kind !== 'ip') return false;
    return this.#ranges.some((range) => range.contains(address.address)) !== this.#invert;
  }
}
