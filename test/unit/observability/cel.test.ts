// CEL expressions: what is refused when they are read, and that nothing they do leaves them.
import t from 'tap';
import { loadCel } from '../../../src/base/cel.ts';
import { jsonNumber, sixDigits } from '../../../src/base/number-text.ts';
import { headerName } from '../../../src/http/headers/api.ts';
import { CelExpression, type ParsedExpression } from '../../../src/observability/cel/expression.ts';
import { bytesOf, textOf } from '../../../src/observability/cel/text.ts';
import { durationText } from '../../../src/observability/cel/time-text.ts';
import { answered } from './access-log/context.ts';

await loadCel();

const read = (source: string) => new CelExpression(source, headerName);

// covers: envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter.{expression, cel_config}
t.test('what is wrong with an expression is said when it is read', async (t) => {
  for (const [source, words] of [
    ['', /cannot be read/],
    ['response.code >=', /cannot be read/],
    ['foo(1)', /there is no function 'foo'/],
    ['true && [foo(1)] == {}', /there is no function 'foo'/],
    ["'a'.matches('(')", /regular expression/],
    ["['a'].exists(a, a == 'b')", /switched off/],
    ['has(xds.node)', /xds\.node is not implemented yet/],
    ["xds['node'].id == 'a'", /xds\.node is not implemented yet/],
    ['string(1)', /no function 'string'/],
    ["'a'.lowerAscii()", /no function 'lowerAscii'/],
  ] as const) {
    t.throws(() => read(source), { message: words }, source);
  }
});

t.test('an expression that fails, or is not a boolean, is not true', async (t) => {
  const context = answered();
  for (const source of [
    '1 / 0 == 1',
    'nothing.here',
    'request.path',
    'constructor',
    'request.constructor',
    '__proto__',
  ]) {
    t.equal(read(source).isTrue(context), false, source);
  }
  t.equal(read('nothing.here || true').isTrue(context), true);
  t.equal(read('response.code == 200').isTrue(context), true);
});

const functions = { stringConversion: true, stringConcat: true, stringFunctions: true };

t.test('cel_config gives functions', async (t) => {
  const enabled = (source: string) => new CelExpression(source, headerName, functions);
  const context = answered();
  for (const source of [
    "string(1) == '1'",
    "'a' + 'b' == 'ab'",
    "'AB'.lowerAscii() == 'ab'",
    "strings.quote('a') == '\"a\"'",
    "'a,b,c'.split(',', 2) == ['a', 'b,c']",
    "'abc'.split('', -1) == ['a', 'b', 'c']",
    "'abc'.replace('', '-') == '-a-b-c-'",
  ]) {
    t.equal(enabled(source).isTrue(context), true, source);
  }
  t.equal(read("'a' + 'b' == 'ab'").isTrue(context), false);
});

t.test('attributes of certificates', async (t) => {
  const context = answered();
  const certificate = (name: string) => ({
    subject: `CN=${name}`,
    issuer: '',
    serial: '',
    sha256: `${name}-digest`,
    sha1: '',
    uriSans: [`spiffe://${name}`, 'second'],
    dnsSans: [`${name}.test`],
    ipSans: [],
    emailSans: [],
    otherNameSans: [],
    urlEncodedPem: '',
    validFrom: 0,
    validTo: 0,
  });
  const tls = { version: 'TLSv1.3', cipher: 'c', local: certificate('us'), peer: certificate('them') };
  Object.assign(context.streamInfo.connection, { tls, requestedServerName: 'sni.test' });
  (context.streamInfo.upstream as { tls: typeof tls | null }).tls = tls;
  for (const side of ['connection', 'upstream']) {
    for (const source of [
      `${side}.tls_version == 'TLSv1.3'`,
      `${side}.subject_local_certificate == 'CN=us'`,
      `${side}.subject_peer_certificate == 'CN=them'`,
      `${side}.uri_san_local_certificate == 'spiffe://us'`,
      `${side}.uri_san_peer_certificate == 'spiffe://them'`,
      `${side}.dns_san_local_certificate == 'us.test'`,
      `${side}.dns_san_peer_certificate == 'them.test'`,
      `${side}['sha256_peer_certificate_digest'] == 'them-digest'`,
    ]) {
      t.equal(read(source).isTrue(context), true, source);
    }
  }
  t.equal(read("connection.mtls && connection.requested_server_name == 'sni.test'").isTrue(context), true);
});

t.test('what a parsed expression lacks is said', async (t) => {
  const parsed = (exprKind: object) =>
    new CelExpression({ id: 0n, exprKind } as unknown as ParsedExpression, headerName);
  t.throws(() => parsed({ case: undefined }), { message: /empty/ });
  t.throws(() => parsed({ case: 'selectExpr', value: { field: 'a' } }), { message: /missing/ });
  t.throws(() => parsed({ case: 'identExpr', value: { name: '' } }), { message: /name/ });
  t.throws(() => parsed({ case: 'constExpr', value: { constantKind: { case: undefined } } }), { message: /constant/ });
  t.throws(() => parsed({ case: 'callExpr', value: { function: '_[_]', args: [] } }), { message: /takes 2 operands/ });
});

t.test('byte strings come back as they were', async (t) => {
  for (const bytes of ['a', '\xc3\xa9', '\xff\x80', 'a\xc3\xa9\xff', '\xed\xa0\x80', '\xf0\x9f\x98\x80\xf0\x9f']) {
    t.equal(bytesOf(textOf(bytes)), bytes);
  }
  t.equal(textOf('\xc3\xa9\xff').length, 2);
  t.equal(bytesOf('\u{1f600}\udcff'), '\xf0\x9f\x98\x80\xff');
});

t.test('numbers and durations are written as C++ does', async (t) => {
  for (const [value, short, json] of [
    [100000, '100000', '1e+05'],
    [1e6, '1e+06', '1e+06'],
    [0.00001, '1e-05', '1e-05'],
    [-0, '-0', '-0'],
    [1.5, '1.5', '1.5'],
    [2 ** 60, '1.15292e+18', '1152921504606846976'],
    [1e-7, '1e-07', '1e-07'],
    [Number.NaN, 'nan', 'null'],
    [Number.NEGATIVE_INFINITY, '-inf', '-inf'],
  ] as const) {
    t.equal(sixDigits(value), short);
    t.equal(jsonNumber(value), json);
  }
  t.equal(durationText(1n), '1ns');
  t.equal(durationText(-1_500_000n), '-1.5ms');
  t.equal(durationText(3_600_000_000_000n), '1h');
});
