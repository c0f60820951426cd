// Owns the first two kinds of wrong (STYLE): a broken invariant stops the process, what should never happen is
// reported once and counted and life goes on. Input from outside is neither: it is handled where it arrives.
import { logger } from './logger.ts';

/** Invariant of our own code. A failure is a bug of ours, never the peer's: it throws. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`);
}

const seen = new Map<string, number>();

/** Should never happen, but the process can go on: logs the first time, counts every time. */
export function shouldNeverHappen(message: string): void {
  const count = (seen.get(message) ?? 0) + 1;
  seen.set(message, count);
  if (count === 1) logger('assert').error(`should never happen: ${message}`);
}

/** How often each `shouldNeverHappen` was reached; for server.envoy_bug_failures. */
export function neverHappenedCount(): number {
  let total = 0;
  for (const count of seen.values()) total += count;
  return total;
}
