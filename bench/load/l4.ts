/** Load of bytes without protocol: runs `l4-client.ts`, which is client and server, in its own process on the load core. */
import type { L4Load } from '../job.ts';
import { runClient } from './client-process.ts';
import type { LoadResult, Window } from './shape.ts';

export function l4Load(
  pin: readonly string[],
  { port, upstream }: { port: number; upstream: number },
  load: L4Load,
  warmup: number,
  seconds: number,
  window: Window,
): Promise<LoadResult> {
  const numbers = [load.connections, warmup, seconds].map(String);
  return runClient(pin, 'l4-client.ts', [String(port), String(upstream), load.mode, ...numbers], window);
}
