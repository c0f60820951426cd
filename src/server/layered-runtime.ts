// Owns the values of the runtime that are in force.
import type { Runtime, RuntimeShare } from '../base/runtime.ts';

const denominators: Readonly<Record<string, number>> = { HUNDRED: 100, TEN_THOUSAND: 10_000, MILLION: 1_000_000 };

export class LayeredRuntime implements Runtime {
  version = 0;
  #values: ReadonlyMap<string, unknown>;

  /** By dotted key: numbers, booleans, strings, fractions. */
  constructor(values: ReadonlyMap<string, unknown>) {
    this.#values = values;
  }

  /** A layer has changed. */
  replace(values: ReadonlyMap<string, unknown>): void {
    this.#values = values;
    this.version++;
  }

  number(key: string, defaultValue: number): number {
    return toNumber(this.#values.get(key)) ?? defaultValue;
  }

  boolean(key: string, defaultValue: boolean): boolean {
    const value = this.#values.get(key);
    if (value === true || value === 'true') return true;
    return value === false || value === 'false' ? false : defaultValue;
  }

  share(key: string): RuntimeShare | undefined {
    const value = this.#values.get(key);
    if (isFraction(value)) {
      return {
        numerator: toNumber(value.numerator) ?? 0,
        denominator: denominators[String(value.denominator ?? 'HUNDRED')] ?? 100,
      };
    }
    const numerator = toNumber(value);
    return numerator === undefined ? undefined : { numerator, denominator: 100 };
  }
}

function toNumber(value: unknown): number | undefined {
  if (typeof value !== 'number' && (typeof value !== 'string' || value.trim() === '')) return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

/** A struct with a numerator is one value, a share, as in Envoy. */
export function isFraction(value: unknown): value is { numerator?: unknown; denominator?: unknown } {
  return typeof value === 'object' && value !== null && ('numerator' in value || 'denominator' in value);
}
