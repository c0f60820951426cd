/**
 * autocannon with headers and a query that are different in every request, which its command line cannot do.
 * Usage: node autocannon-client.ts URL CONNECTIONS SECONDS METHOD BODY_BYTES HEADERS_JSON; prints a LoadResult as JSON.
 */
import { createRequire } from 'node:module';

interface Request {
  path: string;
  headers: Record<string, string>;
}
interface Options {
  readonly url: string;
  readonly connections: number;
  readonly duration: number;
  readonly method: string;
  readonly body?: string;
  readonly requests: readonly { setupRequest(request: Request): Request }[];
}
/** Latencies are in milliseconds, the duration in seconds. */
interface Report {
  readonly '2xx': number;
  readonly non2xx: number;
  readonly errors: number;
  readonly timeouts: number;
  readonly duration: number;
  readonly latency: { readonly p50: number; readonly p99: number };
}

// The package has no types of its own.
const autocannon: (options: Options) => Promise<Report> = createRequire(import.meta.url)('autocannon');

const [url = '', connections = '', seconds = '', method = '', upload = '', headersJson = '[]'] = process.argv.slice(2);
const headers = JSON.parse(headersJson) as [string, string][];
const { pathname } = new URL(url);
let sent = 0;

const report = await autocannon({
  url,
  connections: Number(connections),
  duration: Number(seconds),
  method,
  ...(upload === '0' ? {} : { body: 'x'.repeat(Number(upload)) }),
  requests: [
    {
      setupRequest(request) {
        sent++;
        const id = sent.toString(16).padStart(32, '0');
        request.path = `${pathname}?q=${sent}`;
        request.headers = Object.fromEntries(headers.map(([name, value]) => [name, value.replaceAll('ID', id)]));
        return request;
      },
    },
  ],
});
const { latency } = report;
console.log(
  JSON.stringify({
    requests: report['2xx'],
    errors: report.non2xx + report.errors + report.timeouts,
    seconds: report.duration,
    p50: latency.p50 * 1_000,
    p99: latency.p99 * 1_000,
  }),
);
