// Owns the two conversions between configuration and header values. Header values hold one character per byte; Envoy
// compares bytes, so what configuration says is turned into bytes once.

export { toByteString } from '../base/byte-string.ts';

/** Case is that of ASCII letters only: a plain toLowerCase would take more for equal. */
export function toLowerAscii(text: string): string {
  return upperAscii.test(text) ? text.replace(upperAsciiRuns, lower) : text;
}
const upperAscii = /[A-Z]/;
const upperAsciiRuns = /[A-Z]+/g;
const lower = (run: string): string => run.toLowerCase();
