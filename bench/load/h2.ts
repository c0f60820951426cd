/** Calls over HTTP/2 or HTTP/1.1: runs `h2-client.ts` in its own process on the load core. */
import type { CallLoad } from '../job.ts';
import { runClient } from './client-process.ts';
import type { LoadResult, Window } from './shape.ts';

export function callLoad(
  pin: readonly string[],
  port: number,
  load: CallLoad,
  warmup: number,
  seconds: number,
  window: Window,
): Promise<LoadResult> {
  const numbers = [load.connections, load.streams, warmup, seconds].map(String);
  return runClient(pin, 'h2-client.ts', [String(port), load.protocol, load.call, ...numbers], window);
}
