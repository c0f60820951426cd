// A connection over a real socket: each way to close, counted pauses, watermarks, gathered output, borrowed bytes.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { freePort } from '../../../bench/machine/ports.ts';
import { ipAddress, pipeAddress } from '../../../src/base/address.ts';
import { CloseType } from '../../../src/network/api.ts';
import { connect } from '../../../src/network/connect.ts';
import { listen } from '../../../src/network/listen-socket.ts';
import { FakeTimers } from '../../support/fake-timers.ts';
import { socketPair, Watcher } from '../../support/socket-pair.ts';
import { turns, until } from '../../support/until.ts';
import { upstream } from '../../support/upstream.ts';

t.test('what is written in a turn goes out together, in order', async (t) => {
  const { connection, peer } = await socketPair(t);
  let reads = 0;
  peer.socket.on('data', () => reads++);
  const borrowed = Buffer.from('bytes ');
  const large = Buffer.alloc(20_000, 'L');
  connection.writeLatin1('head ');
  connection.writeBuffer(borrowed);
  connection.writeBuffer(large);
  connection.writeLatin1('tail é');
  borrowed.fill('?');
  large.fill('?');
  t.equal(connection.bytesWritten, 0, 'not before the turn ends');
  await until(() => peer.text.endsWith('tail é'), 'the bytes');
  t.equal(peer.text, `head bytes ${'L'.repeat(20_000)}tail é`);
  t.equal(connection.bytesWritten, peer.bytes);
});

t.test('a turn that gathers much writes before it ends', async (t) => {
  const { connection, peer } = await socketPair(t);
  connection.writeLatin1('a');
  connection.writeLatin1('b'.repeat(100_000));
  t.ok(connection.bytesWritten > 0, 'the flush threshold was passed');
  connection.writeLatin1('c');
  await until(() => peer.text.endsWith('c'), 'the rest');
  t.equal(peer.bytes, 100_002);
});

t.test('bytes passed on are those that were read, though the read memory is used again', async (t) => {
  const from = await socketPair(t);
  const to = await socketPair(t);
  from.watcher.onBytes = (data) => to.connection.writeBuffer(data);
  // Large enough for reads into memory of the connection's own, which the writer keeps by reference.
  const total = 8 << 20;
  const body = Buffer.alloc(total);
  for (let i = 0; i < total; i++) body[i] = (i * 31 + (i >> 8)) & 0xff;
  to.peer.socket.pause();
  let at = 0;
  let wrong = -1;
  to.peer.socket.removeAllListeners('data');
  to.peer.socket.on('data', (data: Buffer) => {
    if (wrong < 0 && data.compare(body, at, at + data.length) !== 0) wrong = at;
    at += data.length;
  });
  to.peer.socket.pause();
  from.peer.send(body);
  await until(() => from.watcher.bytes === total, 'all bytes read while their writer is held up');
  to.peer.socket.resume();
  await until(() => at === total, 'all bytes');
  t.equal(wrong, -1);
});

t.test('small bytes passed on are copied', async (t) => {
  const from = await socketPair(t);
  const to = await socketPair(t);
  from.watcher.onBytes = (data) => {
    to.connection.writeBuffer(data);
    data.fill('?');
  };
  from.peer.send('x'.repeat(5000));
  await until(() => to.peer.bytes === 5000, 'the bytes');
  t.notMatch(to.peer.text, '?');
});

t.test('CloseType.Flush: what is pending goes out, then FIN', async (t) => {
  const { connection, watcher, peer } = await socketPair(t);
  connection.writeLatin1('last words');
  connection.close(CloseType.Flush);
  connection.writeLatin1('too late');
  t.ok(connection.closed);
  t.equal(await peer.end(), 'last words');
  await until(() => watcher.events.length > 0, 'the end');
  t.same(watcher.events, ['LocalClose']);
});

t.test('CloseType.NoFlush: at once', async (t) => {
  const { connection, watcher, peer } = await socketPair(t);
  connection.writeLatin1('never sent');
  connection.close(CloseType.NoFlush);
  t.same(watcher.events, ['LocalClose']);
  connection.close(CloseType.NoFlush);
  connection.close(CloseType.Flush);
  t.equal(await peer.end(), '');
  await turns();
  t.same(watcher.events, ['LocalClose'], 'told once');
});

t.test('CloseType.FlushAndDelay: FIN, then the peer has time to read', async (t) => {
  const { connection, watcher, peer, timers } = await socketPair(t, { delayedCloseTimeoutMs: 1000 });
  peer.socket.allowHalfOpen = true;
  connection.writeLatin1('answer');
  connection.close(CloseType.FlushAndDelay);
  await peer.see('answer');
  await turns();
  t.same(watcher.events, [], 'it waits');
  peer.socket.end();
  await until(() => watcher.events.length > 0, 'the end');
  t.same(watcher.events, ['LocalClose']);
  t.notOk(connection.delayedCloseTimedOut);
  t.equal(timers.pending.size, 0);
});

t.test('CloseType.FlushAndDelay: a peer that does not close is closed', async (t) => {
  const { connection, watcher, timers, peer } = await socketPair(t, { delayedCloseTimeoutMs: 1000 });
  peer.socket.allowHalfOpen = true;
  connection.close(CloseType.FlushAndDelay);
  await turns();
  timers.advance(999);
  t.same(watcher.events, []);
  timers.advance(1);
  t.same(watcher.events, ['LocalClose']);
  t.ok(connection.delayedCloseTimedOut);
});

t.test('CloseType.Abort: RST on TCP, a plain close on a Unix socket', async (t) => {
  const tcp = await socketPair(t);
  let code = '';
  tcp.peer.socket.on('error', (error: NodeJS.ErrnoException) => {
    code = error.code ?? '';
  });
  tcp.connection.close(CloseType.Abort);
  t.same(tcp.watcher.events, ['LocalClose']);
  await until(() => tcp.peer.closed, 'the end');
  t.equal(code, 'ECONNRESET');
  const dir = mkdtempSync(join(tmpdir(), 'remora-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const unix = await socketPair(t, { path: join(dir, 's') });
  unix.connection.close(CloseType.Abort);
  t.same(unix.watcher.events, ['LocalClose']);
  await unix.peer.end();
});

t.test('the peer’s FIN ends the connection, or only its direction', async (t) => {
  const whole = await socketPair(t);
  whole.peer.send('bytes').socket.end();
  await until(() => whole.watcher.events.length > 0, 'the end');
  t.same(whole.watcher.events, ['RemoteClose']);
  t.equal(whole.watcher.ends, 1);
  const half = await socketPair(t, { halfClose: true });
  half.peer.send('bytes').socket.end();
  await until(() => half.watcher.ends === 1, 'the end of the direction');
  t.same(half.watcher.events, []);
  half.connection.writeLatin1('answer');
  half.connection.endWrite();
  t.equal(await half.peer.end(), 'answer');
});

t.test('a reset is told with its reason', async (t) => {
  const { connection, watcher, peer } = await socketPair(t);
  await turns();
  peer.socket.resetAndDestroy();
  await until(() => watcher.events.length > 0, 'the end');
  t.same(watcher.events, ['RemoteClose']);
  t.equal(connection.transportFailureReason, 'Connection reset by peer');
});

t.test('readDisable counts', async (t) => {
  const { connection, watcher, peer } = await socketPair(t);
  peer.send('1');
  await until(() => watcher.received === '1', 'bytes');
  connection.readDisable(true);
  connection.readDisable(true);
  peer.send('2');
  await turns(50);
  connection.readDisable(false);
  await turns(50);
  t.equal(watcher.received, '1');
  connection.readDisable(false);
  await until(() => watcher.received === '12', 'bytes');
  peer.socket.end();
  await until(() => watcher.ends === 1, 'the end');
});

t.test('reading disabled before the socket was there stays disabled', async (t) => {
  const { connection, watcher, peer } = await socketPair(t, { prepare: (made) => made.readDisable(true) });
  peer.send('1');
  await turns(50);
  t.equal(watcher.received, '');
  connection.readDisable(false);
  await until(() => watcher.received === '1', 'bytes');
});

t.test('a close while reading is disabled still sees the peer’s FIN', async (t) => {
  const { connection, watcher, peer } = await socketPair(t, { delayedCloseTimeoutMs: 60_000 });
  connection.readDisable(true);
  connection.close(CloseType.FlushAndDelay);
  connection.readDisable(false);
  connection.readDisable(true);
  peer.socket.end();
  await until(() => watcher.events.length > 0, 'the end');
  t.same(watcher.events, ['LocalClose']);
});

t.test('watermarks: above once, below once', async (t) => {
  const { connection, watcher, peer } = await socketPair(t);
  connection.setBufferLimit(64 << 10);
  peer.socket.pause();
  const piece = 'x'.repeat(100_000);
  let written = 0;
  while (!watcher.events.includes('above') && written < 64 << 20) {
    connection.writeLatin1(piece);
    written += piece.length;
    connection.flush();
  }
  for (let i = 0; i < 3; i++) {
    connection.writeLatin1(piece);
    written += piece.length;
    connection.flush();
  }
  t.same(watcher.events, ['above']);
  peer.socket.resume();
  await until(() => peer.bytes === written, 'all bytes');
  await until(() => watcher.events.length === 2, 'the low watermark');
  t.same(watcher.events, ['above', 'below']);
});

t.test('a watermark callback that throws costs its connection only', async (t) => {
  const { connection, watcher, peer } = await socketPair(t);
  connection.setBufferLimit(64 << 10);
  watcher.onBelowWriteBufferLowWatermark = () => {
    throw new Error('thrown by a test at the low watermark');
  };
  peer.socket.pause();
  const piece = 'x'.repeat(100_000);
  for (let written = 0; !watcher.events.includes('above') && written < 64 << 20; written += piece.length) {
    connection.writeLatin1(piece);
    connection.flush();
  }
  peer.socket.resume();
  await until(() => watcher.events.length === 2, 'the end');
  t.same(watcher.events, ['above', 'LocalClose']);
});

t.test('a reader that throws costs its connection only', async (t) => {
  const bad = await socketPair(t);
  const good = await socketPair(t);
  bad.watcher.onBytes = () => {
    throw new Error('thrown by a test');
  };
  bad.peer.send('x');
  await until(() => bad.watcher.events.length > 0, 'the end');
  t.same(bad.watcher.events, ['LocalClose']);
  good.peer.send('y');
  await until(() => good.watcher.received === 'y', 'bytes of the other');
});

t.test('callbacks that throw do not keep others from hearing of the end', async (t) => {
  const { connection, watcher } = await socketPair(t);
  connection.removeCallbacks(watcher);
  connection.addCallbacks({
    onConnectionEvent: () => {
      throw new Error('thrown by a test at the end of a connection');
    },
    onAboveWriteBufferHighWatermark: () => {},
    onBelowWriteBufferLowWatermark: () => {},
  });
  connection.addCallbacks(watcher);
  connection.close(CloseType.NoFlush);
  t.same(watcher.events, ['LocalClose']);
});

t.test('connecting', async (t) => {
  const timers = new FakeTimers();
  const watched = (address: ReturnType<typeof ipAddress | typeof pipeAddress>) => {
    const connection = connect({ address, timers });
    const watcher = new Watcher();
    connection.addCallbacks(watcher);
    connection.setReader(watcher);
    t.teardown(() => connection.close(CloseType.NoFlush));
    return { connection, watcher };
  };

  await t.test('what is written before goes out behind Connected', async (t) => {
    let text = '';
    const app = await upstream.raw(t, (socket) => {
      socket.on('data', (data: Buffer) => {
        text += data.toString();
      });
      socket.on('end', () => socket.end());
    });
    const { connection, watcher } = watched(ipAddress('127.0.0.1', app.port));
    connection.writeLatin1('early');
    t.same(watcher.events, [], 'never within the call');
    connection.close(CloseType.Flush);
    await until(() => text === 'early', 'the bytes');
    await until(() => watcher.events.includes('LocalClose'), 'the end');
  });

  await t.test('refused', async (t) => {
    const { connection, watcher } = watched(ipAddress('127.0.0.1', await freePort()));
    await until(() => watcher.events.length > 0, 'the failure');
    t.same(watcher.events, ['RemoteClose']);
    t.equal(connection.transportFailureReason, 'delayed connect error: Connection refused');
  });

  await t.test('no such Unix socket, and one that no system can have', async (t) => {
    const missing = watched(pipeAddress('/nonexistent/socket'));
    const endless = watched(pipeAddress(`/tmp/${'x'.repeat(300)}`));
    t.same(endless.watcher.events, [], 'never within the call');
    for (const { connection, watcher } of [missing, endless]) {
      await until(() => watcher.events.length > 0, 'the failure');
      t.same(watcher.events, ['RemoteClose']);
      t.not(connection.transportFailureReason, '');
    }
  });
});

t.test('listening', async (t) => {
  const options = { backlog: 128, reusePort: false, ipv4Compat: false, noDelay: true };

  await t.test('a taken port, an address that is not ours, a folder that is not there: in words', async (t) => {
    const first = await listen({ ...options, address: ipAddress('127.0.0.1', 0) }, () => {});
    t.teardown(() => void first.close());
    t.equal(first.address.kind, 'ip');
    await t.rejects(
      listen({ ...options, address: first.address }, () => {}),
      { message: /in use: another process/ },
    );
    await t.rejects(
      listen({ ...options, address: ipAddress('192.0.2.1', 0) }, () => {}),
      { message: /no interface/ },
    );
    await t.rejects(
      listen({ ...options, address: pipeAddress('/nonexistent/s') }, () => {}),
      { message: /cannot bind/ },
    );
  });

  await t.test('a Unix socket with a mode, over the file of a process that was killed', async (t) => {
    const { statSync, writeFileSync } = await import('node:fs');
    const dir = mkdtempSync(join(tmpdir(), 'remora-'));
    t.teardown(() => rmSync(dir, { recursive: true }));
    const path = join(dir, 's');
    writeFileSync(path, '');
    const socket = await listen({ ...options, address: pipeAddress(path, 0o600) }, () => {});
    t.equal(statSync(path).mode & 0o777, 0o600);
    t.ok(statSync(path).isSocket());
    void socket.close();
  });
});
