/** Closed load by wrk: one thread in C, the cheapest client here, so the proxy and not the client is the limit. */
import { join } from 'node:path';
import type { ClosedLoad } from '../job.ts';
import { run } from '../machine/programs.ts';
import { benchRoot } from '../paths.ts';
import { type LoadResult, requestHeaders, type Window } from './shape.ts';

export async function wrk(
  binary: string,
  pin: readonly string[],
  port: number,
  load: ClosedLoad,
  seconds: number,
  window: Window,
): Promise<LoadResult> {
  const headers = requestHeaders.map(([name, value]) => `${name}: ${value}`);
  window.opens();
  const out = await run([
    ...pin,
    binary,
    '-t1',
    `-c${load.connections}`,
    `-d${seconds}s`,
    '--timeout=10s',
    `-s${join(benchRoot, 'load/wrk.lua')}`,
    `http://127.0.0.1:${port}/`,
    '--',
    load.method,
    load.path,
    String(load.upload),
    ...headers,
  ]);
  window.closes();
  const result = /^RESULT (.+)$/m.exec(out)?.[1];
  if (result === undefined) throw new Error(`wrk printed no result:\n${out}`);
  return JSON.parse(result) as LoadResult;
}
