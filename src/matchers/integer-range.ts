// Owns tests of a number written as text against a half-open range (envoy.type.v3.Int64Range).
import type { StringMatcher } from './string-matcher.ts';

/** A decimal integer, with a sign where there is one; nothing else (`0x5`, `5.0`, empty) is a number. */
const decimal = /^[ \t]*([+-]?[0-9]+)[ \t]*$/;
const smallest = -(2n ** 63n);
const largest = 2n ** 63n - 1n;

/** start <= value < end; a value that is no 64-bit integer is outside. */
export class IntegerRangeMatcher implements StringMatcher {
  readonly #start: bigint;
  readonly #end: bigint;
  readonly description: string;

  constructor(start: bigint, end: bigint) {
    this.#start = start;
    this.#end = end;
    this.description = `is a number from ${start} to below ${end}`;
  }

  matches(value: string): boolean {
    if (!decimal.test(value)) return false;
    // BigInt takes no plus sign.
    const number = BigInt(value.replace('+', ''));
    return number >= smallest && number <= largest && number >= this.#start && number < this.#end;
  }
}
