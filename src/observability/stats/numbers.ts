// Owns how numbers are written: Envoy's text, JSON and Prometheus outputs each write doubles in their own way, and all
// differ from JavaScript's. https://en.cppreference.com/w/cpp/utility/to_chars and printf's %g.

/** Shortest digits that read back equal; an exponent from 10^16 on and below 10^-4 (C++ `{}`). Text quantiles. */
export function formatShortest(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value < 0 ? '-inf' : 'inf';
  if (value === 0) return '0';
  const [mantissa, exponent] = split(value);
  return exponent < -4 || exponent >= 16 ? withExponent(mantissa, exponent) : fixed(value);
}

/** Shortest digits in the shorter of both notations. JSON. */
export function formatJsonNumber(value: number): string {
  if (!Number.isFinite(value)) return 'null';
  if (value === 0) return '0';
  const [mantissa, exponent] = split(value);
  const scientific = withExponent(mantissa, exponent);
  const plain = fixed(value);
  return scientific.length < plain.length ? scientific : plain;
}

/** Six significant digits, printf's %g. Labels of text buckets. */
export function formatSixDigits(value: number): string {
  if (!Number.isFinite(value) || value === 0) return formatShortest(value);
  const [mantissa, exponent] = split(Number(value.toPrecision(6)));
  return exponent < -4 || exponent >= 6 ? withExponent(mantissa, exponent) : fixed(Number(value.toPrecision(6)));
}

function split(value: number): [mantissa: string, exponent: number] {
  const text = value.toExponential();
  const at = text.indexOf('e');
  return [text.slice(0, at), Number(text.slice(at + 1))];
}

function withExponent(mantissa: string, exponent: number): string {
  const sign = exponent < 0 ? '-' : '+';
  return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/** Without an exponent, whatever the size. */
function fixed(value: number): string {
  const text = String(value);
  if (!text.includes('e')) return text;
  const [mantissa, exponent] = split(value);
  const digits = mantissa.replace('-', '').replace('.', '');
  const sign = value < 0 ? '-' : '';
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  return sign + digits.padEnd(exponent + 1, '0');
}
