/**
 * Closed load by autocannon, where wrk is not installed. It costs more than the proxies do, so the request rate it reaches
 * is its own limit; the CPU time for each request, which is read from the proxy, still holds.
 */
import { join } from 'node:path';
import type { ClosedLoad } from '../job.ts';
import { run } from '../machine/programs.ts';
import { benchRoot } from '../paths.ts';
import { type LoadResult, requestHeaders, type Window } from './shape.ts';

export async function autocannon(
  pin: readonly string[],
  port: number,
  load: ClosedLoad,
  seconds: number,
  window: Window,
): Promise<LoadResult> {
  window.opens();
  const out = await run([
    ...pin,
    process.execPath,
    join(benchRoot, 'load/autocannon-client.ts'),
    `http://127.0.0.1:${port}${load.path}`,
    String(load.connections),
    String(seconds),
    load.method,
    String(load.upload),
    JSON.stringify(requestHeaders),
  ]);
  window.closes();
  return JSON.parse(out) as LoadResult;
}
