// Seeded odd requests through buffer, fault, csrf, cors, compressor and decompressor: each is answered whole or its connection
// ends, nothing throws past its stream, and no stream stays behind. FUZZ_SEED repeats a run.
import t from 'tap';
import { RawClient } from '../support/client.ts';
import { remora } from '../support/remora.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { until } from '../support/until.ts';
import { upstream } from '../support/upstream.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? 4);
const rounds = 400;
const types = 'type.googleapis.com/envoy.extensions.';
const half = { defaultValue: { numerator: 50 } };

const httpFilters = [
  {
    name: 'cors',
    typedConfig: { '@type': `${types}filters.http.cors.v3.Cors` },
  },
  {
    name: 'csrf',
    typedConfig: { '@type': `${types}filters.http.csrf.v3.CsrfPolicy`, filterEnabled: half },
  },
  {
    name: 'fault',
    typedConfig: {
      '@type': `${types}filters.http.fault.v3.HTTPFault`,
      delay: { headerDelay: {}, percentage: { numerator: 100 } },
      abort: { headerAbort: {}, percentage: { numerator: 100 } },
      responseRateLimit: { headerLimit: {}, percentage: { numerator: 100 } },
    },
  },
  {
    name: 'gzip',
    typedConfig: {
      '@type': `${types}filters.http.compressor.v3.Compressor`,
      compressorLibrary: { name: 'a', typedConfig: { '@type': `${types}compression.gzip.compressor.v3.Gzip` } },
      responseDirectionConfig: { commonConfig: { minContentLength: 1 }, statusHeaderEnabled: true },
    },
  },
  {
    name: 'gunzip',
    typedConfig: {
      '@type': `${types}filters.http.decompressor.v3.Decompressor`,
      decompressorLibrary: { name: 'a', typedConfig: { '@type': `${types}compression.gzip.decompressor.v3.Gzip` } },
    },
  },
  {
    name: 'buffer',
    typedConfig: { '@type': `${types}filters.http.buffer.v3.Buffer`, maxRequestBytes: 300 },
  },
  { name: 'router', typedConfig: { '@type': `${types}filters.http.router.v3.Router` } },
];

const corsPolicy = {
  '@type': `${types}filters.http.cors.v3.CorsPolicy`,
  allowOriginStringMatch: [{ prefix: 'http://a' }, { safeRegex: { regex: '.*b.*' } }],
  allowMethods: 'GET',
  allowCredentials: true,
};

const names = [
  'origin',
  'referer',
  'access-control-request-method',
  'access-control-request-headers',
  'access-control-request-private-network',
  'x-envoy-fault-abort-request',
  'x-envoy-fault-abort-request-percentage',
  'x-envoy-fault-delay-request',
  'x-envoy-fault-delay-request-percentage',
  'x-envoy-fault-throughput-response',
  'x-envoy-fault-throughput-response-percentage',
  'accept-encoding',
  'content-encoding',
  'cache-control',
];
const values = (
  '|http://test|0|-1|1|100|101|200|418|599|999|1000|4294967296|99999999999999999999|1e3|0x10|NaN| |,|;|*|null|http://|http://a|' +
  'http://a:99999|HTTP://A/|//b|http://[::1|http://[::1]:80|file:///b|b\x80\xff|http://ab@c:1?d#e|gzip|gzip;q|gzip;q=0|' +
  'gzip;q=NaN, *;q=|GET|OPTIONS|true|br,gzip|identity;q=0,*|no-transform|=,=;=|%00|\\'
).split('|');
const methods = ['GET', 'POST', 'OPTIONS', 'HEAD', 'PUT', 'DELETE'];

t.test('every request ends', async (t) => {
  t.comment(`FUZZ_SEED=${seed}`);
  const random = new SeededRandom(seed);
  const pick = <Item>(from: readonly Item[]): Item => from[random.uint32() % from.length] as Item;
  const app = await upstream
    .http1(t)
    .respond(200, 'some text of the upstream. '.repeat(20), { 'content-type': 'text/plain', etag: '"x"' });
  const route = { match: { prefix: '/' }, route: { cluster: 'app' }, typedPerFilterConfig: { cors: corsPolicy } };
  const proxy = await remora(t, { connectionManager: { httpFilters }, routes: [route] })
    .fakeTime()
    .to(app);
  for (let round = 0; round < rounds; round++) {
    const lines = [`${pick(methods)} /${round} HTTP/1.1`, 'host: test', 'connection: close'];
    for (let count = random.uint32() % 6; count > 0; count--) lines.push(`${pick(names)}: ${pick(values)}`);
    const body = Buffer.alloc(random.uint32() % 500, pick(['a', '\x1f\x8b', '\0']));
    const chunked = random.uint32() % 2 === 0;
    lines.push(chunked ? 'transfer-encoding: chunked' : `content-length: ${body.length}`);
    const head = `${lines.join('\r\n')}\r\n\r\n`;
    const cut = random.uint32() % (body.length + 1);
    const chunk = (part: Buffer): string =>
      part.length === 0 ? '' : `${part.length.toString(16)}\r\n${part.toString('latin1')}\r\n`;
    const client = new RawClient(t, proxy.port);
    if (chunked) client.send(head + chunk(body.subarray(0, cut)), `${chunk(body.subarray(cut))}0\r\n\r\n`);
    else client.send(head, body.subarray(0, cut), body.subarray(cut));
    let turns = 0;
    await until(() => {
      // First the sockets have their turns; then delays and slow answers, whatever they were asked to be.
      if (++turns > 40) proxy.advance(turns < 200 ? 10 : 60_000);
      return client.closed || client.ended;
    }, `the end of round ${round}: ${head}`);
    if (!/^HTTP\/1\.1 \d{3} /.test(client.text)) t.fail(`FUZZ_SEED=${seed}, round ${round}: ${head}${client.text}`);
    client.socket.destroy();
  }
  await until(() => proxy.stat('http.test.downstream_rq_active') === 0, 'the end of all streams');
  t.ok(proxy.stat('cluster.app.upstream_rq_200') > rounds / 10, 'enough reached the upstream to mean something');
  t.equal(proxy.stat('http.test.fault.active_faults'), 0);
  t.equal(proxy.stat('cluster.app.upstream_rq_active'), 0);
});
