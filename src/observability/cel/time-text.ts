// Owns how durations and times are written by %CEL% (as the C++ library of Envoy prints them) and in JSON (as protobuf does).

const second = 1_000_000_000n;

/** `25h1m1.5s`, `259.772us`, `0`. */
export function durationText(nanos: bigint): string {
  if (nanos === 0n) return '0';
  if (nanos < 0n) return `-${durationText(-nanos)}`;
  if (nanos < 1000n) return `${nanos}ns`;
  if (nanos < 1_000_000n) return `${decimal(nanos, 3)}us`;
  if (nanos < second) return `${decimal(nanos, 6)}ms`;
  const hours = nanos / (3600n * second);
  const minutes = (nanos / (60n * second)) % 60n;
  const seconds = nanos % (60n * second);
  return `${hours > 0n ? `${hours}h` : ''}${minutes > 0n ? `${minutes}m` : ''}${seconds > 0n ? `${decimal(seconds, 9)}s` : ''}`;
}

/** `value` with the last `digits` behind the point, without zeros at the end. */
function decimal(value: bigint, digits: number): string {
  const text = value.toString().padStart(digits + 1, '0');
  const fraction = text.slice(-digits).replace(/0+$/, '');
  return fraction === '' ? text.slice(0, -digits) : `${text.slice(0, -digits)}.${fraction}`;
}

/** `1.500s`. */
export function durationJson(nanos: bigint): string {
  if (nanos < 0n) return `-${durationJson(-nanos)}`;
  return `${nanos / second}${protobufFraction(Number(nanos % second))}s`;
}

/** `2020-01-01T00:00:00.5+00:00`. */
export function timestampText(seconds: bigint, nanos: number): string {
  const fraction = String(nanos).padStart(9, '0').replace(/0+$/, '');
  return `${dateAndTime(seconds)}${fraction === '' ? '' : `.${fraction}`}+00:00`;
}

/** `2020-01-01T00:00:00.500Z`. */
export function timestampJson(seconds: bigint, nanos: number): string {
  return `${dateAndTime(seconds)}${protobufFraction(nanos)}Z`;
}

const dateAndTime = (seconds: bigint): string => new Date(Number(seconds) * 1000).toISOString().slice(0, 19);

/** None, or three, six or nine digits. */
function protobufFraction(nanos: number): string {
  if (nanos === 0) return '';
  const digits = String(nanos).padStart(9, '0');
  return `.${digits.replace(/(?:000){1,2}$/, '')}`;
}
