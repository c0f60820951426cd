// Holds the harness's own HTTP/2: its HPACK against Node's (an independent one), and its eye for what no message may have.

import { once } from 'node:events';
import { createServer, connect as http2Connect, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import t from 'tap';
import { encode } from './lib/http2/frames.ts';
import { encodeBlock, fieldOf, HpackDecoder } from './lib/http2/hpack.ts';
import { Http2Peer } from './lib/http2/peer.ts';
import { sendRequest } from './lib/http2/requests.ts';

/** All octets that Node lets into a value. */
const OCTETS = Array.from({ length: 256 }, (_, octet) => octet)
  .filter((octet) => octet >= 0x21 && octet !== 0x7f)
  .map((octet) => String.fromCharCode(octet))
  .join('');

t.test('structured requests and the reading of answers, against the server of Node', async (st) => {
  const server = createServer();
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    const parts: Buffer[] = [];
    let trailers: unknown = null;
    stream.on('trailers', (fields) => {
      trailers = { ...fields };
    });
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.on('end', () => {
      stream.additionalHeaders({ ':status': 103, link: '</a>' });
      stream.respond(
        { ':status': 200, 'x-octets': OCTETS, 'x-plain': 'www.example.com', 'x-path': String(headers[':path']) },
        { waitForTrailers: true },
      );
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-trailer': 'end' }));
      stream.end(JSON.stringify({ odd: headers['x-odd'], trailers, body: Buffer.concat(parts).length }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  const peer = new Http2Peer('client', (octets) => socket.write(octets), {});
  socket.on('data', (chunk: Buffer) => peer.push(chunk));
  peer.start();
  // Twice: the second answer comes from the dynamic table. The body is larger than the first windows.
  for (const id of [1, 3]) {
    const step = { request: 'POST /a', headers: [`x-odd: ${OCTETS}`], body: 'x', times: 200_000, trailers: ['x-t: 1'] };
    st.equal(
      sendRequest(peer, step, 'http', (text) => text),
      id,
    );
    const stream = peer.stream(id);
    while (!stream.done) await once(socket, 'data');
    st.strictSame(
      stream.interim[0],
      [
        [':status', '103'],
        ['link', '</a>'],
      ].map((field) => [...field]),
    );
    const fields = Object.fromEntries(stream.headers ?? []);
    st.match(fields, { ':status': '200', 'x-octets': OCTETS, 'x-plain': 'www.example.com', 'x-path': '/a' });
    st.match(JSON.parse(Buffer.concat(stream.body).toString()), {
      odd: OCTETS,
      trailers: { 'x-t': '1' },
      body: 200_000,
    });
    st.strictSame(stream.trailers, [['x-trailer', 'end']]);
    st.equal(stream.end, 'trailers');
    st.equal(stream.problem, null);
  }
  st.strictSame(peer.problems, []);
  socket.destroy();
  server.close();
});

t.test('the server of the harness, against the client of Node', async (st) => {
  const { createServer: createTcp } = await import('node:net');
  const server = createTcp((socket) => {
    const peer = new Http2Peer('server', (octets) => socket.write(octets), {});
    peer.onRequest = (stream) => {
      const answer = [':status: 200', `x-seen: ${JSON.stringify(stream.headers?.map(([name]) => name))}`];
      peer.send(
        [
          { headers: answer, split: [3] },
          { data: 'hello', padding: 7 },
          { headers: ['x-t: 1'], end: true },
        ],
        stream.id,
      );
    };
    peer.start();
    socket.on('data', (chunk: Buffer) => peer.push(chunk));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const session = http2Connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const request = session.request({ ':path': '/b', 'x-one': '1' });
  request.setEncoding('latin1');
  const [head] = (await once(request, 'response')) as [Record<string, string>];
  st.match(head, { ':status': 200 });
  st.match(head['x-seen'], /:path.*x-one/);
  const trailers = once(request, 'trailers');
  st.strictSame(await once(request, 'data'), ['hello']);
  st.match(await trailers, [{ 'x-t': '1' }]);
  session.close();
  server.close();
});

t.test('HPACK: what may not be is refused', async (st) => {
  st.strictSame(new HpackDecoder().decode(encodeBlock([fieldOf(':path: /'), ['x', 'y'.repeat(300)]])), [
    [':path', '/'],
    ['x', 'y'.repeat(300)],
  ]);
  for (const [octets, why] of [
    ['c0', /no field has index 64/],
    ['80', /no field has index 0/],
    ['000378', /ends within a string/],
    ['00', /ends within a field/],
    ['0001788100', /bad padding/],
  ] as const) {
    st.throws(() => new HpackDecoder().decode(Buffer.from(octets, 'hex')), why, octets);
  }
});

t.test('the eye names what no answer may have', async (st) => {
  const cases: [fields: string[], problem: RegExp][] = [
    [[':status: 200', 'X-Upper: 1'], /name "X-Upper"/],
    [[':status: 200', 'connection: close'], /field connection/],
    [['x: 1', ':status: 200'], /:status where it may not be/],
    [[':status: 200', ':status: 200'], /:status where it may not be/],
    [['x: 1'], /:status is missing/],
    [[':status: 200', 'x: a\nb'], /value of x/],
    [[':status: 200', 'content-length: 1', 'content-length: 1'], /more than one content-length/],
  ];
  for (const [headers, problem] of cases) {
    const peer = new Http2Peer('client', () => {}, {});
    peer.send([{ headers: [':method: GET'], end: true }]);
    peer.push(Buffer.concat([encode({ settings: {} }, 0), encode({ headers }, 1)]));
    st.match(peer.stream(1).problem, problem);
  }
  const peer = new Http2Peer('client', () => {}, {});
  peer.send([{ headers: [':method: GET'], end: true }]);
  const head = encode({ headers: [':status: 200', 'content-length: 2'] }, 1);
  peer.push(
    Buffer.concat([head, encode({ data: 'abc', end: true }, 1), encode({ data: '' }, 1), encode({ rst: 'CANCEL' }, 7)]),
  );
  st.match(peer.stream(1).problem, /content-length 2 of 3 octets; DATA after its end/);
  st.match(peer.problems, [/before SETTINGS/, /stream 7, which never began/]);
});
