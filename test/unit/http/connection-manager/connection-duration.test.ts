// max_connection_duration and drain_timeout with their jitter: connections that came together do not all leave together.
import t from 'tap';
import { type ManagerFixture, managerOf } from '../../../support/connection-manager.ts';
import { ScriptedFactory } from '../../../support/scripted-filter.ts';

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

/** Idle after one request, at the moment when max_connection_duration is over. */
function idleAtItsEnd(drainTimeoutMs: number, drainTimeoutJitter = 0): ManagerFixture {
  const app = new ScriptedFactory('last', true);
  const fixture = managerOf([app], { maxConnectionDurationMs: 10_000, drainTimeoutMs, drainTimeoutJitter });
  fixture.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  app.last.respond('');
  fixture.timers.advance(10_001);
  return fixture;
}

t.test('a connection that was used drains before it closes', async (t) => {
  const { connection, timers } = idleAtItsEnd(1000);
  timers.advance(900);
  t.notOk(connection.closed);
  timers.advance(200);
  t.ok(connection.closed);
});

t.test('the jitter of drain_timeout only adds, and at most its part', async (t) => {
  const { connection, timers } = idleAtItsEnd(1000, 0.5);
  timers.advance(995);
  t.notOk(connection.closed);
  timers.advance(600);
  t.ok(connection.closed);
});

t.test('without a drain_timeout it closes at once', async (t) => {
  t.ok(idleAtItsEnd(0).connection.closed);
});
