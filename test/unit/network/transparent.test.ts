// Sockets that connect from addresses of others: what the kernel refuses is said in words, and leaves nothing open.
import { fstatSync, openSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import t from 'tap';
import { ipAddress } from '../../../src/base/address.ts';
import { nativeCalls } from '../../../src/base/ffi.ts';
import { ConnectionEvent, type StreamTransportOptions, type UpstreamSource } from '../../../src/network/api.ts';
import { connect } from '../../../src/network/connect.ts';
import { openTransparent, type SocketCalls } from '../../../src/network/transparent.ts';

/** A kernel that refuses one option. */
class Kernel implements SocketCalls {
  readonly opened: number[] = [];
  readonly set: number[] = [];
  readonly #refused: number;

  constructor(refused: number) {
    this.#refused = refused;
  }

  openSocket(): number {
    const descriptor = openSync('/dev/null', 'r');
    this.opened.push(descriptor);
    return descriptor;
  }

  setSocketOption(_descriptor: number, _level: number, name: number): boolean {
    this.set.push(name);
    return name !== this.#refused;
  }
}

const transparent = 19;
const transparent6 = 75;
const mark = 36;

t.test('without the capability', async (t) => {
  const cases = [
    [4, transparent, /client's address needs the capability NET_ADMIN/],
    [6, transparent6, /client's address needs the capability NET_ADMIN/],
    [4, mark, /marking packets needs the capability NET_ADMIN/],
  ] as const;
  for (const [family, refused, words] of cases) {
    const kernel = new Kernel(refused);
    t.throws(() => openTransparent(kernel, family, 7), { message: words });
    for (const descriptor of kernel.opened) t.throws(() => fstatSync(descriptor), { code: 'EBADF' }, 'closed again');
  }
});

t.test('a mark of 0 is none', async (t) => {
  const kernel = new Kernel(-1);
  openTransparent(kernel, 4, 0);
  t.notOk(kernel.set.includes(mark));
});

function through(source: UpstreamSource): StreamTransportOptions {
  const nothing = { key: source.key, serverName: '', subjectAltNames: [], applicationProtocols: [] };
  return { ...nothing, filterState: null, proxied: null, source };
}

t.test('a connection over a socket that was made for it', async (t) => {
  const native = await nativeCalls();
  const accepted = Promise.withResolvers<Socket>();
  const server = createServer((socket) => accepted.resolve(socket));
  const listening = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', () => listening.resolve());
  await listening.promise;
  t.teardown(() => server.close());
  const { port } = server.address() as { port: number };
  const address = ipAddress('127.0.0.9', 0);
  if (address.kind !== 'ip') throw new Error('no address');
  // 127.0.0.9 is this host's: no capability is needed.
  const source = { address, key: 'x', openSocket: (family: 4 | 6): number => native.openSocket(family) };
  const connection = connect({
    address: ipAddress('127.0.0.1', port),
    transportOptions: { hostname: '', streams: through(source) },
  });
  let text = '';
  const ended = Promise.withResolvers<void>();
  connection.setReader({
    onData: (data) => {
      text += data.toString('latin1');
    },
  });
  connection.addCallbacks({
    onConnectionEvent: (event) => {
      if (event === ConnectionEvent.Connected) connection.writeLatin1('hello');
      else ended.resolve();
    },
    onAboveWriteBufferHighWatermark: () => undefined,
    onBelowWriteBufferLowWatermark: () => undefined,
  });
  const peer = await accepted.promise;
  t.equal(peer.remoteAddress, '127.0.0.9');
  peer.on('data', (data: Buffer) => peer.end(`${data} back`));
  await ended.promise;
  t.equal(text, 'hello back');
  t.match(connection.localAddress.text, /^127\.0\.0\.9:\d+$/);
});

t.test('what refuses the socket fails the connection', async (t) => {
  const address = ipAddress('192.0.2.1', 0);
  if (address.kind !== 'ip') throw new Error('no address');
  const source = {
    ...{ address, key: 'x' },
    openSocket: (): number => {
      throw new Error('not allowed');
    },
  };
  const streams = through(source);
  const connection = connect({ address: ipAddress('127.0.0.1', 9), transportOptions: { hostname: '', streams } });
  const ended = Promise.withResolvers<ConnectionEvent>();
  connection.addCallbacks({
    onConnectionEvent: (event) => ended.resolve(event),
    onAboveWriteBufferHighWatermark: () => undefined,
    onBelowWriteBufferLowWatermark: () => undefined,
  });
  t.equal(await ended.promise, ConnectionEvent.RemoteClose);
  t.match(connection.transportFailureReason, /not allowed/);
});
