/** Owns the JSON texts of google.protobuf.Duration and Timestamp. */

export type SecondsAndNanos = { readonly seconds: bigint; readonly nanos: number };

const durationLimit = 315_576_000_000n;

/** `1.5s`: digits, at most nine of them behind the point, and `s`. A problem in words when it is not that. */
export function readDuration(text: string): SecondsAndNanos | string {
  const match = /^(-?)(\d+)(?:\.(\d{1,9}))?s$/.exec(text);
  if (match === null) return `must be a duration in seconds such as "0.25s", not ${JSON.stringify(text)}`;
  const sign = match[1] === '-' ? -1 : 1;
  const seconds = BigInt(match[2] ?? '0');
  if (seconds > durationLimit) return `must not be longer than ${durationLimit}s`;
  const nanos = Number((match[3] ?? '').padEnd(9, '0'));
  // -0 is not a number protobuf knows.
  return { seconds: BigInt(sign) * seconds, nanos: nanos === 0 ? 0 : sign * nanos };
}

/** What may have been meant: `250ms`, `5m`, a bare number. */
export function durationHint(text: string): string | undefined {
  const match = /^\s*(-?\d+(?:\.\d+)?)\s*(|ns|us|µs|ms|s|sec|secs|seconds?|m|min|minutes?|h|hours?|d|days?)\s*$/i.exec(
    text,
  );
  if (match === null) return undefined;
  const [, amount = '', unit = ''] = match;
  const factors: Record<string, number> = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, m: 60, h: 3600, d: 86400 };
  const short = unit.toLowerCase();
  const factor = factors[short] ?? factors[short.slice(0, 1) === 's' || short === '' ? '' : short.slice(0, 1)] ?? 1;
  return `write "${Number((Number(amount) * factor).toFixed(9))}s"`;
}

/** RFC 3339 in UTC or with an offset, years 1 to 9999. */
export function readTimestamp(text: string): SecondsAndNanos | string {
  const match = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/.exec(text);
  const milliseconds = match === null ? Number.NaN : Date.parse(`${match[1]}${match[3]}`);
  if (Number.isNaN(milliseconds)) return `must be a time such as "2026-01-31T10:00:00Z", not ${JSON.stringify(text)}`;
  return { seconds: BigInt(milliseconds / 1000), nanos: Number((match?.[2] ?? '').padEnd(9, '0')) };
}
