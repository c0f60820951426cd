// String, header, query and range matchers. The tables of answers are Envoy 1.40.0's: each matcher was one route's
// condition, each column one request.
// covers: envoy.config.route.v3.HeaderMatcher.{name, exact_match, safe_regex_match, range_match, present_match, prefix_match}
// covers: envoy.config.route.v3.HeaderMatcher.{suffix_match, contains_match, string_match, invert_match}
// covers: envoy.config.route.v3.HeaderMatcher.treat_missing_header_as_empty
// covers: envoy.config.route.v3.QueryParameterMatcher.{name, string_match, present_match}
// covers: envoy.type.matcher.v3.StringMatcher.{exact, prefix, suffix, safe_regex, contains, ignore_case}
// covers: envoy.type.matcher.v3.RegexMatcher.regex
// covers: envoy.type.v3.Int64Range.{start, end}
import type { Message } from '@bufbuild/protobuf';
import t from 'tap';
import { ConfigContext, loadMessage } from '../../../src/config/api.ts';
import type {
  HeaderMatcher as HeaderMatcherMessage,
  QueryParameterMatcher as QueryMessage,
} from '../../../src/generated/envoy/config/route/v3/route_components_pb.d.ts';
import { RequestHeaders } from '../../../src/http/headers/header-map.ts';
import { headerName } from '../../../src/http/headers/name.ts';
import { toLowerAscii } from '../../../src/matchers/byte-string.ts';
import { readHeaderMatcher, readQueryParameterMatcher } from '../../../src/matchers/config.ts';
import { Fraction } from '../../../src/matchers/fraction.ts';
import { IntegerRangeMatcher } from '../../../src/matchers/integer-range.ts';
import { findQueryParameter } from '../../../src/matchers/query-parameter-matcher.ts';
import { stringMatcher } from '../../../src/matchers/string-matcher.ts';

async function load<T extends Message>(typeName: T['$typeName'], value: unknown): Promise<T> {
  const { message, diagnostics } = await loadMessage<T>(
    typeName,
    { name: 'test', format: 'json', text: JSON.stringify(value) },
    {},
  );
  if (message === undefined) throw new Error(JSON.stringify(diagnostics));
  return message;
}

const columns: readonly (readonly string[])[] = [
  [],
  [''],
  ['abc'],
  ['ABC'],
  ['5'],
  ['10'],
  ['-3'],
  ['+7'],
  ['0x5'],
  ['007'],
  ['a', 'b'],
  ['5', '6'],
  ['abc\xc3\xa9'],
  ['abc\xff'],
];

const headerAnswers: [message: object, answers: string][] = [
  [{ name: 'x', presentMatch: true }, '.yyyyyyyyyyyyy'],
  [{ name: 'x', presentMatch: false }, 'y.............'],
  [{ name: 'X' }, '.yyyyyyyyyyyyy'],
  [{ name: 'x', invertMatch: true }, 'y.............'],
  [{ name: 'x', presentMatch: true, invertMatch: true }, 'y.............'],
  [{ name: 'x', presentMatch: false, invertMatch: true }, '.yyyyyyyyyyyyy'],
  [{ name: 'x', presentMatch: true, treatMissingHeaderAsEmpty: true }, 'yyyyyyyyyyyyyy'],
  [{ name: 'x', presentMatch: false, treatMissingHeaderAsEmpty: true }, '..............'],
  [{ name: 'x', exactMatch: 'abc' }, '..y...........'],
  [{ name: 'x', exactMatch: 'abc', invertMatch: true }, '.y.yyyyyyyyyyy'],
  [{ name: 'x', exactMatch: 'abc', invertMatch: true, treatMissingHeaderAsEmpty: true }, 'yy.yyyyyyyyyyy'],
  [{ name: 'x', exactMatch: '' }, '.yyyyyyyyyyyyy'],
  [{ name: 'x', prefixMatch: 'ab' }, '..y.........yy'],
  [{ name: 'x', suffixMatch: 'b' }, '..........y...'],
  [{ name: 'x', containsMatch: 'b' }, '..y.......y.yy'],
  [{ name: 'x', stringMatch: { exact: 'abc' } }, '..y...........'],
  [{ name: 'x', stringMatch: { exact: 'aBc', ignoreCase: true } }, '..yy..........'],
  [{ name: 'x', stringMatch: { prefix: 'ab' } }, '..y.........yy'],
  [{ name: 'x', stringMatch: { suffix: 'BC', ignoreCase: true } }, '..yy..........'],
  [{ name: 'x', stringMatch: { contains: 'b' } }, '..y.......y.yy'],
  [{ name: 'x', stringMatch: { exact: 'a,b' } }, '..............'],
  [{ name: 'x', stringMatch: { exact: 'b' } }, '..........y...'],
  [{ name: 'x', safeRegexMatch: { regex: 'a.*' } }, '..y.......y.yy'],
  [{ name: 'x', safeRegexMatch: { regex: 'a.*' }, invertMatch: true }, '.y.yyyyyyy.y..'],
  [{ name: 'x', stringMatch: { safeRegex: { regex: 'abc.' } } }, '.............y'],
  [{ name: 'x', stringMatch: { prefix: 'ab', ignoreCase: true } }, '..yy........yy'],
  [{ name: 'x', stringMatch: { exact: '' }, treatMissingHeaderAsEmpty: true }, 'yy............'],
  [{ name: 'x', rangeMatch: { start: -5, end: 10 } }, '....y.yy.y.y..'],
  [{ name: 'x', rangeMatch: { start: -5, end: 10 }, invertMatch: true }, '.yyy.y..y.y.yy'],
  [
    { name: 'x', rangeMatch: { start: -5, end: 10 }, invertMatch: true, treatMissingHeaderAsEmpty: true },
    'yyyy.y..y.y.yy',
  ],
  [{ name: 'x', stringMatch: { prefix: 'abc\u00e9' } }, '............y.'],
];

t.test('headers (Envoy)', async (t) => {
  for (const [value, expected] of headerAnswers) {
    const message = await load<HeaderMatcherMessage>('envoy.config.route.v3.HeaderMatcher', value);
    const matcher = readHeaderMatcher(message, new ConfigContext());
    const answers = columns.map((values) => {
      const headers = new RequestHeaders();
      for (const text of values) headers.append(headerName('x'), text);
      return matcher?.matches(headers) === true ? 'y' : '.';
    });
    t.equal(answers.join(''), expected, JSON.stringify(value));
  }
});

t.test('what is not among the fields is matched as well (Envoy)', async (t) => {
  const headers = new RequestHeaders();
  headers.method = 'GET';
  headers.path = '/path?q';
  headers.authority = 'x';
  headers.scheme = 'http';
  for (const value of [
    { name: ':method', exactMatch: 'GET' },
    { name: ':path', prefixMatch: '/path?' },
    { name: 'host', exactMatch: 'x' },
    { name: 'Host' },
    { name: ':authority', exactMatch: 'x' },
    { name: ':scheme', exactMatch: 'http' },
    { name: ':protocol', invertMatch: true },
  ]) {
    const message = await load<HeaderMatcherMessage>('envoy.config.route.v3.HeaderMatcher', value);
    t.equal(readHeaderMatcher(message, new ConfigContext())?.matches(headers), true, JSON.stringify(value));
  }
});

t.test('ignore_case on a regular expression is refused (Envoy)', async (t) => {
  const message = await load<HeaderMatcherMessage>('envoy.config.route.v3.HeaderMatcher', {
    name: 'x',
    stringMatch: { safeRegex: { regex: 'a' }, ignoreCase: true },
  });
  const context = new ConfigContext();
  t.equal(readHeaderMatcher(message, context), undefined);
  t.match(await context.takeDiagnostics(), [{ code: 'RMR0603', path: 'string_match.ignore_case' }]);
});

t.test('a broken expression is reported at its place', async (t) => {
  const message = await load<HeaderMatcherMessage>('envoy.config.route.v3.HeaderMatcher', {
    name: 'x',
    safeRegexMatch: { regex: 'a' },
  });
  if (message.headerMatchSpecifier.case !== 'safeRegexMatch') throw new Error('wrong case');
  message.headerMatchSpecifier.value.regex = '\\x{100}';
  const context = new ConfigContext();
  t.equal(readHeaderMatcher(message, context), undefined);
  t.match(await context.takeDiagnostics(), [{ code: 'RMR0603', path: 'safe_regex_match.regex', message: /bytes/ }]);
});

const queries = [
  '',
  '?',
  '?q',
  '?q=',
  '?q=v',
  '?q=V',
  '?q=x&q=v',
  '?q=v&q=x',
  '?Q=v',
  '?a=1&q=v',
  '?q=a%20b',
  '?q=a+b',
  '?q==',
  '?qq=v',
  '?%71=v',
  '?&&q=v',
  '?a;q=v',
  '?q=v?',
  '?q=vv',
];

const queryAnswers: [message: object, answers: string][] = [
  [{ name: 'q', presentMatch: true }, '..yyyyyy.yyyy..y.yy'],
  [{ name: 'q', presentMatch: false }, 'yy......y....yy.y..'],
  [{ name: 'q' }, '..yyyyyy.yyyy..y.yy'],
  [{ name: 'q', stringMatch: { exact: 'v' } }, '....y..y.y.....y...'],
  [{ name: 'q', stringMatch: { prefix: 'V', ignoreCase: true } }, '....yy.y.y.....y.yy'],
  [{ name: 'q', stringMatch: { exact: 'a b' } }, '...................'],
  [{ name: 'q', stringMatch: { exact: 'a%20b' } }, '..........y........'],
  [{ name: 'q', stringMatch: { safeRegex: { regex: 'v+' } } }, '....y..y.y.....y..y'],
  [{ name: 'q', stringMatch: { contains: '=' } }, '............y......'],
  [{ name: 'Q' }, '........y..........'],
];

t.test('query parameters (Envoy)', async (t) => {
  for (const [value, expected] of queryAnswers) {
    const message = await load<QueryMessage>('envoy.config.route.v3.QueryParameterMatcher', value);
    const matcher = readQueryParameterMatcher(message, new ConfigContext());
    const answers = queries.map((query) => {
      const path = `/p${query}`;
      return matcher?.matches(path, path.indexOf('?') + 1) === true ? 'y' : '.';
    });
    t.equal(answers.join(''), expected, JSON.stringify(value));
  }
  t.equal(findQueryParameter('/?longer=1&a=2', 2, 'a'), '2');
  t.equal(findQueryParameter('/?a', 2, 'ab'), undefined);
});

t.test('case is that of ASCII', (t) => {
  t.equal(toLowerAscii('AbC\xc9'), 'abc\xc9');
  t.equal(stringMatcher('exact', 'É', true).matches('\xc3\x89'), true, 'bytes of É');
  t.equal(stringMatcher('exact', 'É', true).matches('\xc3\xa9'), false, 'not those of é');
  t.equal(stringMatcher('contains', 'B', true).matches('abc'), true);
  t.equal(stringMatcher('suffix', 'c').matches('abc'), true);
  t.end();
});

t.test('numbers are 64-bit integers', (t) => {
  const all = new IntegerRangeMatcher(-(2n ** 63n), 2n ** 63n - 1n);
  t.equal(all.matches('9223372036854775806'), true);
  t.equal(all.matches('9223372036854775807'), false, 'the end is outside');
  t.equal(all.matches('9223372036854775808'), false);
  t.equal(all.matches('-9223372036854775808'), true);
  for (const text of ['', '+', '1.0', '1e3', 'a1', '1 2']) t.equal(all.matches(text), false, text);
  t.end();
});

t.test('fractions count the same random number the same way', (t) => {
  t.equal(new Fraction(30, 0).includes(129), true);
  t.equal(new Fraction(30, 0).includes(130), false);
  t.equal(new Fraction(1, 1).includes(20_000), true);
  t.equal(new Fraction(1, 2).includes(1_000_001), false);
  t.equal(new Fraction(0, 0).includes(0), false);
  t.equal(new Fraction(100, 0).includes(0xffffffff), true);
  t.end();
});
