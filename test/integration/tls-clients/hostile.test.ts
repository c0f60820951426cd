// What reaches a TLS port and is no friendly client: hellos in single bytes, plain HTTP, SSL 2.0, noise, hellos of 64 KB,
// half-closes, clients that wait for ever. Nothing crashes, nobody is left, and the statistics say what it was.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import t, { type Test } from 'tap';
import { RawClient } from '../../support/client.ts';
import type { RunningProxy } from '../../support/remora.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { turns, until } from '../../support/until.ts';
import { clients, files } from './clients.ts';
import { empty, type TlsSetup, tlsInspector, tlsProxy, trusting } from './proxies.ts';

const stat = (proxy: RunningProxy, name: string): number => proxy.stat(`listener.tls.${name}`);

/** The proxy still serves, and nobody is left. */
async function unharmed(t: Test, proxy: RunningProxy): Promise<void> {
  await empty(proxy);
  const node = clients.find(({ name }) => name === 'Node');
  const met = await node?.ask({ ports: [proxy.port], version: '1.3' });
  t.match(met, [{ error: '', status: 200 }], 'the next client is served');
  await empty(proxy);
  const total = stat(proxy, 'downstream_cx_total');
  t.equal(stat(proxy, 'downstream_cx_destroy'), total, 'every connection has ended');
}

/** With the inspector, and without. */
function both(title: string, body: (t: Test, proxy: RunningProxy, inspected: boolean) => Promise<void>): void {
  for (const inspected of [false, true]) {
    t.test(`${title}${inspected ? ', with tls_inspector' : ''}`, async (t) => {
      const setup: TlsSetup = inspected ? { listener: tlsInspector } : {};
      const proxy = await tlsProxy(t, setup);
      await body(t, proxy, inspected);
      await unharmed(t, proxy);
    });
  }
}

/** A socket whose bytes go out one by one, each when the last is with the kernel. */
class ByteByByte extends Duplex {
  readonly #socket: Socket;
  #only: number;

  /** `only`: bytes that go out so; the others go at once. */
  constructor(socket: Socket, only = Number.POSITIVE_INFINITY) {
    super();
    this.#socket = socket;
    this.#only = only;
    socket.setNoDelay(true);
    socket.on('data', (data: Buffer) => this.push(data));
    socket.on('end', () => this.push(null));
    socket.on('close', () => this.destroy());
    socket.on('error', (error) => this.destroy(error));
  }

  override _read(): void {}

  override async _write(data: Buffer, _: string, done: (error?: Error) => void): Promise<void> {
    let at = 0;
    for (; at < data.length && this.#only > 0; at++, this.#only--) {
      this.#socket.write(data.subarray(at, at + 1));
      await turns(1);
    }
    this.#socket.write(data.subarray(at));
    done();
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }
}

both('a hello in single bytes', async (t, proxy) => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const raw = connect(proxy.port, '127.0.0.1');
    const socket = connectTls({
      socket: new ByteByByte(raw),
      ...{ minVersion: version, maxVersion: version, servername: 'server.test', ca: files.get('ca.pem') },
    });
    let answer = '';
    socket.on('data', (data: Buffer) => {
      answer += data.toString('latin1');
    });
    await once(socket, 'secureConnect');
    t.equal(socket.getProtocol(), version);
    socket.write('GET / HTTP/1.1\r\nhost: server.test\r\nconnection: close\r\n\r\n');
    await once(socket, 'end');
    t.match(answer, /^HTTP\/1\.1 200 OK/);
    socket.destroy();
    raw.destroy();
  }
  t.equal(stat(proxy, 'ssl.handshake'), 2);
  t.equal(stat(proxy, 'ssl.connection_error'), 0);
});

const sslv2 = Buffer.from(
  '802e0100020015000000100100800200800300800400800500800600400700c00102030405060708090a0b0c0d0e0f10',
  'hex',
);
/** A handshake record whose message says it has 64 KB, and as many bytes in records behind it. */
function hugeHello(): Buffer {
  const body = Buffer.alloc(65_536, 3);
  const message = Buffer.concat([Buffer.from([1, 1, 0, 0]), body]);
  const parts: Buffer[] = [];
  for (let at = 0; at < message.length; at += 16_384) {
    const part = message.subarray(at, at + 16_384);
    parts.push(Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]), part);
  }
  return Buffer.concat(parts);
}

const nonsense: readonly (readonly [string, string | Buffer])[] = [
  ['plain HTTP', 'GET / HTTP/1.1\r\nhost: server.test\r\n\r\n'],
  ['an SSL 2.0 hello', sslv2],
  ['a hello of 64 KB', hugeHello()],
  ['an alert', Buffer.from('15030100020228', 'hex')],
  ['zeros', Buffer.alloc(4096)],
  ['a record of another kind', Buffer.from('1703030005aaaaaaaaaa', 'hex')],
  ['a record that is too long', Buffer.concat([Buffer.from('160301ffff01', 'hex'), Buffer.alloc(65_535)])],
];

for (const [name, bytes] of nonsense) {
  both(name, async (t, proxy, inspected) => {
    const client = new RawClient(t, proxy.port);
    client.send(bytes);
    await until(() => client.closed || client.ended, 'the end of the connection');
    client.socket.end();
    await empty(proxy);
    t.notMatch(client.text, /HTTP/, 'nothing is served');
    // tls_inspector closes a hello that is too long by its own word before there is a chain.
    const tooLarge = proxy.stat('tls_inspector.client_hello_too_large');
    t.equal(tooLarge, inspected && name === 'a hello of 64 KB' ? 1 : 0);
    t.equal(stat(proxy, 'downstream_cx_total'), 1 - tooLarge);
    t.equal(stat(proxy, 'ssl.connection_error'), 1 - tooLarge);
    t.equal(stat(proxy, 'ssl.handshake'), 0);
    if (inspected) t.equal(proxy.stat('tls_inspector.tls_found'), 0);
  });
}

both('noise', async (t, proxy) => {
  const random = new SeededRandom(5);
  const count = 60;
  for (let i = 0; i < count; i++) {
    const client = new RawClient(t, proxy.port, false);
    const noise = Buffer.from(Array.from({ length: 1 + (random.uint32() % 400) }, () => random.uint32() & 255));
    // Every second begins as a hello would.
    if (i % 2 === 0) Buffer.from('1603010100010000fc0303', 'hex').copy(noise);
    client.send(noise);
    client.socket.end();
    await until(() => client.closed || client.ended, 'the end of the connection');
  }
  await empty(proxy);
  t.equal(stat(proxy, 'ssl.handshake'), 0);
});

/** The bytes of a real hello. */
async function hello(): Promise<Buffer> {
  const socket = new Duplex({ read() {}, write() {} });
  const parts: Buffer[] = [];
  socket._write = (data: Buffer, _, done) => {
    parts.push(data);
    done();
  };
  const client = connectTls({ socket, servername: 'server.test' });
  client.on('error', () => {});
  await until(() => parts.length > 0, 'the hello');
  client.destroy();
  return Buffer.concat(parts);
}

both('a client that half-closes or vanishes in the midst of the handshake', async (t, proxy) => {
  const whole = await hello();
  for (const length of [0, 1, 5, 40, whole.length - 1, whole.length]) {
    for (const kind of ['half-close', 'close', 'reset'] as const) {
      const client = new RawClient(t, proxy.port);
      await once(client.socket, 'connect');
      client.send(whole.subarray(0, length));
      if (kind === 'half-close') client.socket.end();
      else if (kind === 'close') client.socket.destroySoon();
      else client.socket.resetAndDestroy();
      await until(() => client.closed || client.ended, 'the end of the connection');
      client.socket.destroy();
    }
  }
  await empty(proxy);
  t.equal(stat(proxy, 'ssl.handshake'), 0);
  t.equal(stat(proxy, 'ssl.session_reused'), 0);
});

t.test('a client that sends its hello too slowly for the listener filters', async (t) => {
  const proxy = await tlsProxy(t, { listener: { ...tlsInspector, listenerFiltersTimeout: '5s' } }, true);
  const whole = await hello();
  const client = new RawClient(t, proxy.port);
  for (let second = 0; second < 4; second++) {
    client.send(whole.subarray(second, second + 1));
    await until(() => stat(proxy, 'downstream_pre_cx_active') === 1, 'the connection');
    proxy.advance(1000);
  }
  await turns();
  t.equal(client.closed, false, 'it has five seconds in all');
  t.equal(stat(proxy, 'downstream_pre_cx_timeout'), 0);
  proxy.advance(1000);
  await until(() => client.closed || client.ended, 'the end of the connection');
  t.equal(stat(proxy, 'downstream_pre_cx_timeout'), 1);
  t.equal(stat(proxy, 'downstream_cx_total'), 0, 'no chain has seen it');
  t.equal(stat(proxy, 'downstream_pre_cx_active'), 0);
  await unharmed(t, proxy);
});

t.test('a client that sends its hello too slowly for the handshake', async (t) => {
  const setup = { chain: { transportSocketConnectTimeout: '5s' } };
  const proxy = await tlsProxy(t, setup, true);
  const whole = await hello();
  const client = new RawClient(t, proxy.port);
  await until(() => stat(proxy, 'downstream_cx_active') === 1, 'the connection');
  for (let second = 0; second < 4; second++) {
    client.send(whole.subarray(second, second + 1));
    proxy.advance(1000);
  }
  await turns();
  t.equal(client.closed, false);
  proxy.advance(1000);
  await until(() => client.closed || client.ended, 'the end of the connection');
  t.equal(stat(proxy, 'downstream_cx_transport_socket_connect_timeout'), 1);
  await unharmed(t, proxy);
});

t.test('a client that has shaken hands and leaves without a farewell', async (t) => {
  const common = { validationContext: trusting('ca') };
  const proxy = await tlsProxy(t, { common, listener: tlsInspector });
  for (const [index, kind] of (['end', 'reset', 'noise'] as const).entries()) {
    const raw = connect(proxy.port, '127.0.0.1');
    const through = new ByteByByte(raw, 0);
    const socket = connectTls({ socket: through, servername: 'server.test', ca: files.get('ca.pem') });
    through.on('error', () => {});
    socket.on('error', () => {});
    raw.on('error', () => {});
    await until(() => stat(proxy, 'ssl.handshake') === index + 1, 'the handshake');
    if (kind === 'end') raw.end();
    else if (kind === 'reset') raw.resetAndDestroy();
    else raw.write(Buffer.alloc(500, 255));
    t.comment(kind);
    await empty(proxy);
    raw.destroy();
  }
  t.equal(stat(proxy, 'ssl.handshake'), 3);
  t.equal(stat(proxy, 'ssl.connection_error'), 1, 'of the noise');
  await unharmed(t, proxy);
});
