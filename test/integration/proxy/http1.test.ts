// Sentences about requests over HTTP/1.1: a real client, the proxy, a real server, one expectation.
import { createHash } from 'node:crypto';
import t from 'tap';
import { Client, get, RawClient } from '../../support/client.ts';
import { MemoryLog } from '../../support/memory-log.ts';
import { remora } from '../../support/remora.ts';
import { turns, until } from '../../support/until.ts';
import { onRequest, upstream } from '../../support/upstream.ts';

const log = MemoryLog.capture();
const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

/** The same bytes each time, without a period that a buffer's size divides. */
function bodyOf(length: number): Buffer {
  const body = Buffer.alloc(length);
  for (let i = 0; i < length; i++) body[i] = (i * 31 + (i >> 8)) & 0xff;
  return body;
}

t.test('a request goes to the upstream and its response comes back', async (t) => {
  const app = await upstream.http1(t).respond(200, 'hello', { 'x-app': 'yes' });
  const proxy = await remora(t).to(app);
  const answer = await new Client(t).get(proxy, '/path?query', { headers: { 'x-own': 'value' } });
  t.match(answer, { status: 200, body: 'hello', headers: { 'x-app': 'yes', server: 'envoy' } });
  t.match(app.seen, [{ method: 'GET', url: '/path?query', headers: { 'x-own': 'value' } }]);
});

t.test('requests of one client share a connection on both sides', async (t) => {
  const app = await upstream.http1(t).respond(200, 'hello');
  const proxy = await remora(t).to(app);
  const client = new Client(t);
  for (let i = 0; i < 5; i++) t.equal((await client.get(proxy, '/')).body, 'hello');
  t.equal(app.sockets.length, 1);
  t.equal(proxy.stat('http.test.downstream_cx_total'), 1);
});

t.test('HEAD has the headers of GET and no body', async (t) => {
  const app = await upstream.http1(t).respond(200, 'hello', { 'content-length': '5' });
  const proxy = await remora(t).to(app);
  const client = new RawClient(t, proxy.port).send('HEAD / HTTP/1.1\r\nhost: test\r\n\r\n', get('/next'));
  await client.see(/HTTP\/1\.1 200 OK[\s\S]*HTTP\/1\.1 200 OK[\s\S]*hello$/);
  t.match(client.text, /content-length: 5/);
  t.equal(client.text.split('hello').length, 2, 'one body: that of the second request');
});

t.test('a body of 1 MB arrives as it was sent, both ways, with a length and in chunks', async (t) => {
  const body = bodyOf(1 << 20);
  const digest = await upstream.http1(t).digest();
  const chunked = await upstream.http1(t).handle((request, response) => {
    request.resume();
    if (request.url === '/length') response.setHeader('content-length', body.length);
    for (let at = 0; at < body.length; at += 70_001) response.write(body.subarray(at, at + 70_001));
    response.end();
  });
  const up = await remora(t).to(digest);
  const down = await remora(t).to(chunked);
  const client = new Client(t);
  t.same(JSON.parse((await client.post(up, '/', body)).body), { length: body.length, sha256: sha256(body) });
  const raw = new RawClient(t, up.port);
  raw.send('POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n');
  for (let at = 0; at < body.length; at += 9973) {
    const piece = body.subarray(at, at + 9973);
    raw.send(`${piece.length.toString(16)}\r\n`, piece, '\r\n');
  }
  await raw.send('0\r\n\r\n').see(sha256(body));
  for (const path of ['/length', '/chunks']) {
    const answer = await fetch(`${down.origin}${path}`);
    t.equal(sha256(Buffer.from(await answer.arrayBuffer())), sha256(body), path);
  }
});

t.test('200 pipelined requests are answered in their order', async (t) => {
  const app = await upstream.http1(t).handle((request, response) => {
    // The later ones would be quicker if they went side by side.
    if (Number(request.url?.slice(1)) % 7 === 0) setImmediate(() => response.end(`<${request.url}>`));
    else response.end(`<${request.url}>`);
  });
  const proxy = await remora(t).to(app);
  const client = new RawClient(t, proxy.port);
  client.send(Array.from({ length: 200 }, (_, i) => get(`/${i}`)).join(''));
  await client.see('</199>');
  const order = [...client.text.matchAll(/<\/(\d+)>/g)].map((match) => Number(match[1]));
  t.same(
    order,
    Array.from({ length: 200 }, (_, i) => i),
  );
});

t.test('100-continue: the client is told at once, the upstream gets the body', async (t) => {
  const app = await upstream.http1(t).digest();
  const proxy = await remora(t).to(app);
  const client = new RawClient(t, proxy.port);
  client.send('POST / HTTP/1.1\r\nhost: test\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n');
  await client.see('HTTP/1.1 100 Continue\r\n\r\n');
  client.send('body');
  await client.see(/"length":4/);
  t.equal(app.seen[0]?.headers.expect, undefined);
});

t.test('an upgrade becomes a tunnel of raw bytes, and its end ends it', async (t) => {
  const app = await upstream.http1(t).respond(200);
  app.server.on('upgrade', (_request, socket) => {
    socket.on('error', () => {});
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
    socket.on('data', (data: Buffer) => {
      if (data.toString() === 'bye') socket.end();
      else socket.write(data.toString().toUpperCase());
    });
  });
  const proxy = await remora(t, { connectionManager: { upgradeConfigs: [{ upgradeType: 'websocket' }] } }).to(app);
  const client = new RawClient(t, proxy.port).send(get('/ws', 'connection: upgrade', 'upgrade: websocket'));
  await client.see(/101 Switching Protocols[\s\S]*\r\n\r\n/);
  client.send('ping');
  await client.see('PING');
  client.send('GET / HTTP/1.1\r\n\r\n');
  await client.see('GET / HTTP/1.1\r\n\r\n');
  t.equal(proxy.stat('http.test.downstream_cx_upgrades_active'), 1);
  client.send('bye');
  await client.end();
  await until(() => proxy.stat('http.test.downstream_cx_upgrades_active') === 0, 'the end of the tunnel');
  t.equal(proxy.stat('cluster.app.upstream_cx_active'), 0);
});

t.test('a client that leaves takes its request along', async (t) => {
  const app = await upstream.http1(t).handle(() => {});
  const proxy = await remora(t).to(app);
  const client = new RawClient(t, proxy.port).send(get('/slow'));
  await until(() => app.seen.length === 1, 'the request');
  client.socket.destroy();
  await until(() => proxy.stat('cluster.app.upstream_cx_active') === 0, 'the end of the upstream connection');
  t.equal(proxy.stat('http.test.downstream_rq_active'), 0);
  t.equal(proxy.stat('cluster.app.upstream_rq_active'), 0);
  t.match(proxy.accessLog(), [{ path: '/slow', code: 0, flags: 'DC', details: 'downstream_remote_disconnect' }]);
});

t.test('an upstream that resets within the body resets the client', async (t) => {
  const app = await upstream.raw(t, (socket) => {
    onRequest(socket, () => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', () => socket.resetAndDestroy());
    });
  });
  const proxy = await remora(t).to(app);
  const client = new RawClient(t, proxy.port).send(get('/reset'));
  await client.end();
  t.match(client.text, /200 OK[\s\S]*half$/);
  t.match(proxy.accessLog(), [
    { code: 200, flags: 'UPE', details: 'upstream_reset_after_response_started{protocol_error}' },
  ]);
});

t.test('a response that comes before the whole request ends the connections of both sides', async (t) => {
  const app = await upstream.raw(t, (socket) => {
    onRequest(socket, () => socket.write('HTTP/1.1 413 Payload Too Large\r\ncontent-length: 2\r\n\r\nno'));
  });
  const proxy = await remora(t).to(app);
  const client = new RawClient(t, proxy.port);
  client.send('POST /early HTTP/1.1\r\nhost: test\r\ncontent-length: 1000\r\n\r\npart');
  await client.end();
  t.match(client.text, /^HTTP\/1\.1 413 [\s\S]*connection: close[\s\S]*no$/);
  await until(() => proxy.stat('cluster.app.upstream_cx_active') === 0, 'the end of the upstream connection');
  const second = new RawClient(t, proxy.port).send(get('/next'));
  await second.see('413');
  t.equal(app.sockets.length, 2, 'the next request has a connection of its own');
});

t.test('an upstream that closes as a request goes out', async (t) => {
  /** Answers the first request of each connection; ends the connection when it sees the second. */
  const closing = () =>
    upstream.raw(t, (socket) => {
      onRequest(socket, (head, index) => {
        if (index === 0) socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n${head.slice(0, 4)}`);
        else socket.destroy();
      });
    });

  await t.test('a GET goes out again on a fresh connection, and the log says so', async (t) => {
    const app = await closing();
    const proxy = await remora(t).to(app);
    const client = new Client(t);
    await client.get(proxy, '/first');
    log.clear();
    t.equal((await client.get(proxy, '/second')).status, 200);
    t.equal(app.sockets.length, 2);
    t.match(proxy.accessLog()[1], { path: '/second', code: 200, flags: '-', attempts: 2 });
    t.ok(log.find(/keep-alive connection.*sent again on another/), 'the reason is told at debug level');
  });

  await t.test('a PUT goes out again with its body', async (t) => {
    let bodies = '';
    const app = await upstream.raw(t, (socket, index) => {
      socket.on('data', (data: Buffer) => {
        const text = data.toString();
        if (text.startsWith('GET')) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
        else if (index === 0) socket.destroy();
        else {
          bodies += text;
          if (bodies.endsWith('the body')) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
        }
      });
    });
    const proxy = await remora(t).to(app);
    const client = new Client(t);
    await client.get(proxy, '/first');
    t.equal((await client.request(proxy, '/put', { method: 'PUT', body: 'the body' })).status, 200);
    t.match(bodies, /^PUT \/put [\s\S]*\r\n\r\nthe body$/);
  });

  await t.test('a POST does not, and the log names the cause', async (t) => {
    const app = await closing();
    const proxy = await remora(t).to(app);
    const client = new Client(t);
    await client.get(proxy, '/first');
    log.clear();
    const answer = await client.post(proxy, '/second', 'body');
    t.match(answer, {
      status: 503,
      body: 'upstream connect error or disconnect/reset before headers. reset reason: connection termination',
    });
    t.equal(app.sockets.length, 1);
    t.match(proxy.accessLog()[1], { code: 503, flags: 'UC', attempts: 1 });
    t.ok(log.find(/closed a keep-alive connection just as the request went out/), log.lines.join('\n'));
  });

  await t.test('a GET goes out again once only', async (t) => {
    const app = await upstream.raw(t, (socket, connection) => {
      onRequest(socket, (_head, index) => {
        if (connection === 0 && index === 0) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
        else socket.destroy();
      });
    });
    const proxy = await remora(t).to(app);
    const client = new Client(t);
    await client.get(proxy, '/first');
    t.match(await client.get(proxy, '/second'), { status: 503 });
    t.equal(app.sockets.length, 2);
  });
});

t.test('a connection that the upstream closed while it was idle is not used', async (t) => {
  const app = await upstream.http1(t).respond(200, 'hello');
  const proxy = await remora(t).to(app);
  const client = new Client(t);
  await client.get(proxy, '/');
  app.sockets[0]?.destroy();
  await until(() => proxy.stat('cluster.app.upstream_cx_active') === 0, 'the end of the connection');
  t.equal((await client.post(proxy, '/', 'x')).status, 200, 'even a request that could not be sent again');
  t.match(proxy.accessLog()[1], { attempts: 1 });
});

t.test('bytes of a client that goes on after its connection was told to end are not taken for a request', async (t) => {
  const app = await upstream.http1(t).respond(200, 'hello');
  const proxy = await remora(t).to(app);
  const client = new RawClient(t, proxy.port).send(get('/', 'connection: close'), get('/smuggled'));
  await client.end();
  await turns();
  t.same(
    app.seen.map((request) => request.url),
    ['/'],
  );
});
