/** Constant-rate load: runs `rate-client.ts` in its own process on the load core. */
import type { RateLoad } from '../job.ts';
import { runClient } from './client-process.ts';
import { type LoadResult, requestHeaders, type Window } from './shape.ts';

export function constantRate(
  pin: readonly string[],
  port: number,
  load: RateLoad,
  warmup: number,
  seconds: number,
  window: Window,
): Promise<LoadResult> {
  const numbers = [load.perSecond, warmup, seconds].map(String);
  const args = [String(port), load.path, ...numbers, JSON.stringify(requestHeaders)];
  return runClient(pin, 'rate-client.ts', args, window);
}
