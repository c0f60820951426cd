// WebSocket through the proxy, with clients and a server that nobody here wrote: many connections at once, binary and
// fragmented messages, both sides end it.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import type { Json } from '../../support/bootstrap.ts';
import { remora } from '../../support/remora.ts';
import { until } from '../../support/until.ts';

const connections = 1000;
const upgrades = { connectionManager: { upgradeConfigs: [{ upgradeType: 'websocket' }] } };

interface App {
  readonly address: Json;
  readonly server: WebSocketServer;
  /** Codes with which clients ended connections. */
  readonly closes: number[];
}

/** Sends back what comes; `bye` ends the connection with 4001. */
async function echo(t: Test): Promise<App> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, backlog: connections });
  const closes: number[] = [];
  server.on('connection', (socket) => {
    socket.on('message', (data: RawData, isBinary) => {
      if (!isBinary && data.toString() === 'bye') socket.close(4001, 'as you wish');
      else socket.send(data, { binary: isBinary });
    });
    socket.on('close', (code) => closes.push(code));
  });
  await once(server, 'listening');
  t.teardown(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { address: { socketAddress: { address: '127.0.0.1', portValue: port } }, server, closes };
}

async function open(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/chat`);
  await once(socket, 'open');
  return socket;
}

function bytes(length: number, seed: number): Buffer {
  const data = Buffer.alloc(length);
  for (let i = 0; i < length; i++) data[i] = (i * 31 + seed + (i >> 8)) & 0xff;
  return data;
}

async function next(socket: WebSocket): Promise<Buffer> {
  const [data] = (await once(socket, 'message')) as [Buffer];
  return data;
}

const digest = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

t.test(`${connections} WebSocket connections carry messages and end cleanly`, { timeout: 60_000 }, async (t) => {
  const app = await echo(t);
  const proxy = await remora(t, {
    ...upgrades,
    cluster: {
      circuitBreakers: { thresholds: [{ maxConnections: 2000, maxRequests: 2000, maxPendingRequests: 2000 }] },
    },
  }).to(app);
  const sockets: WebSocket[] = [];
  // A hundred at a time: what is tested is the proxy, not the backlog of this machine.
  while (sockets.length < connections) {
    sockets.push(...(await Promise.all(Array.from({ length: 100 }, () => open(proxy.port)))));
  }
  t.equal(proxy.stat('http.test.downstream_cx_upgrades_active'), connections);
  const answers = await Promise.all(
    sockets.map(async (socket, i) => {
      const message = bytes(1 + (i % 700), i);
      const answer = next(socket);
      socket.send(message);
      return (await answer).equals(message);
    }),
  );
  t.ok(answers.every(Boolean), 'each gets its own bytes back');
  await Promise.all(
    sockets.map(async (socket, i) => {
      const closed = once(socket, 'close');
      if (i % 2 === 0) socket.close(1000);
      else socket.send('bye');
      const [code] = (await closed) as [number];
      if (code !== (i % 2 === 0 ? 1000 : 4001)) t.fail(`connection ${i} ended with ${code}`);
    }),
  );
  await until(() => app.closes.length === connections);
  t.equal(app.closes.filter((code) => code === 1000).length, connections / 2);
  t.equal(app.closes.filter((code) => code === 4001).length, connections / 2);
  await until(() => proxy.stat('http.test.downstream_cx_upgrades_active') === 0);
  await until(() => proxy.stat('http.test.downstream_cx_active') === 0);
  await until(() => proxy.stat('cluster.app.upstream_cx_active') === 0);
  t.equal(proxy.stat('http.test.downstream_cx_upgrades_total'), connections);
});

t.test('a message of 3 MB, and one in fragments with a ping between them, come back whole', async (t) => {
  const proxy = await remora(t, upgrades).to(await echo(t));
  const socket = await open(proxy.port);
  const large = bytes(3 << 20, 1);
  let answer = next(socket);
  socket.send(large);
  t.equal(digest(await answer), digest(large));
  answer = next(socket);
  const pong = once(socket, 'pong');
  const parts = [bytes(10, 2), bytes(70_000, 3), bytes(0, 0), bytes(1, 4)];
  for (const [i, part] of parts.entries()) {
    socket.send(part, { fin: i === parts.length - 1, binary: true });
    if (i === 1) socket.ping('still there');
  }
  t.equal(digest(await answer), digest(Buffer.concat(parts)));
  t.equal(String((await pong)[0]), 'still there');
  socket.close();
  await once(socket, 'close');
});

t.test('a peer that vanishes takes the other side along', async (t) => {
  const app = await echo(t);
  const proxy = await remora(t, upgrades).to(app);
  const gone = await open(proxy.port);
  gone.terminate();
  await until(() => app.closes.length === 1);
  t.equal(app.closes[0], 1006);
  const left = await open(proxy.port);
  const closed = once(left, 'close');
  for (const client of app.server.clients) client.terminate();
  t.equal(((await closed) as [number])[0], 1006);
  await until(() => proxy.stat('http.test.downstream_cx_active') === 0);
});

t.test('without upgrade_configs the handshake is refused', async (t) => {
  const proxy = await remora(t).to(await echo(t));
  const socket = new WebSocket(`ws://127.0.0.1:${proxy.port}/chat`);
  const [error] = (await once(socket, 'error').catch((error: unknown) => [error])) as [Error];
  t.match(error.message, /403/);
});
