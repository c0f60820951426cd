// Owns what one value of the runtime means: the same entry may be read as a number, a boolean or a share.
import { sixDigits } from '../../base/number-text.ts';
import type { RuntimeShare } from '../../base/runtime.ts';

export interface RuntimeEntry {
  /** As /runtime shows it. */
  readonly text: string;
  readonly number: number | undefined;
  readonly boolean: boolean | undefined;
  readonly share: RuntimeShare | undefined;
}

/** A value of a Struct, or what a text holds that was read as YAML. */
export type EntryValue =
  | null
  | boolean
  | number
  | string
  | readonly EntryValue[]
  | { readonly [key: string]: EntryValue };

/** `text`: what the operator wrote, where it was a text; it is what words are read from, so `"5"` is no number. */
export function runtimeEntry(value: EntryValue, text?: string): RuntimeEntry {
  const none = { number: undefined, boolean: undefined, share: undefined };
  switch (typeof value) {
    case 'number':
      return { ...none, text: text ?? sixDigits(value), number: value };
    case 'boolean':
      return { ...none, text: text ?? String(value), boolean: value };
    case 'string':
      return { ...none, text: text ?? value, number: numberIn(text ?? value), boolean: booleanIn(text ?? value) };
    default: {
      const isStruct = value !== null && !Array.isArray(value);
      return {
        ...none,
        text: text ?? JSON.stringify(value),
        share: isStruct ? shareIn(value as { readonly [key: string]: EntryValue }) : undefined,
      };
    }
  }
}

/** A struct that is one value and not a folder of keys, as in Envoy. */
export function isLeaf(value: object): boolean {
  return 'numerator' in value || 'denominator' in value || Object.keys(value).length === 0;
}

const denominators: ReadonlyMap<EntryValue, number> = new Map([
  ['HUNDRED', 100],
  ['TEN_THOUSAND', 10_000],
  ['MILLION', 1_000_000],
]);

/** Undefined where a member is not one of a share: the reader's default counts then. */
function shareIn(value: { readonly [key: string]: EntryValue }): RuntimeShare | undefined {
  const { numerator, denominator, ...others } = value;
  if (Object.keys(others).length > 0) return undefined;
  const of = denominator === undefined ? 100 : denominators.get(denominator);
  if (of === undefined) return undefined;
  // As Envoy: what is no number counts as 0, and below 0 it wraps to all.
  const number = typeof numerator === 'number' ? Math.trunc(numerator) : 0;
  return { numerator: number < 0 ? of : number, denominator: of };
}

const numberPattern = /^[+-]?(?:0x[0-9a-f]+|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)$/i;

function numberIn(text: string): number | undefined {
  const trimmed = text.trim();
  if (!numberPattern.test(trimmed)) return undefined;
  const number = Number(trimmed);
  return Number.isFinite(number) ? number : undefined;
}

function booleanIn(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  return word === 'true' ? true : word === 'false' ? false : undefined;
}
