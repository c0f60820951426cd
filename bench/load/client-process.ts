/** Runs one of our own load clients in its process on the load core, and takes what it prints. */
import { join } from 'node:path';
import { run } from '../machine/programs.ts';
import { benchRoot } from '../paths.ts';
import type { LoadResult, Window } from './shape.ts';

/** `program`: a file of `bench/load`. */
export async function runClient(
  pin: readonly string[],
  program: string,
  args: readonly string[],
  window: Window,
): Promise<LoadResult> {
  let result: LoadResult | undefined;
  await run([...pin, process.execPath, join(benchRoot, 'load', program), ...args], (line) => {
    const { event, ...message } = JSON.parse(line) as { event: string } & LoadResult;
    if (event === 'open') window.opens();
    else if (event === 'close') window.closes();
    else result = message;
  });
  if (result === undefined) throw new Error(`${program} printed no result`);
  return result;
}
