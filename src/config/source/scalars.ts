/**
 * Owns what an unquoted scalar means. YAML as Envoy reads it: version 1.1 booleans and nulls, integers that fit 32 bits,
 * everything else a text (so 1.5 reaches a Struct as "1.5"); explicit tags such as !!str are not looked at.
 */
import type { SourceValue } from './value.ts';

const nullWords = new Set(['', '~', 'null', 'Null', 'NULL']);
const booleanWords = new Map<string, boolean>();
for (const [word, meaning] of [
  ['y', true],
  ['yes', true],
  ['true', true],
  ['on', true],
  ['n', false],
  ['no', false],
  ['false', false],
  ['off', false],
] as const) {
  booleanWords.set(word, meaning);
  booleanWords.set(word.toUpperCase(), meaning);
  booleanWords.set(word[0]?.toUpperCase() + word.slice(1), meaning);
}

/** Decimal, 0x hexadecimal or 0-led octal. */
const integerPattern = /^[+-]?(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*)$/;

export function readPlainYaml(text: string): SourceValue {
  if (nullWords.has(text)) return null;
  const boolean = booleanWords.get(text);
  if (boolean !== undefined) return boolean;
  if (!integerPattern.test(text)) return text;
  const negative = text.startsWith('-');
  const digits = text.replace(/^[+-]/, '');
  const octal = digits.length > 1 && /^0[0-7]/.test(digits);
  const magnitude = octal ? Number.parseInt(digits, 8) : Number(digits);
  const number = negative ? -magnitude : magnitude;
  if (number >= -(2 ** 31) && number < 2 ** 31) return number;
  // Beyond 32 bits Envoy hands the number on as text, in decimal, so that no digit is lost.
  const exact = BigInt(octal ? `0o${digits.slice(1)}` : digits);
  return String(negative ? -exact : exact);
}

const jsonNumberPattern = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** An unquoted JSON scalar; undefined when JSON has none of that form. Integers that a double cannot hold stay texts. */
export function readPlainJson(text: string): SourceValue | undefined {
  if (text === 'true') return true;
  if (text === 'false') return false;
  if (text === 'null') return null;
  if (!jsonNumberPattern.test(text)) return undefined;
  const number = Number(text);
  return Number.isInteger(number) && !Number.isSafeInteger(number) ? text : number;
}
