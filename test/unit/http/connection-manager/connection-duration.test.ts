// max_connection_duration, and its jitter: connections that came together do not all leave together.
import t from 'tap';
import { managerOf } from '../../../support/connection-manager.ts';

t.test('the jitter only adds, and at most its part', async (t) => {
  const { connection, timers } = managerOf([], { maxConnectionDurationMs: 10_000, maxConnectionDurationJitter: 0.5 });
  timers.advance(9_999);
  t.notOk(connection.closed);
  timers.advance(5_100);
  t.ok(connection.closed);
});

t.test('without jitter it is exact', async (t) => {
  const { connection, timers } = managerOf([], { maxConnectionDurationMs: 10_000 });
  timers.advance(9_900);
  t.notOk(connection.closed);
  timers.advance(200);
  t.ok(connection.closed);
});
