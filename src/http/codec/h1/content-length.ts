// Owns reading the value of Content-Length.
import { isDigit } from './characters.ts';

/** Digits only (RFC 9110 section 8.6), within what a double counts exactly; else -1. */
export function parseContentLength(value: string): number {
  const length = value.length;
  if (length === 0) return -1;
  let number = 0;
  for (let i = 0; i < length; i++) {
    const c = value.charCodeAt(i);
    if (!isDigit(c)) return -1;
    number = number * 10 + c - 0x30;
    if (number > Number.MAX_SAFE_INTEGER) return -1;
  }
  return number;
}
