// `npm run soak`: the soak in its long form. A million kept-alive requests while the upstream closes connections at random,
// then bodies of 1 GB each way past readers that stand still. Exits 1 when anything was lost or memory was not bounded.
import { parseArgs } from 'node:util';
import { allowedGrowth, soakBulk } from './bulk-body.ts';
import { soakKeepAlive } from './keep-alive.ts';
import type { ProxyName } from './proxy.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    requests: { type: 'string', default: '1000000' },
    connections: { type: 'string', default: '32' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    megabytes: { type: 'string', default: '1024' },
    proxy: { type: 'string', default: 'remora' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(
    'soak [--only keep-alive|bulk] [--requests N] [--connections N] [--seed N] [--megabytes N] [--proxy remora|envoy]',
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

const passed = [];
if (values.only !== 'bulk') passed.push(await keepAlive());
if (values.only !== 'keep-alive') passed.push(await bulk());
process.exit(passed.every(Boolean) ? 0 : 1);
