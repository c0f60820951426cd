// Owns the first two kinds of wrong (STYLE): a broken invariant stops the process, what should never happen is
// reported once and counted and life goes on. Input from outside is neither: it is handled where it arrives.
import { errorText } from './error-text.ts';
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

/** Messages may hold what a peer sent: the table is not its to fill. */
const maxSeen = 1000;

/**
 * An exception on a path that something outside set in motion is a bug of ours. It ends what it happened in (`where`: a
 * stream, a connection), never the process. Told once with its stack, counted every time.
 */
export function contain(where: string, error: unknown): void {
  const message = `${where}: ${errorText(error)}`;
  const count = (seen.get(message) ?? 0) + 1;
  if (count > 1 || seen.size < maxSeen) seen.set(message, count);
  if (count === 1) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    logger('assert').critical(`exception in ${where}, which ends; this is a bug, please report it: ${stack}`);
  }
}

/** How often each `shouldNeverHappen` was reached; for server.envoy_bug_failures. */
export function neverHappenedCount(): number {
  let total = 0;
  for (const count of seen.values()) total += count;
  return total;
}
