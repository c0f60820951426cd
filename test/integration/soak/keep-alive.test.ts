import t from 'tap';
import { soakKeepAlive } from './keep-alive.ts';

t.test('no request is lost or misdelivered while the upstream closes connections at random', async (t) => {
  const seed = Number(process.env['SOAK_SEED'] ?? Math.floor(Math.random() * 1e9));
  t.comment(`SOAK_SEED=${seed}`);
  const report = await soakKeepAlive({ proxy: 'remora', requests: 20_000, connections: 32, seed });
  t.strictSame(report.failures, [], `${report.failureCount} failures`);
  t.equal(report.answered + report.refusedPosts, report.requests, 'every request has its own answer');
  t.ok(report.refusedPosts < report.requests / 500, `POSTs refused with 503: ${report.refusedPosts}`);
  // The soak proves nothing where the upstream did not close: each way must have been met.
  for (const [way, count] of Object.entries(report.closes)) t.ok(count > 10, `${way}: ${count} connections`);
});
