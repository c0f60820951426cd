// Owns shares of requests (envoy.type.v3.FractionalPercent): n of a hundred, ten thousand or a million; also those that
// the runtime may change (envoy.config.core.v3.RuntimeFractionalPercent).
import type { Runtime } from '../base/runtime.ts';

export const denominators = [100, 10_000, 1_000_000] as const;

export class Fraction {
  readonly numerator: number;
  readonly denominator: number;

  /** `denominatorType` is the number of envoy.type.v3.FractionalPercent.DenominatorType. */
  constructor(numerator: number, denominatorType: number) {
    this.numerator = numerator;
    this.denominator = denominators[denominatorType] ?? 100;
  }

  /** `random` is uniform; the same number gives the same answer for the whole request. */
  includes(random: number): boolean {
    return random % this.denominator < this.numerator;
  }
}

/** A share that a runtime key, where it is set, puts in the place of the configured one. */
export class RuntimeFraction {
  readonly #runtime: Runtime;
  readonly #key: string;
  readonly #configured: Fraction;
  #version: number;
  #numerator = 0;
  #denominator = 100;

  constructor(configured: Fraction, key: string, runtime: Runtime) {
    this.#configured = configured;
    this.#key = key;
    this.#runtime = runtime;
    this.#version = runtime.version;
    this.#read();
  }

  /** `random` is uniform in [0, 2^32). */
  includes(random: number): boolean {
    if (this.#version !== this.#runtime.version) this.#read();
    return random % this.#denominator < this.#numerator;
  }

  /** The one in force, for messages. */
  get description(): string {
    if (this.#version !== this.#runtime.version) this.#read();
    return `${this.#numerator} in ${this.#denominator}`;
  }

  #read(): void {
    this.#version = this.#runtime.version;
    const { numerator, denominator } =
      (this.#key === '' ? undefined : this.#runtime.share(this.#key)) ?? this.#configured;
    this.#numerator = numerator;
    this.#denominator = denominator;
  }
}
