/**
 * Closed load by autocannon, where wrk is not installed. It costs more than the proxies do, so the request rate it reaches
 * is its own limit; the CPU time for each request, which is read from the proxy, still holds.
 */
import { join } from 'node:path';
import type { ClosedLoad } from '../job.ts';
import { run } from '../machine/programs.ts';
import { projectRoot } from '../paths.ts';
import { type LoadResult, requestHeaders, type Window } from './shape.ts';

/** The fields used of autocannon's JSON output. Latencies are in milliseconds. */
interface Report {
  readonly '2xx': number;
  readonly non2xx: number;
  readonly errors: number;
  readonly timeouts: number;
  readonly duration: number;
  readonly latency: { readonly p50: number; readonly p99: number };
}

export async function autocannon(
  pin: readonly string[],
  port: number,
  load: ClosedLoad,
  seconds: number,
  window: Window,
): Promise<LoadResult> {
  // autocannon puts a fresh id in place of this marker, in the path and in every header alike.
  const marker = '[<id>]';
  const headers = requestHeaders.flatMap(([name, value]) => ['-H', `${name}=${value.replaceAll('ID', marker)}`]);
  const body = load.upload === 0 ? [] : ['-b', 'x'.repeat(load.upload)];
  window.opens();
  const out = await run([
    ...pin,
    process.execPath,
    join(projectRoot, 'node_modules/autocannon/autocannon.js'),
    '--json',
    '--no-progress',
    '-I',
    '-c',
    String(load.connections),
    '-d',
    String(seconds),
    '-m',
    load.method,
    ...headers,
    ...body,
    `http://127.0.0.1:${port}${load.path}?q=${marker}`,
  ]);
  window.closes();
  const report = JSON.parse(out.slice(out.indexOf('{'))) as Report;
  return {
    requests: report['2xx'],
    errors: report.non2xx + report.errors + report.timeouts,
    seconds: report.duration,
    p50: report.latency.p50 * 1_000,
    p99: report.latency.p99 * 1_000,
  };
}
