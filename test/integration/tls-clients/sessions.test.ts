// Real clients come again: with tickets, with session ids, at another proxy that has the same keys, and where nothing is
// resumed. Both ends are asked whether it was.
import { createServer, type TLSSocket } from 'node:tls';
import t, { type Test } from 'tap';
import { address } from '../../support/bootstrap.ts';
import { Client } from '../../support/client.ts';
import { type RunningProxy, remora } from '../../support/remora.ts';
import { clients, files, pkiFile, type TlsClient, type Wish } from './clients.ts';
import { empty, type TlsSetup, tlsBootstrap, tlsProxy, trusting } from './proxies.ts';

const versions = ['1.2', '1.3'] as const;
const keys = (...names: string[]): TlsSetup => ({
  downstream: { sessionTicketKeys: { keys: names.map((name) => ({ filename: pkiFile(`ticket-${name}.key`) })) } },
});
const stat = (proxy: RunningProxy, name: string): number => proxy.stat(`listener.tls.ssl.${name}`);

/** All of them connect, and `resumed` of them say of themselves that they were (curl says nothing). */
async function comeAgain(t: Test, client: TlsClient, wish: Wish, resumed: readonly boolean[]): Promise<void> {
  const met = await client.ask(wish);
  const about = `TLS ${wish.version}${wish.noTicket === true ? ' without tickets' : ''}`;
  t.match(
    met,
    resumed.map(() => ({ error: '', status: 200 })),
    `${about}: all are served`,
  );
  if (met.some(({ reused }) => reused !== undefined)) {
    t.same(
      met.map(({ reused }) => reused),
      resumed,
      `${about}: ${client.name} says what it resumed`,
    );
  }
}

/** Null: it depends on the client's version, and is not looked at. */
type Resumes = (client: string, wish: Wish) => boolean | null;

function each(title: string, setup: TlsSetup, resumes: Resumes): void {
  t.test(title, async (t) => {
    const proxy = await tlsProxy(t, setup);
    for (const client of clients) {
      await t.test(client.name, { skip: client.skip }, async (t) => {
        for (const version of versions) {
          for (const noTicket of [false, true]) {
            const wish = { ports: [proxy.port, proxy.port, proxy.port], version, ...(noTicket ? { noTicket } : {}) };
            if (client.cannot(wish) !== false) continue;
            const before = stat(proxy, 'session_reused');
            const again = resumes(client.name, wish);
            await comeAgain(t, client, wish, [false, again === true, again === true]);
            if (again !== null)
              t.equal(stat(proxy, 'session_reused') - before, again ? 2 : 0, 'the listener counts the same');
          }
        }
      });
    }
    await empty(proxy);
  });
}

/**
 * With TLS 1.3 OpenSSL asks for tickets whatever it was told, and curl uses each once: it needs a new one each time. Older
 * curls ask for none with 1.2.
 */
const byTicket: Resumes = (client, { version, noTicket }) =>
  version === '1.3' || (client === 'curl' ? null : noTicket !== true);
const byId: Resumes = (client, { version }) => version === '1.2' && client !== 'Go';

// Where there are tickets, Remora keeps no sessions for clients of TLS 1.2 that take none: Node asks for every connection then.
each('tickets', {}, byTicket);
each('tickets alone', { downstream: { disableStatefulSessionResumption: true } }, byTicket);
each('with client certificates asked for', { common: { validationContext: trusting('ca') } }, byTicket);
each('session ids alone', { downstream: { disableStatelessSessionResumption: true } }, byId);
each(
  'nothing is resumed',
  { downstream: { disableStatelessSessionResumption: true, disableStatefulSessionResumption: true } },
  () => false,
);

t.test('two proxies with the same ticket keys, one of which encrypts with the new one already', async (t) => {
  const old = await tlsProxy(t, keys('a', 'b'));
  const rotated = await tlsProxy(t, keys('b', 'a'));
  for (const client of clients) {
    await t.test(client.name, { skip: client.skip }, async (t) => {
      for (const version of versions) {
        const wish = { ports: [old.port, rotated.port, old.port, old.port], version };
        if (client.cannot(wish) === false) await comeAgain(t, client, wish, [false, true, true, true]);
      }
    });
  }
  await empty(old);
  await empty(rotated);
});

t.test('a ticket under a key that the proxy does not have', async (t) => {
  const elsewhere = await tlsProxy(t);
  const node = clients.find(({ name }) => name === 'Node') as TlsClient;
  for (const setup of [{}, keys('a'), keys('a', 'b')]) {
    const proxy = await tlsProxy(t, setup);
    for (const version of versions) {
      const wish = { ports: [elsewhere.port, proxy.port, proxy.port], version };
      await comeAgain(t, node, wish, [false, false, true]);
    }
  }
});

t.test('ticket keys rotate with a reload', async (t) => {
  const proxy = await tlsProxy(t, keys('a'));
  const node = clients.find(({ name }) => name === 'Node') as TlsClient;
  const wish: Wish = { ports: [proxy.port], version: '1.3' };
  const first = await node.ask(wish);
  const { session } = first[0] ?? {};
  t.ok(session !== undefined, 'a ticket under the first key');
  const again = async (): Promise<boolean | undefined> => (await node.ask({ ...wish, session }))[0]?.reused;
  await proxy.reload(tlsBootstrap(keys('b', 'a')));
  t.equal(await again(), true, 'the old key still decrypts');
  await proxy.reload(tlsBootstrap(keys('b')));
  t.equal(await again(), false, 'the old key is gone');
});

// covers: envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext.max_session_keys
// A full handshake brings two tickets, a resumed one none; the real Envoy shows the same against this server.
for (const [most, expected] of [
  [0, [false, false, false, false]],
  [1, [false, true, false, true]],
  [4, [false, true, true, false]],
] as const) {
  t.test(`max_session_keys ${most}: sessions with an upstream`, async (t) => {
    const reused: boolean[] = [];
    const server = createServer(
      { cert: files.get('server.pem'), key: files.get('server.key') },
      (socket: TLSSocket) => {
        reused.push(socket.isSessionReused());
        socket.on('error', () => {});
        socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok'));
      },
    );
    const listening = Promise.withResolvers<void>();
    server.listen(0, '127.0.0.1', () => listening.resolve());
    await listening.promise;
    t.teardown(() => server.close());
    const { port } = server.address() as { port: number };
    const transportSocket = {
      name: 'tls',
      typedConfig: {
        '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
        commonTlsContext: { tlsParams: { tlsMaximumProtocolVersion: 'TLSv1_3' } },
        maxSessionKeys: most,
      },
    };
    const proxy = await remora(t, { cluster: { transportSocket } }).to({ address: address(port) });
    const client = new Client(t);
    for (let i = 0; i < 4; i++) t.equal((await client.get(proxy, '/')).status, 200);
    t.same(reused, expected);
    t.equal(proxy.stat('cluster.app.ssl.session_reused'), expected.filter((one) => one).length);
  });
}

t.test('a ticket of TLS 1.3 serves one connection to an upstream, one of TLS 1.2 many', async (t) => {
  for (const [version, expected] of [
    ['TLSv1_3', 1],
    ['TLSv1_2', 2],
  ] as const) {
    const reused: boolean[] = [];
    const waiting: TLSSocket[] = [];
    const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok';
    const server = createServer(
      { cert: files.get('server.pem'), key: files.get('server.key') },
      (socket: TLSSocket) => {
        reused.push(socket.isSessionReused());
        socket.on('error', () => {});
        socket.once('data', () => {
          waiting.push(socket);
          // The second and the third meet.
          if (reused.length === 1 || waiting.length === 2) for (const one of waiting.splice(0)) one.end(answer);
        });
      },
    );
    const listening = Promise.withResolvers<void>();
    server.listen(0, '127.0.0.1', () => listening.resolve());
    await listening.promise;
    t.teardown(() => server.close());
    const { port } = server.address() as { port: number };
    const transportSocket = {
      name: 'tls',
      typedConfig: {
        '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
        commonTlsContext: { tlsParams: { tlsMaximumProtocolVersion: version } },
      },
    };
    const proxy = await remora(t, { cluster: { transportSocket } }).to({ address: address(port) });
    t.equal((await new Client(t).get(proxy, '/')).status, 200);
    const both = await Promise.all([new Client(t).get(proxy, '/'), new Client(t).get(proxy, '/')]);
    t.same(
      both.map(({ status }) => status),
      [200, 200],
    );
    t.equal(reused.filter((one) => one).length, expected, version);
  }
});
