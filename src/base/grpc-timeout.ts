// Owns the text of grpc-timeout: how long a gRPC client waits, as a number of up to eight digits and a unit.
// https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md (Timeout)

const unitMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };
const largest = 99_999_999;

/** Milliseconds, fractions rounded up; undefined where the text is none. As Envoy, a plus and blanks before the unit do no harm. */
export function parseGrpcTimeout(text: string | undefined): number | undefined {
  if (text === undefined || !/^\+?\d{1,8}[ \t]*[HMSmun]$/.test(text)) return undefined;
  return Math.ceil(Number(text.slice(0, -1)) * (unitMs[text.slice(-1)] as number));
}

/** The finest unit that holds the number. */
export function formatGrpcTimeout(milliseconds: number): string {
  for (const unit of ['m', 'S', 'M']) {
    const count = Math.floor(milliseconds / (unitMs[unit] as number));
    if (count <= largest) return `${count}${unit}`;
  }
  return `${Math.min(largest, Math.floor(milliseconds / 3_600_000))}H`;
}
