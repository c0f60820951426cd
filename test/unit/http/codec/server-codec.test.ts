// The server codec: order of exchanges, what it keeps and what it holds back, how responses leave.
import t from 'tap';
import { Protocol, ResetReason } from '../../../../src/http/codec/api.ts';
import { HeaderMap, ResponseHeaders } from '../../../../src/http/headers/header-map.ts';
import { joinedInRequests } from '../../../../src/http/headers/joined-names.ts';
import { headerName, Names } from '../../../../src/http/headers/name.ts';
import { lines, ServerFixture } from './support/recorder.ts';

const get = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';

function respond(server: ServerFixture, index: number, status = 200): void {
  server.request(index).stream.encodeHeaders(new ResponseHeaders(status), true);
}
/** The codec goes on with held requests in a microtask. */
const turn = (): Promise<void> => Promise.resolve();

t.test('a request and its response', (t) => {
  const server = new ServerFixture();
  t.equal(server.feed('GET /a?b HTTP/1.1\r\nHost: h\r\nX-One: 1\r\nx-two:2 \r\n\r\n'), null);
  const request = server.request();
  t.same(lines(request.headers ?? new HeaderMap()), ['x-one: 1', 'x-two: 2']);
  t.match(request.headers, { method: 'GET', path: '/a?b', authority: 'h', scheme: '', emptyHost: false });
  t.equal(request.complete, true);
  t.equal(server.codec.activeStreams, 1);
  respond(server, 0);
  t.equal(server.connection.take(), 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
  t.equal(server.completed.length, 1);
  t.equal(server.codec.activeStreams, 0);
  t.equal(server.codec.wantsClose, false);
  t.end();
});

t.test('an empty Host is not the same as none', (t) => {
  for (const [host, empty] of [
    ['Host:\r\n', true],
    ['', false],
  ] as const) {
    const server = new ServerFixture();
    server.feed(`GET / HTTP/1.1\r\n${host}\r\n`);
    t.match(server.request().headers, { authority: '', emptyHost: empty });
  }
  t.end();
});

t.test('the next request waits for the response, and reading stops', async (t) => {
  const server = new ServerFixture();
  server.feed(get);
  t.equal(server.connection.disabled, 0, 'nothing came yet: reading goes on');
  server.feed('GET /2 HTTP/1.1\r\nHost: h\r\n\r\nGET /3 HTTP/1.1\r\nHo');
  t.equal(server.requests.length, 1);
  t.equal(server.connection.disabled, 1);
  respond(server, 0);
  t.equal(server.requests.length, 1, 'not within the call that ends the response');
  await turn();
  t.equal(server.request(1).headers?.path, '/2');
  t.equal(server.connection.disabled, 1, 'a part of the third is still held');
  respond(server, 1);
  await turn();
  t.equal(server.connection.disabled, 0);
  t.equal(server.requests.length, 2);
  server.feed('st: h\r\n\r\n');
  t.equal(server.request(2).headers?.path, '/3');
  t.equal(server.connection.maxDisabled, 1, 'disabled once, whatever came');
});

t.test('thousands of pipelined requests neither recurse nor get lost', async (t) => {
  const server = new ServerFixture();
  server.whenComplete = (request) => request.stream.encodeHeaders(new ResponseHeaders(204), true);
  server.feed(get.repeat(20_000));
  t.equal(server.completed.length, 20_000, 'answered at once');
  const later = new ServerFixture();
  later.feed(get.repeat(5_000));
  for (let i = 0; i < 5_000; i++) {
    respond(later, i);
    await turn();
  }
  t.equal(later.completed.length, 5_000, 'answered one after the other');
  t.equal(later.connection.disabled, 0);
});

t.test('an exception in a request that was held is told to the owner, not to the process', async (t) => {
  const server = new ServerFixture();
  t.equal(server.feed(`${get}${get}`), null);
  server.whenComplete = () => {
    throw new Error('thrown by a test in a held request');
  };
  respond(server, 0);
  await turn();
  t.equal(server.requests.length, 2);
  t.equal(server.exceptions, 1, 'who closes the connection');
  t.equal(server.feed(get), null);
  t.equal(server.requests.length, 2, 'what follows is ignored');
});

t.test('a malformed request behind a good one is told when its turn comes', async (t) => {
  const server = new ServerFixture();
  t.equal(server.feed(`${get}garbage\r\n\r\n`), null);
  respond(server, 0);
  await turn();
  t.match(server.request(1).malformed, { status: 400, details: 'http1.codec_error' });
  t.equal(server.errors.length, 1, 'outside of dispatch the owner hears of it by callback');
  respond(server, 1, 400);
  t.equal(
    server.connection.take(),
    `HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nHTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
  );
  t.equal(server.codec.wantsClose, true);
  t.equal(server.feed(get), null, 'what follows is ignored');
  t.equal(server.requests.length, 2);
});

t.test('bodies', (t) => {
  t.test('of a length, in pieces', (t) => {
    const server = new ServerFixture();
    server.feed('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe');
    t.equal(server.request().complete, false);
    server.feed('lloGET');
    t.equal(server.request().body, 'hello');
    t.equal(server.request().complete, true);
    t.equal(server.request().pieces, 2, 'the last piece says that it is the last');
    t.end();
  });
  t.test('chunked, with extensions and trailers that are not enabled', (t) => {
    const server = new ServerFixture();
    server.feed(
      'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nx-t: y\r\n\r\n',
    );
    t.match(server.request(), { body: 'abcde', complete: true, trailers: null });
    t.end();
  });
  t.test('trailers, enabled: framing fields among them are dropped', (t) => {
    const server = new ServerFixture({ enableTrailers: true });
    server.feed(
      'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nx-t: y\r\nContent-Length: 3\r\nHost: q\r\nX-T: z\r\n\r\n',
    );
    t.same(server.request().trailers, ['x-t: y', 'x-t: z']);
    t.end();
  });
  t.test('a broken chunk before the response asks for an error response', (t) => {
    const server = new ServerFixture();
    const error = server.feed('POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n');
    t.match(error, { status: 400, details: 'http1.codec_error' });
    t.equal(server.request().malformed, error);
    t.same(server.request().resets, []);
    t.end();
  });
  t.test('a broken chunk after the response began resets the stream', (t) => {
    const server = new ServerFixture();
    server.feed('POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n');
    server.request().stream.encodeHeaders(new ResponseHeaders(200), false);
    t.not(server.feed('zz\r\n'), null);
    t.same(server.request().resets, [ResetReason.ProtocolError]);
    t.equal(server.codec.wantsClose, true);
    t.end();
  });
  t.end();
});

t.test('responses', (t) => {
  const send = (
    request: string,
    status: number,
    fields: readonly (readonly [string, string])[],
    pieces: readonly string[] | null,
    settings = {},
  ): string => {
    const server = new ServerFixture(settings);
    server.feed(request);
    const headers = new ResponseHeaders(status);
    for (const [name, value] of fields) headers.append(headerName(name), value);
    const { stream } = server.request();
    stream.encodeHeaders(headers, pieces === null);
    pieces?.forEach((piece, i) => {
      stream.encodeData(Buffer.from(piece), i === pieces.length - 1);
    });
    const out = server.connection.take();
    t.equal(stream.bytesMeter.wireBytesSent, out.length, 'bytes counted');
    return out;
  };
  const head = get.replace('GET', 'HEAD');
  const close = get.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');
  const old = get.replace('1.1', '1.0');
  const keep = old.replace('\r\n\r\n', '\r\nConnection: keep-alive\r\n\r\n');
  const http10 = { acceptHttp10: true };
  t.equal(send(get, 200, [['content-length', '2']], ['o', 'k']), 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
  t.equal(
    send(get, 200, [], ['o', '', 'k', '']),
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n',
    'no chunk of no octets',
  );
  t.equal(
    send(get, 200, [['transfer-encoding', 'gzip']], ['ok']),
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
  );
  t.equal(send(get, 204, [['content-length', '2']], null), 'HTTP/1.1 204 No Content\r\n\r\n');
  t.equal(send(get, 304, [['content-length', '2']], null), 'HTTP/1.1 304 Not Modified\r\ncontent-length: 2\r\n\r\n');
  t.equal(send(get, 304, [], ['body']), 'HTTP/1.1 304 Not Modified\r\n\r\n');
  t.equal(send(head, 200, [['content-length', '2']], ['ok']), 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n');
  t.equal(send(head, 200, [], null), 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
  t.equal(send(close, 200, [], null), 'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  t.equal(
    send(get, 200, [['connection', 'close']], null),
    'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n',
  );
  t.equal(
    send(old, 200, [['content-length', '2']], ['ok'], http10),
    'HTTP/1.0 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok',
  );
  t.equal(
    send(keep, 200, [['content-length', '2']], ['ok'], http10),
    'HTTP/1.0 200 OK\r\ncontent-length: 2\r\nconnection: keep-alive\r\n\r\nok',
  );
  t.equal(
    send(keep, 200, [], ['ok'], http10),
    'HTTP/1.0 200 OK\r\nconnection: close\r\n\r\nok',
    'no chunks for HTTP/1.0',
  );
  t.equal(
    send(get, 299, [['x-a', 'b']], null, { headerKeyFormat: 'proper' }),
    'HTTP/1.1 299 Unknown\r\nX-A: b\r\nContent-Length: 0\r\n\r\n',
  );
  t.end();
});

t.test('a body that differs from its length is cut and closes the connection', (t) => {
  for (const [body, wire] of [
    ['toolong', 'too'],
    ['s', 's'],
  ] as const) {
    const server = new ServerFixture();
    server.feed(get);
    const headers = new ResponseHeaders(200);
    headers.append(Names.contentLength, '3');
    server.request().stream.encodeHeaders(headers, false);
    server.request().stream.encodeData(Buffer.from(body), true);
    t.equal(server.connection.take(), `HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n${wire}`);
    t.equal(server.codec.wantsClose, true);
  }
  t.end();
});

t.test('informational responses', (t) => {
  const server = new ServerFixture();
  server.feed('POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n');
  t.equal(server.request().headers?.get(Names.expect), '100-continue', 'the connection manager answers it');
  const hints = new ResponseHeaders(103);
  hints.append(headerName('link'), 'x');
  server.request().stream.encode1xxHeaders(new ResponseHeaders(100));
  server.request().stream.encode1xxHeaders(hints);
  t.equal(server.connection.take(), 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Unknown\r\nlink: x\r\n\r\n');
  const old = new ServerFixture({ acceptHttp10: true });
  old.feed('GET / HTTP/1.0\r\nHost: h\r\n\r\n');
  t.equal(old.request().stream.protocol, Protocol.Http10);
  old.request().stream.encode1xxHeaders(new ResponseHeaders(100));
  t.equal(old.connection.take(), '');
  t.end();
});

t.test('upgrade', (t) => {
  const upgrade = 'GET /chat HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n';
  t.test('101 makes both directions raw', (t) => {
    const server = new ServerFixture();
    server.feed(`${upgrade}early`);
    t.equal(server.request().headers?.protocol, 'websocket');
    const headers = new ResponseHeaders(101);
    headers.append(Names.connection, 'upgrade');
    headers.append(Names.upgrade, 'websocket');
    const { stream } = server.request();
    stream.encodeHeaders(headers, false);
    stream.encodeData(Buffer.from('down'), false);
    server.feed('up');
    t.equal(
      server.connection.take(),
      'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\ndown',
    );
    t.equal(server.request().body, 'earlyup');
    t.equal(server.codec.onEndOfInput(), null);
    t.equal(server.request().complete, true, 'a half-close ends one direction');
    stream.encodeData(Buffer.from('last'), true);
    t.equal(server.connection.take(), 'last');
    t.equal(server.completed.length, 1);
    t.equal(server.codec.wantsClose, true);
    t.end();
  });
  t.test('any other answer ends the connection', (t) => {
    const server = new ServerFixture();
    server.feed(`${upgrade}GET / HTTP/1.1\r\nHost: h\r\n\r\n`);
    respond(server, 0, 403);
    t.equal(server.connection.take(), 'HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    t.equal(server.requests.length, 1, 'what came behind is no request');
    t.end();
  });
  t.test('h2c is not taken up', (t) => {
    const server = new ServerFixture();
    server.feed(
      'GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings, x\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n\r\n',
    );
    t.equal(server.request().headers?.protocol, '');
    t.same(lines(server.request().headers ?? new HeaderMap()), ['connection: x']);
    t.end();
  });
  t.test('CONNECT', (t) => {
    const server = new ServerFixture();
    server.feed('CONNECT a:80 HTTP/1.1\r\nHost: h\r\n\r\nearly');
    t.match(server.request().headers, { authority: 'a:80', path: '' });
    const headers = new ResponseHeaders(200);
    headers.append(Names.contentLength, '5');
    server.request().stream.encodeHeaders(headers, false);
    server.request().stream.encodeData(Buffer.from('down'), false);
    t.equal(server.connection.take(), 'HTTP/1.1 200 OK\r\n\r\ndown', 'no length in front of a tunnel');
    t.equal(server.request().body, 'early');
    t.end();
  });
  t.end();
});

t.test('the end of the connection', (t) => {
  t.test('goAway: the response says close', (t) => {
    const server = new ServerFixture();
    server.feed(get);
    server.codec.goAway();
    t.equal(server.codec.wantsClose, false);
    respond(server, 0);
    t.match(server.connection.take(), 'connection: close\r\n');
    t.equal(server.codec.wantsClose, true);
    t.end();
  });
  t.test('end of input', (t) => {
    const idle = new ServerFixture();
    t.equal(idle.codec.onEndOfInput(), null);
    const partial = new ServerFixture();
    partial.feed('GET / HT');
    t.not(partial.codec.onEndOfInput(), null);
    const body = new ServerFixture();
    body.feed('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe');
    t.not(body.codec.onEndOfInput(), null);
    const waiting = new ServerFixture();
    waiting.feed(get);
    t.equal(waiting.codec.onEndOfInput(), null, 'its response may still go out');
    t.end();
  });
  t.test('a closed connection resets the stream', (t) => {
    const server = new ServerFixture();
    server.feed(get);
    server.codec.onConnectionClosed(ResetReason.ConnectionTermination);
    t.same(server.request().resets, [ResetReason.ConnectionTermination]);
    respond(server, 0);
    t.equal(server.connection.take(), '', 'nothing is written any more');
    t.end();
  });
  t.test('a reset gives back what it held', (t) => {
    const server = new ServerFixture();
    server.feed('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe');
    server.request().stream.readDisable(true);
    t.equal(server.connection.disabled, 1);
    server.request().stream.resetStream(ResetReason.LocalReset);
    t.equal(server.connection.disabled, 0);
    t.same(server.request().resets, [ResetReason.LocalReset]);
    server.feed('llo');
    t.equal(server.request().body, 'he');
    t.end();
  });
  t.end();
});

t.test('watermarks', async (t) => {
  const server = new ServerFixture();
  server.feed(get);
  server.codec.onAboveWriteBufferHighWatermark();
  server.codec.onBelowWriteBufferLowWatermark();
  t.equal(server.request().above, 1);
  t.equal(server.request().below, 1);
  server.codec.onAboveWriteBufferHighWatermark();
  respond(server, 0);
  server.feed(get);
  t.equal(server.requests.length, 1, 'a client that does not read its responses gets no further ones');
  t.equal(server.connection.disabled, 1);
  server.codec.onBelowWriteBufferLowWatermark();
  await turn();
  t.equal(server.requests.length, 2);
  t.equal(server.connection.disabled, 0);
});

t.test('bytes received', (t) => {
  const server = new ServerFixture();
  server.feed(`\r\n${get}`);
  // Envoy's counts: three for each field, at least once, beside names and values.
  t.match(server.request().stream.bytesMeter, { wireBytesReceived: 29, headerBytesReceived: 8 });
  t.end();
});

t.test('bytes are counted before they are delivered', (t) => {
  for (const raw of [
    'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello',
    'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  ]) {
    const server = new ServerFixture();
    let counted = 0;
    server.whenComplete = (request) => {
      counted = request.stream.bytesMeter.wireBytesReceived;
    };
    server.feed(raw);
    t.equal(counted, raw.length);
  }
  t.end();
});

t.test('small chunks of one read are one piece, large ones are not copied', (t) => {
  const head = 'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n';
  const small = new ServerFixture();
  small.feed(`${head}${'1\r\na\r\n'.repeat(1000)}0\r\n\r\n`);
  t.match(small.request(), { body: 'a'.repeat(1000), pieces: 1, complete: true });
  const large = new ServerFixture();
  const chunk = 'b'.repeat(12_000);
  const size = chunk.length.toString(16);
  large.feed(`${head}1\r\na\r\n${`${size}\r\n${chunk}\r\n`.repeat(3)}1\r\nc\r\n1\r\nd\r\n0\r\n\r\n`);
  t.equal(large.request().body, `a${chunk.repeat(3)}cd`);
  t.ok(large.request().pieces >= 3);
  const broken = new ServerFixture();
  broken.feed(`${head}1\r\na\r\n1\r\nb\r\nzz`);
  t.equal(broken.request().body, 'ab', 'what came before an error is delivered');
  t.end();
});

t.test('headers with underscores', (t) => {
  const request = 'GET / HTTP/1.1\r\nHost: h\r\na_b: c\r\n\r\n';
  const dropping = new ServerFixture({ headersWithUnderscores: 'drop' });
  dropping.feed(request);
  t.same(lines(dropping.request().headers ?? new HeaderMap()), []);
  t.equal(dropping.stats.droppedHeadersWithUnderscores.value, 1);
  const rejecting = new ServerFixture({ headersWithUnderscores: 'reject' });
  t.match(rejecting.feed(request), { details: 'http1.unexpected_underscore' });
  t.equal(rejecting.stats.requestsRejectedWithUnderscoresInHeaders.value, 1);
  t.end();
});

t.test('fields that repeat', (t) => {
  const server = new ServerFixture();
  server.feed(
    'GET / HTTP/1.1\r\nX-A: 1\r\nAccept: a\r\nHost: h\r\nX-A: 2\r\naccept: b\r\nAccept:\r\nVary: a\r\nVary: b\r\n\r\n',
  );
  const fields = ['x-a: 1', 'accept: a,b', 'x-a: 2', 'vary: a', 'vary: b'];
  t.same(lines(server.request().headers ?? new HeaderMap()), fields, 'joined in the place of the first, or apart');
  const shared = new ServerFixture();
  const many = joinedInRequests.filter((name) => !/^(connection|upgrade|te|expect|keep-alive|proxy-conn)/.test(name));
  for (let i = 0; i < 2; i++) {
    // All at once: names that share a bit must not take each other's values.
    const head = many.map((name) => `${name}: ${name}-1\r\n`).join('');
    shared.feed(`GET / HTTP/1.1\r\nHost: h\r\n${head}${i === 0 ? '' : `${many[0]}: again\r\n`}\r\n`);
    const want = many.map((name) => `${name}: ${name}-1`);
    if (i === 1) want[0] += ',again';
    t.same(lines(shared.request(i).headers ?? new HeaderMap()), want);
    respond(shared, i);
  }
  t.end();
});

t.test('what Connection names', (t) => {
  const cases: [string, string[] | null][] = [
    ['Connection: x-a\r\nX-A: 1\r\nX-B: 1\r\nx-a: 2\r\n', ['connection: x-a', 'x-b: 1']],
    ['X-A: 1\r\nConnection: keep-alive, X-A\r\n', ['connection: keep-alive, X-A']],
    ['Connection: te\r\nTE: gzip, Trailers\r\n', ['connection: te', 'te: trailers']],
    ['Connection: te\r\nTE: gzip\r\n', ['connection: te']],
    ['Connection: 1,2,3,4,5,6,7,8,9\r\n', ['connection: 1,2,3,4,5,6,7,8,9']],
    ['Connection: 1,2,3,4,5,6,7,8,9,10\r\n', null],
    ['Connection: 1,2,3,4,5\r\nConnection: 6,7,8,9,10\r\n', null],
    ['Connection: :path\r\n', null],
    ['Connection: X-Forwarded-Proto\r\n', null],
  ];
  for (const [fields, kept] of cases) {
    const server = new ServerFixture();
    const error = server.feed(`GET / HTTP/1.1\r\nHost: h\r\n${fields}\r\n`);
    if (kept === null) t.match(error, { status: 400, details: 'http1.connection_header_rejected' }, fields);
    else t.same(lines(server.request().headers ?? new HeaderMap()), kept, fields);
  }
  const host = new ServerFixture();
  host.feed('GET / HTTP/1.1\r\nHost: h\r\nConnection: Host\r\n\r\n');
  t.match(host.request().headers, { authority: '', emptyHost: false });
  const upgrade = new ServerFixture();
  upgrade.feed('GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade, x-a\r\nUpgrade: websocket\r\nX-A: 1\r\n\r\n');
  t.equal(upgrade.request().headers?.get(headerName('x-a')), '1', 'an upgrade keeps what it names');
  t.end();
});

t.test('what can become no request is refused before its head ends', (t) => {
  const cases: [string, number | null][] = [
    ['\x16', 400],
    [' ', 400],
    ['\x00\x01', 400],
    ['G', null],
    ['GET / HTTP/1.1', null],
    ['GET / HTTP/1.1\r', null],
    ['GET / HTTP/1.1\r\n', null],
    ['GET / HTTP/1.1\r\nHost', null],
    ['get / HTTP/1.1\r\n', 400],
    ['NONE / HTTP/1.1\r\n', 400],
    ['GET /\r\n', 426],
    ['GET abc\r\n', 400],
    ['GET abc HTTP/1.1\r\n', 400],
    ['GET / HTTP/3\r\n', 400],
  ];
  for (const [bytes, status] of cases) {
    for (const whole of [true, false]) {
      const server = new ServerFixture();
      let error: { status: number } | null = null;
      for (const piece of whole ? [bytes] : bytes) error ??= server.feed(piece);
      t.equal(error?.status ?? null, status, `${JSON.stringify(bytes)} ${whole ? 'whole' : 'by the byte'}`);
    }
  }
  t.end();
});

t.test('a head that comes byte by byte', (t) => {
  const server = new ServerFixture();
  const fields = Array.from({ length: 90 }, (_, i) => `x-${i}: ${'v'.repeat(500)}\r\n`).join('');
  for (const byte of `GET /${'p'.repeat(9000)} HTTP/1.1\r\nHost: h\r\n${fields}\r\n`) server.feed(byte);
  t.equal(server.request().headers?.size, 90);
  t.end();
});
