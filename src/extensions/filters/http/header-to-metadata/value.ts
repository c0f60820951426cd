// Owns how the text of a header becomes a value of metadata: decoded, rewritten, a text, a number or any JSON value.
import { fromBinary, type JsonValue } from '@bufbuild/protobuf';
import { type Value, ValueSchema } from '@bufbuild/protobuf/wkt';
import { fromByteString } from '../../../../base/byte-string.ts';
import type { Regex, Substitution } from '../../../../matchers/api.ts';
import type { HeaderToMetadataStats } from './stats.ts';

/** Envoy's bound; such texts and longer ones are left out. */
const tooLong = 8 * 1024;

export type ValueType = 'string' | 'number' | 'value';

export interface ValueSettings {
  readonly type: ValueType;
  readonly base64: boolean;
  /** In place of the header's text; '' for none. */
  readonly constant: string;
  readonly rewrite: { readonly regex: Regex; readonly substitution: Substitution } | null;
}

/** Undefined: no metadata is to be set. `text` is a byte string. */
export function valueFromText(
  text: string,
  settings: ValueSettings,
  stats: HeaderToMetadataStats | null,
): JsonValue | undefined {
  let bytes = settings.constant === '' ? text : settings.constant;
  if (bytes !== '' && settings.rewrite !== null) {
    bytes = settings.rewrite.regex.replaceAll(bytes, settings.rewrite.substitution);
    if (bytes === '') stats?.regexSubstitutionFailed.inc();
  }
  if (bytes === '') return undefined;
  if (bytes.length >= tooLong) {
    stats?.headerValueTooLong.inc();
    return undefined;
  }
  if (settings.base64) {
    const decoded = decodeBase64(bytes);
    if (decoded === undefined) {
      stats?.base64DecodeFailed.inc();
      return undefined;
    }
    bytes = decoded;
  }
  switch (settings.type) {
    case 'string':
      return fromByteString(bytes);
    case 'number':
      return numberOf(bytes);
    case 'value':
      return anyValueOf(bytes);
  }
}

const alphabet = /^[A-Za-z0-9+/]+$/;
const padding = /={0,2}$/;

/** Padding may be missing; what is not the encoding of anything is refused. */
function decodeBase64(text: string): string | undefined {
  const digits = text.replace(padding, '');
  if (!alphabet.test(digits)) return undefined;
  const bytes = Buffer.from(digits, 'base64');
  // Buffer passes over what is left at the end.
  if (bytes.toString('base64').replace(padding, '') !== digits) return undefined;
  return bytes.toString('latin1');
}

const decimal = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/;
const word = /^\s*([+-]?)(nan|inf|infinity)\s*$/i;
const hexadecimal = /^\s*([+-]?)0[xX]([0-9a-fA-F]+)\s*$/;

/** As Envoy also what is endless, and what is no number. */
function numberOf(text: string): number | undefined {
  if (decimal.test(text)) return Number(text);
  const named = word.exec(text);
  if (named !== null) {
    if (named[2]?.toLowerCase() === 'nan') return Number.NaN;
    return named[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  const hex = hexadecimal.exec(text);
  if (hex === null) return undefined;
  const number = Number.parseInt(hex[2] as string, 16);
  return hex[1] === '-' ? -number : number;
}

/** The bytes of a google.protobuf.Value. They come from outside: what cannot be read is no value. */
function anyValueOf(bytes: string): JsonValue | undefined {
  try {
    return plain(fromBinary(ValueSchema, Buffer.from(bytes, 'latin1')));
  } catch {
    return undefined;
  }
}

/** Not `toJson`, which refuses numbers that JSON has no words for. Undefined for a value that is none. */
function plain({ kind }: Value): JsonValue | undefined {
  switch (kind.case) {
    case 'nullValue':
      return null;
    case 'listValue':
      return kind.value.values.map((value) => plain(value) ?? null);
    case 'structValue':
      return Object.fromEntries(Object.entries(kind.value.fields).map(([key, value]) => [key, plain(value) ?? null]));
    case undefined:
      return undefined;
    default:
      return kind.value;
  }
}
