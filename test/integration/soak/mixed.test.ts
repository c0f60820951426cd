import t from 'tap';
import { soakMixed } from './mixed.ts';

const ways = [
  { name: 'HTTP/2 to HTTP/1.1', clientHttp2: true, upstreamHttp2: false },
  { name: 'HTTP/2 to HTTP/2', clientHttp2: true, upstreamHttp2: true },
  { name: 'HTTP/1.1 to HTTP/2', clientHttp2: false, upstreamHttp2: true },
] as const;

for (const { name, ...way } of ways) {
  t.test(`${name}: every request gets its own bytes, whatever the windows, and nothing is left behind`, async (t) => {
    const seed = Number(process.env['SOAK_SEED'] ?? Math.floor(Math.random() * 1e9));
    t.comment(`SOAK_SEED=${seed}`);
    const report = await soakMixed({ proxy: 'remora', requests: 3000, seed, ...way });
    t.strictSame(report.failures, [], `${report.failureCount} failures`);
    t.equal(report.answered + report.left + report.broken, report.requests, 'each has its end');
    t.ok(report.left > 50 && report.broken > 20, `resets: ${report.left} by clients, ${report.broken} by the upstream`);
    t.strictSame(report.gauges, [], 'no request, stream or connection is left');
    // Bodies of 10 MB went through it.
    t.ok(
      report.after - report.before < 16 << 20,
      `memory: ${report.before} octets in between, ${report.after} at the end`,
    );
    t.comment(`${report.answered} answered in ${report.seconds.toFixed(1)} s`);
  });
}
