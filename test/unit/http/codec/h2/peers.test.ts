// Our codecs against node:http2, and against each other: the same fields, bodies and ends, whatever the sizes.
import { type ClientHttp2Session, connect, createServer, type ServerHttp2Stream } from 'node:http2';
import t from 'tap';
import { HeaderMap, RequestHeaders } from '../../../../../src/http/headers/header-map.ts';
import { headerName } from '../../../../../src/http/headers/name.ts';
import { SeededRandom } from '../../../../support/seeded-random.ts';
import { echoServer, TestClient } from './socket-codec.ts';

const seed = 11;

function fields(random: SeededRandom): Record<string, string> {
  const out: Record<string, string> = {};
  for (let i = random.uint32() % 8; i > 0; i--) {
    const name = `x-${'abcdefgh'[random.uint32() % 8]}${random.uint32() % 3}`;
    out[name] = random.uint32() % 2 === 0 ? 'the same' : 'v'.repeat(1 + (random.uint32() % 300));
  }
  return out;
}

const sizes = [0, 1, 100, 16_383, 16_384, 16_385, 65_535, 65_536, 300_000];

function bodyOf(random: SeededRandom): Buffer {
  return Buffer.alloc(
    sizes[random.uint32() % sizes.length] as number,
    String.fromCharCode(97 + (random.uint32() % 26)),
  );
}

interface NodeAnswer {
  readonly headers: Record<string, unknown>;
  readonly body: string;
  readonly trailers: Record<string, unknown>;
}

function ask(
  session: ClientHttp2Session,
  headers: Record<string, string>,
  body: Buffer,
  trailers: boolean,
): Promise<NodeAnswer> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':method': 'POST', ':path': '/p', ...headers }, { waitForTrailers: trailers });
    let head: Record<string, unknown> = {};
    let tail: Record<string, unknown> = {};
    let text = '';
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-tail': 'yes' }));
    stream.on('response', (received) => (head = received));
    stream.on('trailers', (received) => (tail = received));
    stream.setEncoding('latin1');
    stream.on('data', (piece: string) => (text += piece));
    stream.on('error', reject);
    stream.on('end', () => resolve({ headers: head, body: text, trailers: tail }));
    stream.end(body);
  });
}

for (const window of [65_535, 16 * 1024 * 1024]) {
  t.test(`node:http2 asks our server, streams with windows of ${window}`, async (t) => {
    t.comment(`seed ${seed}`);
    const random = new SeededRandom(seed);
    const server = await echoServer({ initialStreamWindow: window });
    t.teardown(() => server.close());
    const session = connect(`http://127.0.0.1:${server.port}`);
    t.teardown(() => session.destroy());
    for (let round = 0; round < 10; round++) {
      const asked = Array.from({ length: 12 }, () => ({
        headers: fields(random),
        body: bodyOf(random),
        trailers: random.uint32() % 3 === 0,
      }));
      const answers = await Promise.all(
        asked.map(({ headers, body, trailers }) => ask(session, headers, body, trailers)),
      );
      for (const [i, { headers, body, trailers }] of answers.entries()) {
        const question = asked[i] as (typeof asked)[number];
        const same =
          body === question.body.toString('latin1') &&
          Object.entries(question.headers).every(([name, value]) => headers[name] === value) &&
          (trailers['x-tail'] === 'yes') === question.trailers;
        if (!same) t.same({ headers, trailers, size: body.length }, { ...question, size: question.body.length });
      }
    }
    t.equal(server.active(), 0);
  });
}

async function nodeServer(windowSize: number): Promise<{ port: number; close: () => void }> {
  const server = createServer({ settings: { initialWindowSize: windowSize } });
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    const echoed = Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-')));
    let tail = false;
    stream.on('trailers', () => (tail = true));
    stream.on('error', () => undefined);
    stream.additionalHeaders({ ':status': 103 });
    stream.respond({ ':status': 200, ...echoed }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers(tail ? { 'x-tail': 'yes' } : {}));
    stream.pipe(stream);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, close: () => server.close() };
}

for (const other of ['node:http2', 'ours'] as const) {
  for (const window of [1000, 65_535]) {
    t.test(`our client asks a server, ${other}, with windows of ${window}`, async (t) => {
      t.comment(`seed ${seed}`);
      const random = new SeededRandom(seed);
      const server = other === 'ours' ? await echoServer({ initialStreamWindow: window }) : await nodeServer(window);
      t.teardown(() => server.close());
      const client = new TestClient(server.port);
      t.teardown(() => client.close());
      for (let round = 0; round < 8; round++) {
        const asked = Array.from({ length: 10 }, () => ({
          headers: fields(random),
          body: bodyOf(random),
          tail: random.uint32() % 3 === 0,
        }));
        const answers = await Promise.all(
          asked.map(({ headers, body, tail }) => {
            const request = new RequestHeaders();
            Object.assign(request, { method: 'POST', scheme: 'http', path: '/p', authority: 'a.test' });
            for (const [name, value] of Object.entries(headers)) request.append(headerName(name), value);
            const trailers = tail ? new HeaderMap() : null;
            trailers?.append(headerName('x-tail'), 'yes');
            const half = body.length >> 1;
            return client.request(request, [body.subarray(0, half), body.subarray(half)], trailers);
          }),
        );
        for (const [i, answer] of answers.entries()) {
          const question = asked[i] as (typeof asked)[number];
          const same =
            answer.status === 200 &&
            answer.reset === null &&
            answer.body === question.body.toString('latin1') &&
            Object.entries(question.headers).every(([name, value]) => answer.headers[name] === value) &&
            (answer.trailers['x-tail'] === 'yes') === question.tail;
          if (!same) t.same({ ...answer, body: answer.body.length }, { ...question, body: question.body.length });
        }
        if (other !== 'ours') t.same(answers[0]?.interim, [103]);
      }
      t.equal(client.codec.activeStreams, 0);
    });
  }
}
