// The client codec: how requests leave, how responses are framed, when a connection may be used again.
import t from 'tap';
import { type Http1Settings, ResetReason } from '../../../../src/http/codec/api.ts';
import { HeaderMap, RequestHeaders } from '../../../../src/http/headers/header-map.ts';
import { headerName, Names } from '../../../../src/http/headers/name.ts';
import { ClientFixture, lines, type RecordedResponse } from './support/recorder.ts';

function request(method = 'GET', fields: readonly (readonly [string, string])[] = []): RequestHeaders {
  const headers = new RequestHeaders();
  headers.method = method;
  headers.path = '/a?b';
  headers.authority = 'h:80';
  headers.scheme = 'http';
  for (const [name, value] of fields) headers.append(headerName(name), value);
  return headers;
}

/** A connection with a request that has gone out whole. */
function asked(
  method = 'GET',
  settings: Partial<Http1Settings> = {},
): { client: ClientFixture; response: RecordedResponse } {
  const client = new ClientFixture(settings);
  const { stream, response } = client.open();
  stream.encodeHeaders(request(method), true);
  client.connection.take();
  return { client, response };
}

const ok = 'HTTP/1.1 200 OK\r\n';

t.test('requests', (t) => {
  const send = (
    headers: RequestHeaders,
    pieces: readonly string[] | null,
    settings: Partial<Http1Settings> = {},
  ): string => {
    const client = new ClientFixture(settings);
    const { stream } = client.open();
    stream.encodeHeaders(headers, pieces === null);
    pieces?.forEach((piece, i) => {
      stream.encodeData(Buffer.from(piece), i === pieces.length - 1);
    });
    const out = client.connection.take();
    t.equal(stream.bytesMeter.wireBytesSent, out.length, 'bytes counted');
    return out;
  };
  t.equal(send(request('GET', [['x-a', 'b']]), null), 'GET /a?b HTTP/1.1\r\nhost: h:80\r\nx-a: b\r\n\r\n');
  for (const method of ['HEAD', 'DELETE', 'TRACE'])
    t.equal(send(request(method), null), `${method} /a?b HTTP/1.1\r\nhost: h:80\r\n\r\n`);
  for (const method of ['POST', 'PUT', 'OPTIONS', 'LOCK']) {
    t.equal(send(request(method), null), `${method} /a?b HTTP/1.1\r\nhost: h:80\r\ncontent-length: 0\r\n\r\n`);
  }
  t.equal(
    send(request('POST', [['content-length', '2']]), ['o', 'k']),
    'POST /a?b HTTP/1.1\r\nhost: h:80\r\ncontent-length: 2\r\n\r\nok',
  );
  t.equal(
    send(request('POST', [['transfer-encoding', 'chunked']]), ['ok']),
    'POST /a?b HTTP/1.1\r\nhost: h:80\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
  );
  t.equal(send(request(), null, { sendFullyQualifiedUrl: true }), 'GET http://h:80/a?b HTTP/1.1\r\nhost: h:80\r\n\r\n');
  t.equal(
    send(request('POST', [['x-b', 'c']]), ['x'], { headerKeyFormat: 'proper' }),
    'POST /a?b HTTP/1.1\r\nHost: h:80\r\nX-B: c\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
  );
  const connect = request('CONNECT');
  connect.authority = 'up:443';
  t.equal(send(connect, ['raw']), 'CONNECT up:443 HTTP/1.1\r\nhost: up:443\r\n\r\nraw');
  const upgrade = request();
  upgrade.protocol = 'websocket';
  t.equal(
    send(upgrade, ['raw']),
    'GET /a?b HTTP/1.1\r\nhost: h:80\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nraw',
  );
  t.end();
});

t.test('trailers go out only where they are enabled', (t) => {
  for (const enableTrailers of [true, false]) {
    const client = new ClientFixture({ enableTrailers });
    const { stream } = client.open();
    stream.encodeHeaders(request('POST'), false);
    const trailers = new HeaderMap();
    trailers.append(headerName('x-sum'), '7');
    stream.encodeTrailers(trailers);
    t.equal(
      client.connection.take(),
      `POST /a?b HTTP/1.1\r\nhost: h:80\r\ntransfer-encoding: chunked\r\n\r\n0\r\n${enableTrailers ? 'x-sum: 7\r\n' : ''}\r\n`,
    );
  }
  t.end();
});

t.test('responses', (t) => {
  t.test('of a length, on a connection that is used again', (t) => {
    const { client, response } = asked();
    client.feed(`${ok}Content-Length: 5\r\nKeep-Alive: timeout=5, max=100\r\nX-A: b\r\n\r\nhel`);
    t.equal(response.complete, false);
    client.feed('lo');
    t.match(response, { complete: true, body: 'hello' });
    t.same(lines(response.headers ?? new HeaderMap()), [
      'content-length: 5',
      'keep-alive: timeout=5, max=100',
      'x-a: b',
    ]);
    t.same(client.completed, [true]);
    t.same(client.keepAlive, [5]);
    const { stream, response: second } = client.open();
    stream.encodeHeaders(request(), true);
    client.feed(`${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`);
    t.match(second, { complete: true, body: 'abc' });
    t.same(client.completed, [true, true]);
    t.end();
  });
  t.test('bodies that cannot be', (t) => {
    for (const [method, head] of [
      ['HEAD', `${ok}Content-Length: 5\r\n\r\n`],
      ['HEAD', `${ok}Transfer-Encoding: chunked\r\n\r\n`],
      ['GET', 'HTTP/1.1 204 No Content\r\n\r\n'],
      ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n'],
    ] as const) {
      const { client, response } = asked(method);
      t.equal(client.feed(head), null);
      t.match(response, { complete: true, body: '' }, `${method} ${head.slice(9, 12)}`);
      t.same(client.completed, [true]);
    }
    t.end();
  });
  t.test('until the connection ends', (t) => {
    const { client, response } = asked();
    client.feed(`${ok}\r\nhel`);
    client.feed('lo');
    t.equal(response.complete, false);
    t.equal(client.codec.onEndOfInput(), null);
    t.match(response, { complete: true, body: 'hello' });
    t.same(client.completed, [false]);
    t.end();
  });
  t.test('informational ones come first', (t) => {
    const { client, response } = asked();
    client.feed(
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${ok}Content-Length: 0\r\n\r\n`,
    );
    t.same(
      response.informational.map((headers) => headers.status),
      [100, 103],
    );
    t.match(response, { complete: true });
    t.end();
  });
  t.test('connections that are not used again', (t) => {
    const cases: [string, null | { status: number }][] = [
      [`${ok}Connection: close\r\nContent-Length: 0\r\n\r\n`, null],
      [`${ok}Connection: x, Close\r\nContent-Length: 0\r\n\r\n`, null],
      ['HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n', null],
      ['HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n', null],
      ['HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n', null],
      [`${ok}Content-Length: 0\r\n\r\nx`, { status: 502 }],
      [`${ok}Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n`, { status: 502 }],
      [`${ok}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n\r\n`, { status: 502 }],
      [`${ok}Connection: close\r\nContent-Length: 0\r\n\r\nx`, { status: 502 }],
    ];
    for (const [raw, offence] of cases) {
      const { client, response } = asked();
      t.match(client.feed(raw), offence, 'what follows a response is an offence');
      t.equal(response.complete, true);
      t.same(client.completed, [false], JSON.stringify(raw));
      t.equal(client.feed('more'), null, 'what follows is ignored');
    }
    const { client } = asked();
    client.feed('HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n');
    t.same(client.completed, [true], 'HTTP/1.0 that says keep-alive is');
    t.end();
  });
  t.test('an answer before the request has gone up', (t) => {
    const client = new ClientFixture();
    const { stream, response } = client.open();
    stream.encodeHeaders(request('POST'), false);
    stream.encodeData(Buffer.from('some'), false);
    client.feed('HTTP/1.1 413 Payload Too Large\r\nContent-Length: 0\r\n\r\n');
    t.equal(response.complete, true);
    t.same(client.completed, [false]);
    client.connection.take();
    stream.encodeData(Buffer.from('rest'), true);
    t.equal(client.connection.take(), '', 'the rest is not sent');
    t.end();
  });
  t.test('what can become no response is refused before its head ends', (t) => {
    const cases: [string, boolean][] = [
      ['H', false],
      ['HTTP/1.1 200 OK\r\n', false],
      ['HTTP/1.1 200 OK\r\nX', false],
      ['\0\0\x12\x04', true],
      ['X', true],
      ['HTTP/1.1 abc\r\n', true],
      ['SSH-2.0-OpenSSH\r\n', true],
    ];
    for (const [bytes, refused] of cases) {
      for (const whole of [true, false]) {
        const { client } = asked();
        let error: unknown = null;
        for (const piece of whole ? [bytes] : bytes) error ??= client.feed(piece);
        t.equal(error !== null, refused, `${JSON.stringify(bytes)} ${whole ? 'whole' : 'by the byte'}`);
      }
    }
    t.end();
  });
  t.test('nobody asked', (t) => {
    const client = new ClientFixture();
    t.not(client.feed(`${ok}\r\n`), null, 'on an idle connection');
    const early = new ClientFixture();
    early.open();
    t.not(early.feed(`${ok}\r\n`), null, 'before the request');
    t.end();
  });
  t.test('trailers', (t) => {
    const { client, response } = asked('GET', { enableTrailers: true });
    client.feed(`${ok}Transfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: 7\r\n\r\n`);
    t.same(response.trailers, ['x-sum: 7']);
    t.end();
  });
  t.end();
});

t.test('101 and CONNECT: raw until the end', (t) => {
  const client = new ClientFixture();
  const { stream, response } = client.open();
  const upgrade = request();
  upgrade.protocol = 'websocket';
  stream.encodeHeaders(upgrade, false);
  client.feed('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nfirst');
  client.connection.take();
  stream.encodeData(Buffer.from('up'), false);
  t.equal(client.connection.take(), 'up');
  t.match(response, { body: 'first', complete: false });
  t.equal(client.codec.onEndOfInput(), null);
  t.equal(response.complete, false, 'a tunnel ends with its connection');
  client.codec.onConnectionClosed(ResetReason.ConnectionTermination);
  t.same(response.resets, [ResetReason.ConnectionTermination]);
  t.end();
});

t.test('an upgrade that is refused has an ordinary answer', (t) => {
  const client = new ClientFixture();
  const { stream, response } = client.open();
  const upgrade = request();
  upgrade.protocol = 'websocket';
  stream.encodeHeaders(upgrade, false);
  client.feed('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
  t.match(response, { complete: true, body: 'no' });
  t.same(client.completed, [false]);
  t.end();
});

t.test('ends', (t) => {
  t.test('truncated messages are protocol errors, nothing at all is not', (t) => {
    for (const raw of [
      'HTTP/1.1 2',
      `${ok}Content-Length: 5\r\n\r\nhe`,
      `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhe`,
    ]) {
      const { client, response } = asked();
      client.feed(raw);
      t.not(client.codec.onEndOfInput(), null, JSON.stringify(raw));
      client.codec.onConnectionClosed(ResetReason.ConnectionTermination);
      t.same(response.resets, [ResetReason.ProtocolError]);
    }
    const { client, response } = asked();
    t.equal(client.codec.onEndOfInput(), null);
    client.codec.onConnectionClosed(ResetReason.ConnectionTermination);
    t.same(response.resets, [ResetReason.ConnectionTermination]);
    t.end();
  });
  t.test('a malformed response resets with a protocol error', (t) => {
    const { client, response } = asked();
    t.not(client.feed('garbage\r\n\r\n'), null);
    client.codec.onConnectionClosed(ResetReason.ConnectionTermination);
    t.same(response.resets, [ResetReason.ProtocolError]);
    t.end();
  });
  t.test('a reset stream takes the connection with it', (t) => {
    const client = new ClientFixture();
    const { stream, response } = client.open();
    stream.encodeHeaders(request(), true);
    stream.readDisable(true);
    stream.resetStream(ResetReason.LocalReset);
    t.same(response.resets, [ResetReason.LocalReset]);
    t.same(client.completed, [false]);
    t.equal(client.connection.disabled, 0);
    t.equal(client.feed(`${ok}Content-Length: 0\r\n\r\n`), null);
    t.equal(response.headers, null);
    t.end();
  });
  t.test('a request body shorter than its length resets', (t) => {
    const client = new ClientFixture();
    const { stream, response } = client.open();
    const headers = request('POST');
    headers.append(Names.contentLength, '5');
    stream.encodeHeaders(headers, false);
    stream.encodeData(Buffer.from('he'), true);
    t.same(response.resets, [ResetReason.LocalReset]);
    t.same(client.completed, [false]);
    t.end();
  });
  t.end();
});
