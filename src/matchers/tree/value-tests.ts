// Owns the tests of a value that are extensions of their own (envoy.matching.input_matchers): ranges of addresses, and
// shares of the values by their hash.
import { isIP } from 'node:net';
import type { CidrRange } from '../../base/cidr.ts';
import { xxHash64 } from '../../base/xxhash64.ts';
import type { Counter } from '../../observability/stats/api.ts';
import type { RuntimeFraction } from '../fraction.ts';
import type { ValueTest } from './match-tree.ts';

export class IpTest implements ValueTest {
  readonly #ranges: readonly CidrRange[];
  readonly #parsingFailed: Counter;
  /** The requests of one connection ask for the same address again and again. */
  #lastAddress = '';
  #lastAnswer = false;

  constructor(ranges: readonly CidrRange[], parsingFailed: Counter) {
    this.#ranges = ranges;
    this.#parsingFailed = parsingFailed;
  }

  matches(value: string): boolean {
    // An empty value is in no range, and no failure.
    if (value === '') return false;
    if (value === this.#lastAddress) return this.#lastAnswer;
    if (isIP(value) === 0 || value.includes('%')) {
      this.#parsingFailed.inc();
      return false;
    }
    this.#lastAddress = value;
    this.#lastAnswer = this.#ranges.some((range) => range.contains(value));
    return this.#lastAnswer;
  }
}

/** Values whose hash, modulo `modulo`, is `threshold` or more. */
export class ConsistentHashingTest implements ValueTest {
  readonly #threshold: bigint;
  readonly #modulo: bigint;
  readonly #seed: bigint;

  constructor(threshold: number, modulo: number, seed: bigint) {
    this.#threshold = BigInt(threshold);
    this.#modulo = BigInt(modulo);
    this.#seed = seed;
  }

  matches(value: string): boolean {
    return xxHash64(value, this.#seed) % this.#modulo >= this.#threshold;
  }
}

/** All denominators of fractions divide it. */
const largestDenominator = 1_000_000n;

/** A share of the values, always the same ones. */
export class RuntimeFractionTest implements ValueTest {
  readonly #fraction: RuntimeFraction;
  readonly #seed: bigint;

  constructor(fraction: RuntimeFraction, seed: bigint) {
    this.#fraction = fraction;
    this.#seed = seed;
  }

  matches(value: string): boolean {
    return this.#fraction.includes(Number(xxHash64(value, this.#seed) % largestDenominator));
  }
}

/** Metadata matchers where the input is no metadata: as Envoy, neither they nor their inverse match. */
export const neverMatches: ValueTest = { matches: () => false };
