// What is used below Node's sockets (DESIGN 3.1). The first test fails when a Node release changes it: the public ways
// then serve, correct and slower, until stream-binding.ts is adapted.
import { once } from 'node:events';
import t from 'tap';
import { writeText } from '../../../src/network/socket-writes.ts';
import { handleOf, streamBinding } from '../../../src/network/stream-binding.ts';
import { socketPair } from '../../support/socket-pair.ts';
import { until } from '../../support/until.ts';

t.test('this Node has the binding in the form known here', (t) => {
  t.ok(streamBinding !== null);
  t.end();
});

t.test('a text that the kernel takes at once is told within the call, a long one when the peer has read', async (t) => {
  const { peer } = await socketPair(t);
  if (peer.socket.connecting) await once(peer.socket, 'connect');
  const told: (Error | null | undefined)[] = [];
  writeText(peer.socket, 'short', (error) => told.push(error));
  t.same(told, [undefined], 'within the call');

  const pair = await socketPair(t);
  const text = 'x'.repeat(16 * 1024 * 1024);
  pair.connection.readDisable(true);
  writeText(pair.peer.socket, text, (error) => told.push(error));
  t.equal(told.length, 1, 'not while nobody reads');
  t.ok((handleOf(pair.peer.socket)?.writeQueueSize ?? 0) > 0);
  writeText(pair.peer.socket, 'behind it', (error) => told.push(error));
  pair.connection.readDisable(false);
  await until(() => told.length === 3, 'both writes');
  t.same(told.slice(1), [null, null]);
  await until(() => pair.watcher.bytes === text.length + 9, 'every byte');
});

t.test('a write that the kernel refuses fails with its code, within the call', async (t) => {
  const { peer } = await socketPair(t);
  const { promise, resolve } = Promise.withResolvers<void>();
  peer.socket.end(resolve);
  await promise;
  const errors: (Error | null | undefined)[] = [];
  writeText(peer.socket, 'behind the end', (error) => errors.push(error));
  t.match(errors, [{ code: 'EPIPE', syscall: 'write', message: 'write EPIPE' }]);
});
