// Owns the way from JavaScript's strings to byte strings, and what JSON needs of them.
import { isUtf8 } from 'node:buffer';
import { jsonNumber } from '../../../base/number-text.ts';

const nonAscii = /[^\x00-\x7f]/;

/** UTF-16 text as a byte string. Header values must not come here: they are byte strings already. */
export function toByteString(text: string): string {
  return nonAscii.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}

const needsCare = /["\\\x00-\x1f\x80-\xff]/;
const unsafeInBrokenText = /["\\\x00-\x1f\x80-\xff]/g;

/**
 * A byte string between JSON's quotes (not included). Bytes that are not UTF-8 would make the line unreadable for JSON
 * parsers: then every byte above ASCII is written as if it were a character, as Envoy does.
 */
export function escapeJson(bytes: string): string {
  if (!needsCare.test(bytes)) return bytes;
  if (nonAscii.test(bytes) && !isUtf8(Buffer.from(bytes, 'latin1'))) {
    return bytes.replace(unsafeInBrokenText, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  }
  return JSON.stringify(bytes).slice(1, -1);
}

/** A JSON string from a byte string. */
export function quoteJson(bytes: string): string {
  return `"${escapeJson(bytes)}"`;
}

/**
 * JSON of a plain value (metadata) with keys in order, as a byte string; strings in it are UTF-16. As Envoy an endless
 * number is written as a word, though JSON has none for it.
 */
export function jsonOf(value: unknown): string {
  return toByteString(stringify(value));
}

function stringify(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return `[${value.map(stringify).join(',')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${stringify(item)}`).join(',')}}`;
  }
  return typeof value === 'number' ? jsonNumber(value) : (JSON.stringify(value) ?? 'null');
}
