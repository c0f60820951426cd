// Owns the step from google.protobuf.Duration to milliseconds.

export interface DurationMessage {
  readonly seconds: bigint;
  readonly nanos: number;
}

/** Milliseconds with fractions; `absent` where the field is not set. */
export function durationMs<Absent>(duration: DurationMessage | undefined, absent: Absent): number | Absent {
  return duration === undefined ? absent : Number(duration.seconds) * 1000 + duration.nanos / 1e6;
}
