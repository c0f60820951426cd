// Owns how numbers are written: with six digits in text, with as few characters as bring the number back in JSON.

/** A double as C's %g writes it. */
export function shortNumber(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa = '', power = '0'] = value.toExponential(5).split('e');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 6) return `${withoutZeros(mantissa)}e${paddedExponent(exponent)}`;
  return withoutZeros(value.toFixed(5 - exponent));
}

const withoutZeros = (digits: string): string =>
  digits.includes('.') ? digits.replace(/0+$/, '').replace(/\.$/, '') : digits;

const paddedExponent = (exponent: number): string =>
  `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;

/** Plain or with an exponent, whichever is shorter; JSON has no word for what is no number or endless. */
export function jsonNumber(value: number): string {
  if (!Number.isFinite(value)) return 'null';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa = '', power = '0'] = value.toExponential().split('e');
  const scientific = `${mantissa}e${paddedExponent(Number(power))}`;
  const plain = Number.isInteger(value) ? BigInt(value).toString() : String(value);
  return plain.includes('e') || plain.length > scientific.length ? scientific : plain;
}
