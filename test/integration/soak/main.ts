// `npm run soak`: the soak in its long form. A million kept-alive requests while the upstream closes connections at random,
// then bodies of 1 GB each way past readers that stand still, then a minute of rotating certificates, then 100,000 mixed
// requests over HTTP/2 on either side and both, and bodies of 200 MB there. Exits 1 when anything was lost or memory was not bounded.
import { parseArgs } from 'node:util';
import { allowedGrowth, soakBulk } from './bulk-body.ts';
import { allowedHttp2Growth, soakBulkHttp2 } from './bulk-http2.ts';
import { soakKeepAlive } from './keep-alive.ts';
import { soakMixed } from './mixed.ts';
import type { ProxyName } from './proxy.ts';
import { soakRotation } from './rotation.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    requests: { type: 'string', default: '1000000' },
    connections: { type: 'string', default: '32' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    megabytes: { type: 'string', default: '1024' },
    seconds: { type: 'string', default: '60' },
    mixed: { type: 'string', default: '100000' },
    megabytesHttp2: { type: 'string', default: '200' },
    proxy: { type: 'string', default: 'remora' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(
    'soak [--only keep-alive|bulk|rotation|mixed|bulk-http2] [--requests N] [--connections N] [--seed N] [--megabytes N] [--seconds N] ' +
      '[--mixed N] [--proxy remora|envoy]',
  );
  process.exit(0);
}
if (values.proxy !== 'remora' && values.proxy !== 'envoy') throw new Error(`no proxy '${values.proxy}'`);
const proxy: ProxyName = values.proxy;
const bufferLimit = 1 << 20;
const mb = (bytes: number): string => (bytes / (1 << 20)).toFixed(1);

async function keepAlive(): Promise<boolean> {
  const seed = Number(values.seed);
  console.log(`keep-alive: ${values.requests} requests on ${values.connections} connections, --seed ${seed}`);
  const report = await soakKeepAlive({
    proxy,
    seed,
    requests: Number(values.requests),
    connections: Number(values.connections),
    progress: (done) => {
      if (done % 100_000 < 10_000) console.log(`  ${done} done`);
    },
  });
  console.log(report);
  const passed = report.failureCount === 0 && report.answered + report.refusedPosts === report.requests;
  console.log(
    `${passed ? 'PASS' : 'FAIL'}  keep-alive: ${report.answered} of ${report.requests} answered with their own id, ` +
      `${report.refusedPosts} POSTs refused with 503, ${report.failureCount} failures`,
  );
  return passed;
}

async function bulk(): Promise<boolean> {
  const bytes = Number(values.megabytes) * (1 << 20);
  console.log(`bulk: bodies of ${values.megabytes} MB, watermark ${mb(bufferLimit)} MB`);
  const progress = (text: string): void => console.log(`  ${text}`);
  const reports = await soakBulk({ proxy, bytes, standstills: 8, bufferLimit, progress });
  const allowed = allowedGrowth(bufferLimit);
  let passed = true;
  for (const report of reports) {
    const growth = report.highest - report.before;
    const bounded = growth <= allowed && report.received === bytes;
    passed &&= bounded;
    console.log(
      `${bounded ? 'PASS' : 'FAIL'}  ${report.direction}, ${report.framing}: anonymous memory grew by ${mb(growth)} MB ` +
        `(at most ${mb(allowed)}) to ${mb(report.highest)}; RSS ${mb(report.highestRss)}; ` +
        `${mb(report.inFlight)} MB between the ends at a standstill; ${report.seconds.toFixed(1)} s`,
    );
  }
  return passed;
}

async function rotation(): Promise<boolean> {
  console.log(`rotation: all certificates every 100 ms for ${values.seconds} s`);
  const report = await soakRotation({ seconds: Number(values.seconds), clients: 8, everyMs: 100 });
  console.log(report);
  const passed = report.failureCount === 0 && report.contextUpdates > report.rotations / 4;
  console.log(
    `${passed ? 'PASS' : 'FAIL'}  rotation: ${report.answered} answered, ${report.failureCount} failures, ` +
      `${report.rotations} rotations`,
  );
  return passed;
}

async function mixed(): Promise<boolean> {
  const seed = Number(values.seed);
  console.log(`mixed: ${values.mixed} requests over HTTP/2 each way, --seed ${seed}`);
  let passed = true;
  for (const [clientHttp2, upstreamHttp2] of [
    [true, false],
    [true, true],
    [false, true],
  ] as const) {
    const way = `HTTP/${clientHttp2 ? 2 : 1} to HTTP/${upstreamHttp2 ? 2 : 1}`;
    const report = await soakMixed({ proxy, clientHttp2, upstreamHttp2, requests: Number(values.mixed), seed });
    const good =
      report.failureCount === 0 &&
      report.gauges.length === 0 &&
      report.after - report.before < allowedHttp2Growth(bufferLimit);
    passed &&= good;
    if (!good) console.log(report);
    console.log(
      `${good ? 'PASS' : 'FAIL'}  mixed, ${way}: ${report.answered} of ${report.requests} answered with their own bytes, ` +
        `${report.left} left by clients, ${report.broken} broken off by the upstream, ${report.failureCount} failures; ` +
        `anonymous memory ${mb(report.before)} MB behind the first tenth, ${mb(report.after)} MB at the end; ` +
        `${report.seconds.toFixed(1)} s`,
    );
  }
  return passed;
}

async function bulkHttp2(): Promise<boolean> {
  const bytes = Number(values.megabytesHttp2) * (1 << 20);
  const allowed = allowedHttp2Growth(bufferLimit);
  let passed = true;
  for (const upstreamHttp2 of [false, true]) {
    for (const report of await soakBulkHttp2({ proxy, upstreamHttp2, bytes, standstills: 8, bufferLimit })) {
      const growth = report.highest - report.before;
      const bounded = growth <= allowed && report.received === bytes;
      passed &&= bounded;
      console.log(
        `${bounded ? 'PASS' : 'FAIL'}  HTTP/2 to HTTP/${upstreamHttp2 ? 2 : 1}, ${report.direction} of ${mb(bytes)} MB: ` +
          `anonymous memory grew by ${mb(growth)} MB (at most ${mb(allowed)}); ${report.seconds.toFixed(1)} s`,
      );
    }
  }
  return passed;
}

const passed = [];
const wanted = (name: string): boolean => values.only === undefined || values.only === name;
if (wanted('keep-alive')) passed.push(await keepAlive());
if (wanted('bulk')) passed.push(await bulk());
if (wanted('rotation')) passed.push(await rotation());
if (wanted('mixed')) passed.push(await mixed());
if (wanted('bulk-http2')) passed.push(await bulkHttp2());
process.exit(passed.every(Boolean) ? 0 : 1);
