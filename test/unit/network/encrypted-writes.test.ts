// A connection over TLS: one write at a time below Node's stream. Gathered writes, watermarks, each way to end, failures.
import { connect as connectPlain, type Socket } from 'node:net';
import { connect, createSecureContext, TLSSocket } from 'node:tls';
import t, { type Test } from 'tap';
import { attachAccepted } from '../../../src/network/accepted-socket.ts';
import { CloseType } from '../../../src/network/api.ts';
import { EncryptedWrites } from '../../../src/network/encrypted-writes.ts';
import type { SocketConnection } from '../../../src/network/socket-connection.ts';
import { pki } from '../../parity/lib/pki.ts';
import { type PairOptions, socketPair, type Watcher } from '../../support/socket-pair.ts';
import { turns, until } from '../../support/until.ts';

const keys = await pki();
const secureContext = createSecureContext({ cert: keys.file('server.pem'), key: keys.file('server.key') });

interface Peer {
  readonly socket: TLSSocket;
  readonly carrier: Socket;
  text: string;
  bytes: number;
  ended: boolean;
  error: string;
}

interface EncryptedPair {
  readonly connection: SocketConnection;
  readonly watcher: Watcher;
  readonly peer: Peer;
  readonly server: TLSSocket;
}

/** `early`: called before the handshake. */
async function encryptedPair(
  t: Test,
  options: PairOptions = {},
  early: (connection: SocketConnection) => void = () => {},
): Promise<EncryptedPair> {
  let server: TLSSocket | null = null;
  const pair = await socketPair(t, {
    ...options,
    attach: (socket, connection) => {
      const fast = attachAccepted(socket, connection, false);
      connection.wrapSocket((inner) => {
        server = new TLSSocket(inner, { isServer: true, secureContext });
        server.once('secure', () => connection.markConnected());
        return server;
      });
      early(connection);
      return fast;
    },
  });
  const carrier = pair.peer.socket;
  carrier.removeAllListeners('data');
  carrier.allowHalfOpen = true;
  const socket = connect({ socket: carrier, rejectUnauthorized: false });
  const peer: Peer = { socket, carrier, text: '', bytes: 0, ended: false, error: '' };
  socket.on('data', (data: Buffer) => {
    peer.bytes += data.length;
    if (peer.text.length < 200_000) peer.text += data.toString('latin1');
  });
  socket.on('end', () => {
    peer.ended = true;
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    peer.error = error.code ?? error.message;
  });
  t.teardown(() => socket.destroy());
  const { connection, watcher } = pair;
  await until(() => watcher.events.includes('Connected') || connection.closed, 'the handshake');
  return { connection, watcher, peer, server: server as unknown as TLSSocket };
}

t.test('this Node has the handle in the form known here', async (t) => {
  const { server } = await encryptedPair(t);
  t.ok(EncryptedWrites.of(server, { onEncryptedWritten: () => {} }) !== null);
  const plain = connectPlain(1, '127.0.0.1').on('error', () => {});
  t.equal(EncryptedWrites.of(plain, { onEncryptedWritten: () => {} }), null, 'not for a plain socket');
});

t.test('small writes, one each turn and several, arrive in order', async (t) => {
  const { connection, peer } = await encryptedPair(t);
  let expected = '';
  for (let i = 0; i < 200; i++) {
    for (let k = 0; k <= i % 3; k++) {
      connection.writeLatin1(`${i}.${k} é;`);
      expected += `${i}.${k} é;`;
      // In the middle of the write before it.
      if (i % 4 === 0) connection.flush();
    }
    await turns(i % 2);
  }
  await until(() => peer.bytes >= expected.length, 'the bytes');
  t.equal(peer.text, expected);
  t.equal(connection.bytesWritten, expected.length);
});

t.test('texts of any length and bytes between them arrive in order', async (t) => {
  const { connection, peer } = await encryptedPair(t);
  const borrowed = Buffer.alloc(70_000, 'B');
  connection.writeLatin1('a'.repeat(16 * 1024));
  connection.flush();
  connection.writeLatin1('b'.repeat(16 * 1024 + 1));
  connection.writeBuffer(borrowed);
  borrowed.fill('?');
  connection.writeLatin1('end');
  const expected = `${'a'.repeat(16 * 1024)}${'b'.repeat(16 * 1024 + 1)}${'B'.repeat(70_000)}end`;
  await until(() => peer.bytes === expected.length, 'the bytes');
  t.ok(peer.text === expected);
});

t.test('what was written before the handshake goes out behind it, and so does the end', async (t) => {
  const { peer } = await encryptedPair(t, {}, (connection) => {
    connection.writeLatin1('early');
    connection.close(CloseType.Flush);
  });
  await until(() => peer.ended, 'the end');
  t.equal(peer.text, 'early');
  t.equal(peer.error, '');
});

t.test('each way to close sends what was written first', async (t) => {
  for (const type of [CloseType.Flush, CloseType.FlushAndDelay]) {
    const { connection, watcher, peer } = await encryptedPair(t, { delayedCloseTimeoutMs: 1000 });
    connection.writeLatin1('first ');
    connection.flush();
    connection.writeLatin1('last words');
    connection.close(type);
    connection.writeLatin1('too late');
    await until(() => peer.ended, 'the end');
    t.equal(peer.text, 'first last words');
    peer.socket.end();
    await until(() => watcher.events.includes('LocalClose'), 'the end');
    t.same(watcher.events, ['Connected', 'LocalClose']);
  }
});

t.test('half-close: the farewell comes behind a large body, and reading goes on', async (t) => {
  const { connection, watcher, peer } = await encryptedPair(t, { halfClose: true });
  const size = 3 << 20;
  connection.writeBuffer(Buffer.alloc(size, 'x'));
  connection.endWrite();
  await until(() => peer.ended, 'the end of the direction');
  t.equal(peer.bytes, size);
  t.equal(peer.error, '');
  peer.socket.write('answer');
  await until(() => watcher.received === 'answer', 'the answer');
  peer.socket.end();
  await until(() => connection.closed, 'the end');
  t.same(watcher.events, ['Connected', 'RemoteClose']);
});

t.test('watermarks: above once, below once, and all bytes arrive', async (t) => {
  const { connection, watcher, peer } = await encryptedPair(t);
  connection.setBufferLimit(64 << 10);
  peer.socket.pause();
  peer.carrier.pause();
  const piece = Buffer.alloc(100_000, 'x');
  let written = 0;
  while (written < 20_000_000) {
    connection.writeBuffer(piece);
    written += piece.length;
    connection.flush();
    await turns(1);
  }
  t.same(watcher.events, ['Connected', 'above']);
  peer.socket.resume();
  peer.carrier.resume();
  await until(() => peer.bytes === written, 'all bytes');
  await until(() => watcher.events.includes('below'), 'the low watermark');
  t.same(watcher.events, ['Connected', 'above', 'below']);
  connection.writeLatin1('more');
  await until(() => peer.bytes === written + 4, 'what is written afterwards');
});

t.test('small writes to a peer that reads nothing reach the watermark too', async (t) => {
  const { connection, watcher, peer } = await encryptedPair(t);
  connection.setBufferLimit(32 << 10);
  peer.socket.pause();
  peer.carrier.pause();
  let written = 0;
  for (; !watcher.events.includes('above') && written < 64 << 20; written += 1000) {
    connection.writeLatin1('s'.repeat(1000));
    connection.flush();
    if (written % 16_000 === 0) await turns(1);
  }
  t.ok(watcher.events.includes('above'), `after ${written}`);
  peer.socket.resume();
  peer.carrier.resume();
  await until(() => peer.bytes === written, 'all bytes');
  await until(() => watcher.events.includes('below'), 'the low watermark');
});

t.test('a write that fails later is told, though nobody reads', async (t) => {
  const { connection, watcher, peer } = await encryptedPair(t);
  peer.socket.pause();
  peer.carrier.pause();
  connection.writeBuffer(Buffer.alloc(20 << 20, 'x'));
  connection.flush();
  connection.readDisable(true);
  await turns(5);
  peer.carrier.resetAndDestroy();
  await until(() => connection.closed, 'the end');
  t.same(watcher.events, ['Connected', 'RemoteClose']);
  t.equal(connection.transportFailureReason, 'Connection reset by peer');
});

t.test('a write to a peer that is gone fails with its reason', async (t) => {
  const { connection, watcher, peer } = await encryptedPair(t);
  connection.readDisable(true);
  peer.carrier.resetAndDestroy();
  await until(() => peer.carrier.closed, 'the reset');
  for (let i = 0; i < 100 && !connection.closed; i++) {
    connection.writeLatin1('x');
    await turns(2);
  }
  t.same(watcher.events, ['Connected', 'RemoteClose']);
  t.not(connection.transportFailureReason, '');
});

t.test('closed in the middle of a write', async (t) => {
  for (const type of [CloseType.NoFlush, CloseType.Abort]) {
    const { connection, watcher, peer } = await encryptedPair(t);
    peer.socket.pause();
    peer.carrier.pause();
    connection.writeBuffer(Buffer.alloc(20 << 20, 'x'));
    connection.flush();
    connection.writeLatin1('gathered');
    await turns(2);
    connection.close(type);
    t.same(watcher.events, ['Connected', 'LocalClose']);
    peer.carrier.resume();
    peer.socket.resume();
    await until(() => peer.ended || peer.socket.destroyed, 'the end');
    await turns();
    t.same(watcher.events, ['Connected', 'LocalClose']);
  }
});

t.test('a watermark callback that throws costs its connection only', async (t) => {
  const { connection, watcher, peer } = await encryptedPair(t);
  connection.setBufferLimit(64 << 10);
  watcher.onBelowWriteBufferLowWatermark = () => {
    throw new Error('thrown by a test at the low watermark');
  };
  peer.socket.pause();
  peer.carrier.pause();
  for (let i = 0; i < 100; i++) {
    connection.writeBuffer(Buffer.alloc(100_000, 'x'));
    connection.flush();
  }
  await turns(5);
  t.ok(watcher.events.includes('above'));
  peer.carrier.resume();
  peer.socket.resume();
  await until(() => connection.closed, 'the end');
  t.same(watcher.events, ['Connected', 'above', 'LocalClose']);
});

t.test('reading stops and goes on', async (t) => {
  const { connection, watcher, peer } = await encryptedPair(t);
  for (let i = 0; i < 5; i++) {
    connection.readDisable(true);
    peer.socket.write(`${i}`);
    await turns(20);
    t.equal(watcher.received.length, i);
    connection.readDisable(false);
    await until(() => watcher.received.length === i + 1, 'bytes');
  }
  // More than the kernel takes, so that bytes stand on the way when reading stops.
  const size = 16 << 20;
  peer.socket.write(Buffer.alloc(size, 'x'));
  watcher.onBytes = () => {
    connection.readDisable(true);
    setImmediate(() => connection.readDisable(false));
  };
  await until(() => watcher.bytes === size + 5, 'all bytes');
});

t.test('a reset that only a write of Node’s own met: a connection that half-closes ends all the same', async (t) => {
  const { connection, watcher, peer, server } = await encryptedPair(t, { halfClose: true });
  // As a session ticket: a write of which nobody is told how it ended.
  const ticket = EncryptedWrites.of(server, { onEncryptedWritten: () => undefined });
  peer.carrier.resetAndDestroy();
  ticket?.writeText('ticket');
  connection.writeBuffer(Buffer.alloc(100_000, 'x'));
  await until(() => connection.closed, 'the end');
  t.equal(watcher.events.at(-1), 'RemoteClose');
  t.equal(connection.transportFailureReason, 'Connection reset by peer');
});

t.test('aborted while bytes come and go: Node crashed when carrier and TLS socket went in one turn', async (t) => {
  for (let round = 0; round < 20; round++) {
    const { connection, watcher, peer } = await encryptedPair(t);
    peer.socket.write(Buffer.alloc(400_000, 'y'));
    connection.writeBuffer(Buffer.alloc(400_000, 'x'));
    connection.flush();
    await until(() => watcher.received.length > 0, 'the first bytes');
    connection.close(CloseType.Abort);
    await until(() => peer.error !== '' || peer.ended, 'the reset');
  }
  t.pass('20 of them');
});
