/** Load over TLS: runs `tls-client.ts` in its own process on the load core. */
import type { TlsLoad } from '../job.ts';
import type { Certificates } from '../machine/certificates.ts';
import { runClient } from './client-process.ts';
import { type LoadResult, requestHeaders, type Window } from './shape.ts';

export function tlsLoad(
  pin: readonly string[],
  port: number,
  load: TlsLoad,
  certificates: Certificates,
  warmup: number,
  seconds: number,
  window: Window,
): Promise<LoadResult> {
  const { ca, certificate, key } = certificates;
  const numbers = [load.connections, warmup, seconds].map(String);
  const args = [String(port), load.mode, ...numbers, JSON.stringify(requestHeaders), ca, certificate, key];
  return runClient(pin, 'tls-client.ts', args, window);
}
