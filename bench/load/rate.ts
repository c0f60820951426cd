/** Constant-rate load: runs `rate-client.ts` in its own process on the load core. */
import { join } from 'node:path';
import type { RateLoad } from '../job.ts';
import { run } from '../machine/programs.ts';
import { benchRoot } from '../paths.ts';
import { type LoadResult, requestHeaders, type Window } from './shape.ts';

export async function constantRate(
  pin: readonly string[],
  port: number,
  load: RateLoad,
  warmup: number,
  seconds: number,
  window: Window,
): Promise<LoadResult> {
  let result: LoadResult | undefined;
  await run(
    [
      ...pin,
      process.execPath,
      join(benchRoot, 'load/rate-client.ts'),
      String(port),
      load.path,
      String(load.perSecond),
      String(warmup),
      String(seconds),
      JSON.stringify(requestHeaders),
    ],
    (line) => {
      const message = JSON.parse(line) as { event: string } & LoadResult;
      if (message.event === 'open') window.opens();
      else if (message.event === 'close') window.closes();
      else {
        const { requests, errors, seconds: measured, p50, p99, lateness = 0 } = message;
        result = { requests, errors, seconds: measured, p50, p99, lateness };
      }
    },
  );
  if (result === undefined) throw new Error('the constant-rate client printed no result');
  return result;
}
