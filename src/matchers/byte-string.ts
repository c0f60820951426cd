// Owns the two conversions between configuration and header values. Header values hold one character per byte; Envoy
// compares bytes, so what configuration says is turned into bytes once.

/** Text from configuration (UTF-16) as header values carry it (a character per byte of UTF-8). */
export function toByteString(text: string): string {
  return nonAscii.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}
const nonAscii = /[^\x00-\x7f]/;

/** Case is that of ASCII letters only: a plain toLowerCase would take more for equal. */
export function toLowerAscii(text: string): string {
  return upperAscii.test(text) ? text.replace(upperAsciiRuns, lower) : text;
}
const upperAscii = /[A-Z]/;
const upperAsciiRuns = /[A-Z]+/g;
const lower = (run: string): string => run.toLowerCase();
