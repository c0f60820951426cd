/** Owns the rules on durations, which are compared in nanoseconds. */
import type { Duration } from '@bufbuild/protobuf/wkt';
import type { DurationRules } from '../../generated/validate/validate_pb.d.ts';
import type { ValueCheck } from './rules.ts';

export function isDuration(value: unknown): value is Duration {
  return (
    typeof value === 'object' &&
    value !== null &&
    '$typeName' in value &&
    value.$typeName === 'google.protobuf.Duration'
  );
}

export function toNanoseconds(duration: Duration): bigint {
  return duration.seconds * 1_000_000_000n + BigInt(duration.nanos);
}

/** `0.25s`, as the JSON form writes it. */
export function durationText(duration: Duration): string {
  const nanoseconds = toNanoseconds(duration);
  const magnitude = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  const fraction = String(magnitude % 1_000_000_000n)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return `${nanoseconds < 0n ? '-' : ''}${magnitude / 1_000_000_000n}${fraction === '' ? '' : `.${fraction}`}s`;
}

export function compileDurationRules(rules: DurationRules): ValueCheck {
  const { lt, lte, gt, gte } = rules;
  return (value) => {
    if (!isDuration(value)) return undefined;
    const nanoseconds = toNanoseconds(value);
    let wanted: string | undefined;
    if (gt !== undefined && nanoseconds <= toNanoseconds(gt)) wanted = `longer than ${durationText(gt)}`;
    else if (gte !== undefined && nanoseconds < toNanoseconds(gte)) wanted = `at least ${durationText(gte)}`;
    else if (lt !== undefined && nanoseconds >= toNanoseconds(lt)) wanted = `shorter than ${durationText(lt)}`;
    else if (lte !== undefined && nanoseconds > toNanoseconds(lte)) wanted = `at most ${durationText(lte)}`;
    return wanted === undefined
      ? undefined
      : { code: 'RMR0207', problem: `must be ${wanted}, not ${durationText(value)}` };
  };
}
