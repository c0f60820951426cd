import t from 'tap';
import { Lifecycle } from '../../../src/server/lifecycle.ts';
import { MemoryLog } from '../../support/memory-log.ts';

const log = MemoryLog.capture();

t.test('signals reach their handlers until release', async (t) => {
  const lifecycle = new Lifecycle();
  const asked: string[] = [];
  const before = process.listenerCount('SIGHUP');
  lifecycle.begin({ reload: () => asked.push('reload'), reopenLogs: () => asked.push('reopen') });
  process.emit('SIGHUP');
  process.emit('SIGUSR1');
  t.same(asked, ['reload', 'reopen']);
  process.emit('SIGTERM');
  t.equal(await lifecycle.ended, 0);
  lifecycle.end(1, 'later');
  t.equal(await lifecycle.ended, 0, 'the first end counts');
  lifecycle.release();
  t.equal(process.listenerCount('SIGHUP'), before);
});

t.test('an exception that nobody contained is told with its stack, and the process goes on', (t) => {
  const lifecycle = new Lifecycle();
  const others = process.listeners('uncaughtException');
  lifecycle.begin({ reload: () => {}, reopenLogs: () => {} });
  const added = process.listeners('uncaughtException').filter((listener) => !others.includes(listener));
  t.equal(added.length, 1);
  added[0]?.(new Error('thrown by a test, caught by nobody'), 'uncaughtException');
  t.match(log.find(/thrown by a test, caught by nobody/), /critical.*a bug, please report it/);
  lifecycle.release();
  t.same(process.listeners('uncaughtException'), others);
  t.end();
});
