// Owns how numbers are written: Envoy's statistics, logs and expressions each write doubles in their own way, and all differ
// from JavaScript's. https://en.cppreference.com/w/cpp/utility/to_chars and printf's %g.

/** Shortest digits that read back equal; an exponent from 10^16 on and below 10^-4 (C++ `{}`). Text quantiles. */
export function shortestNumber(value: number): string {
  const word = wordFor(value);
  if (word !== '') return word;
  const [mantissa, exponent] = split(value.toExponential());
  return exponent < -4 || exponent >= 16 ? withExponent(mantissa, exponent) : fixed(value);
}

/** Shortest digits in the shorter of both notations. In JSON, and wherever Envoy writes JSON: endless numbers in words. */
export function jsonNumber(value: number): string {
  if (Number.isNaN(value)) return 'null';
  const word = wordFor(value);
  if (word !== '') return word;
  const [mantissa, exponent] = split(value.toExponential());
  const scientific = withExponent(mantissa, exponent);
  const plain = fixed(value);
  return scientific.length < plain.length ? scientific : plain;
}

/** Six significant digits, printf's %g. Labels of text buckets, expressions, the runtime. */
export function sixDigits(value: number): string {
  const word = wordFor(value);
  if (word !== '') return word;
  const [mantissa, exponent] = split(value.toExponential(5));
  if (exponent < -4 || exponent >= 6) return withExponent(withoutZeros(mantissa), exponent);
  return withoutZeros(value.toFixed(5 - exponent));
}

/** What needs no digits; '' for the rest. */
function wordFor(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  return '';
}

function split(scientific: string): [mantissa: string, exponent: number] {
  const at = scientific.indexOf('e');
  return [scientific.slice(0, at), Number(scientific.slice(at + 1))];
}

function withExponent(mantissa: string, exponent: number): string {
  const sign = exponent < 0 ? '-' : '+';
  return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/** Without an exponent, whatever the size; whole numbers to their last digit. */
function fixed(value: number): string {
  if (Number.isInteger(value)) return BigInt(value).toString();
  const text = String(value);
  if (!text.includes('e')) return text;
  // As small as to have one: JavaScript writes larger fractions without.
  const [mantissa, exponent] = split(text);
  const digits = mantissa.replace('-', '').replace('.', '');
  return `${value < 0 ? '-' : ''}0.${'0'.repeat(-exponent - 1)}${digits}`;
}

function withoutZeros(digits: string): string {
  return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
}
