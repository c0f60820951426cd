// The one undocumented use of Node (DESIGN 3.7). The first test fails when a Node release changes it: then the second
// road serves, correct and slower, until accepted-socket.ts is adapted.
import type { Socket } from 'node:net';
import t from 'tap';
import { attachAccepted } from '../../../src/network/accepted-socket.ts';
import { CloseType } from '../../../src/network/api.ts';
import { socketPair } from '../../support/socket-pair.ts';
import { until } from '../../support/until.ts';

/** As a Node without `_handle` would look; everything else is the socket's. */
function withoutHandle(accepted: Socket): Socket {
  return new Proxy(accepted, {
    get: (target, key) => {
      if (key === '_handle') return undefined;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

t.test('the handle of an accepted socket goes to a socket that reads into our memory', async (t) => {
  const { connection, watcher, peer, fast } = await socketPair(t);
  t.ok(fast, 'this Node hands the handle over');
  const memories = new Set<ArrayBufferLike>();
  watcher.onBytes = (data) => memories.add(data.buffer);
  for (let i = 1; i <= 5; i++) {
    peer.send('ping ');
    await until(() => watcher.bytes === i * 5, 'bytes');
  }
  t.equal(memories.size, 1, 'every read came into the same memory: no buffer was made for any of them');
  connection.writeLatin1('pong');
  await peer.see('pong');
  peer.socket.end();
  await until(() => watcher.events.length > 0, 'the end');
  t.same(watcher.events, ['RemoteClose']);
});

t.test('without a handle to hand over the public way serves', async (t) => {
  const pair = await socketPair(t, {
    attach: (accepted, connection) => attachAccepted(withoutHandle(accepted), connection),
  });
  t.notOk(pair.fast);
  pair.peer.send('ping');
  await until(() => pair.watcher.received === 'ping', 'bytes');
  pair.connection.writeLatin1('pong');
  pair.connection.close(CloseType.Flush);
  t.equal(await pair.peer.end(), 'pong');
  await until(() => pair.watcher.events.length > 0, 'the end');
  t.same(pair.watcher.events, ['LocalClose']);
});

t.test('one odd socket does not cost the later ones the fast road', async (t) => {
  const odd = await socketPair(t, {
    attach: (accepted, connection) => attachAccepted(withoutHandle(accepted), connection),
  });
  t.notOk(odd.fast);
  t.ok((await socketPair(t)).fast);
});
