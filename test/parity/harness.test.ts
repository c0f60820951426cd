// Holds the harness itself: that its reader sees what is ambiguous, that its comparison finds and sorts differences, and that a
// misspelt scenario is refused. A harness that cannot fail would hold nothing.
import t from 'tap';
import { judge } from './lib/compare.ts';
import type { Observation } from './lib/observation.ts';
import { loadSuites } from './lib/scenario.ts';
import { Signals } from './lib/signals.ts';
import { WireReader } from './lib/wire-reader.ts';

function read(kind: 'request' | 'response', bytes: string, step = bytes.length): WireReader {
  const reader = new WireReader(kind);
  for (let at = 0; at < bytes.length; at += step) reader.push(Buffer.from(bytes.slice(at, at + step), 'latin1'));
  return reader;
}

t.test('the reader reads clean messages, whole and byte by byte', async (rt) => {
  const bytes =
    'POST /a HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nt: 1\r\n\r\nGET /b HTTP/1.1\r\nhost: x\r\n\r\n';
  for (const step of [bytes.length, 1]) {
    const reader = read('request', bytes, step);
    rt.equal(reader.messages.length, 2);
    rt.match(reader.messages[0], {
      start: 'POST /a HTTP/1.1',
      framing: 'chunked',
      body: 'hello',
      trailers: ['t: 1'],
      complete: true,
    });
    rt.match(reader.messages[1], { start: 'GET /b HTTP/1.1', framing: 'none', complete: true });
    for (const message of reader.messages) rt.equal(message.problem, undefined);
  }
});

t.test('the reader names what two parsers could read differently', async (rt) => {
  const head = 'POST / HTTP/1.1\r\nhost: x\r\n';
  const cases: [string, RegExp][] = [
    [`${head}content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`, /content-length beside/],
    [`${head}content-length: 1\r\ncontent-length: 1\r\n\r\na`, /more than one content-length/],
    [`${head}content-length: +1\r\n\r\na`, /content-length \+1/],
    [`${head}transfer-encoding: gzip\r\n\r\n0\r\n\r\n`, /transfer-encoding gzip/],
    [`${head}transfer_encoding: chunked\r\n\r\n`, /field transfer_encoding/],
    [`${head}x : y\r\n\r\n`, /field line/],
    [`${head} folded: y\r\n\r\n`, /field line/],
    [`${head}x: a\nb: c\r\n\r\n`, /NUL, CR or LF/],
    [`${head}x: a\rb: c\r\n\r\n`, /NUL, CR or LF/],
    [`${head}host: y\r\n\r\n`, /more than one host/],
    ['GET  / HTTP/1.1\r\nhost: x\r\n\r\n', /start line/],
    [`${head}transfer-encoding: chunked\r\n\r\n1;x\r\na\r\n0\r\n\r\n`, /chunk size line/],
    [`${head}transfer-encoding: chunked\r\n\r\n1\r\naXX0\r\n\r\n`, /chunk not ended/],
  ];
  for (const [bytes, problem] of cases)
    rt.match(read('request', bytes).messages[0]?.problem, problem, JSON.stringify(bytes));
});

t.test('the reader frames responses by the request they answer', async (rt) => {
  const reader = new WireReader('response');
  for (const method of ['HEAD', 'GET', 'GET', 'CONNECT']) reader.expectResponseTo(method);
  const answers = [
    'HTTP/1.1 103 Early Hints\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n',
    'HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok',
    'HTTP/1.1 200 OK\r\n\r\nraw bytes',
  ];
  reader.push(Buffer.from(answers.join('')));
  rt.strictSame(
    reader.messages.map((message) => message.framing),
    ['none', 'none', 'none', 'length', 'tunnel'],
  );
  rt.equal(reader.completedFinal, 3);
  reader.end();
  rt.equal(reader.messages.at(-1)?.complete, true, 'a tunnel ends with its connection');
});

t.test('differences are found by path and sorted into meant and unexpected', async (dt) => {
  const envoy: Observation = {
    client: { a: { responses: [{ start: '200', headers: ['x: 1', 'y: 2'] }], closed: false } },
  };
  const remora: Observation = {
    client: { a: { responses: [{ start: '400', headers: ['y: 2', 'x: 1'] }], closed: true } },
  };
  const fields = (meant: Parameters<typeof judge>[2]) =>
    judge(envoy, remora, meant).unexpected.map((found) => found.field);
  dt.strictSame(fields([]), ['client.a.responses.0.start', 'client.a.responses.0.headers[order]', 'client.a.closed']);
  dt.strictSame(fields([{ field: 'client.*.responses.*', reason: 'r' }]), ['client.a.closed']);
  dt.strictSame(fields([{ field: 'client.a', reason: 'r' }]), []);
  dt.equal(fields([{ field: 'client.a.closed', ours: false, reason: 'r' }]).length, 3, 'ours must be just that');
  dt.equal(fields([{ field: 'client.a.closed', ours: true, reason: 'r' }]).length, 2);
  dt.equal(
    judge(envoy, envoy, [{ field: 'client', reason: 'r' }]).unused.length,
    1,
    'a meant difference that does not occur',
  );
  const shorter: Observation = { client: { a: { responses: [], closed: false } } };
  dt.strictSame(
    judge(envoy, shorter, []).unexpected.map((found) => found.field),
    ['client.a.responses.0'],
  );
});

t.test('field lines are compared by name before they are compared by order', async (dt) => {
  const of = (...headers: string[]): Observation => ({ headers: { headers } });
  const found = (ours: Observation) =>
    judge(of('a: 1', 'b: 2'), ours, []).unexpected.map((difference) => difference.field);
  dt.strictSame(found(of('a: 1', 'b: 3')), ['headers.headers[b]']);
  dt.strictSame(found(of('a: 1')), ['headers.headers[b]']);
  dt.strictSame(found(of('A: 1', 'b: 2')), ['headers.headers[a]', 'headers.headers[A]'], 'case is contract');
  dt.strictSame(found(of('b: 2', 'a: 1')), ['headers.headers[order]']);
});

t.test('waiting ends with the event, with the limit, or with the scenario', async (st) => {
  const signals = new Signals();
  let there = false;
  const waiting = signals.until(() => there);
  there = true;
  signals.changed();
  await waiting;
  st.equal(await signals.within(1, () => false), false);
  const forever = signals.until(() => false);
  signals.end();
  await forever;
});

t.test('every scenario is well-formed and recorded once', async (st) => {
  const scenarios = loadSuites().flatMap((suite) => suite.scenarios);
  st.ok(scenarios.length >= 300, `${scenarios.length} scenarios`);
  st.ok(scenarios.filter((scenario) => /^(malformed|bad-upstream)\//.test(scenario.id)).length >= 100);
  st.equal(new Set(scenarios.map((scenario) => scenario.id)).size, scenarios.length);
  for (const scenario of scenarios) st.ok(scenario.client.length > 0, scenario.id);
  st.throws(() => loadSuites(['no-such-suite/none']), /no scenario is named/);
});
