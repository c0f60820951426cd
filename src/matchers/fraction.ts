// Owns shares of requests (envoy.type.v3.FractionalPercent): n of a hundred, ten thousand or a million.

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
