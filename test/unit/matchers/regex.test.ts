// Expressions mean what they mean to Envoy. Cases marked so were asked of Envoy 1.40.0 by a header matcher.
import { RE2JS } from 're2js';
import t from 'tap';
import { loadRe2 } from '../../../src/base/re2.ts';
import { toByteString } from '../../../src/matchers/byte-string.ts';
import { compileRegex, Substitution } from '../../../src/matchers/regex.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

await loadRe2();

t.test('the whole text must match', (t) => {
  const regex = compileRegex('/a(b|c)*');
  t.equal(regex.matches('/abcb'), true);
  t.equal(regex.matches('/a'), true);
  t.equal(regex.matches('/abcd'), false);
  t.equal(regex.matches('x/a'), false);
  t.end();
});

// Envoy's answers for one-byte texts, and for `é` in UTF-8 (two bytes).
const texts = ['\xc3\xa9', '\xff', '\xe9', '\xc9', '\xb5', '\xa0', '\xd7', 'k', 'K'] as const;
const answers: Record<string, string> = {
  é: 'y........',
  '.': '.yyyyyyyy',
  '..': 'y........',
  '[^a]': '.yyyyyyyy',
  '(?i)\\xe9': '..y......',
  '(?i)[^\\xe9]': '.y.yyyyyy',
  '[é]': '.........',
  '\\w': '.......yy',
  '\\W': '.yyyyyy..',
  '\\pL': '.yyyy..yy',
  '\\PL': '.....yy..',
  '\\s': '.........',
  '\\S': '.yyyyyyyy',
  '\\D': '.yyyyyyyy',
  '[[:alpha:]]': '.......yy',
  '[[:^alpha:]]': '.yyyyyy..',
  '\\b.': '.......yy',
  '\\B.': '.yyyyyy..',
  'a|[\\x{80}-\\x{ff}]': '.yyyyyy..',
  '(?i)k': '.......yy',
  '\\C': '.yyyyyyyy',
};

t.test('expressions see bytes (Envoy)', (t) => {
  for (const [pattern, expected] of Object.entries(answers)) {
    const regex = compileRegex(pattern);
    t.equal(texts.map((text) => (regex.matches(text) ? 'y' : '.')).join(''), expected, pattern);
  }
  t.end();
});

t.test('what RE2 refuses is refused (Envoy)', (t) => {
  const refused = [
    '\\x{100}',
    '[a-\\x{100}]',
    'x{1001}',
    '(x{100}){100}',
    'a**',
    'a++',
    '\\Z',
    '\\1',
    '(?=a)',
    '\\K',
    '[a',
    '[]',
    '[^]',
    '(a',
  ];
  for (const pattern of refused) t.throws(() => compileRegex(pattern), { name: 'RegexError' }, pattern);
  const taken = [
    '(?m)^a$',
    '\\pN',
    '(?P<n>a)',
    '(?<n>a)',
    'a{,3}',
    '[[.a.]]',
    '\\_',
    '\\<',
    'é{2}',
    '(?i-s)a',
    '(?U)a',
    '\\Qa',
    'a||b',
    '()',
    '|',
    '(?i)(?s)',
    '\\\\C',
  ];
  for (const pattern of taken) t.doesNotThrow(() => compileRegex(pattern), pattern);
  t.end();
});

t.test('V8 serves what routes use', (t) => {
  for (const pattern of [
    '/api/v[0-9]+/users/[^/]+(/.*)?',
    '(?i)/foo/(bar|baz)$',
    '^/[\\w-]+\\.(js|css)$',
    '.*',
    '/a\\Q.*\\E/x{2,5}?',
    '\\d{3}-[[:digit:]]{4}',
    '(?s:.)+(?i:x)y',
    '/\\x41\\x{42}\\103\\.\\-',
  ]) {
    t.equal(compileRegex(pattern).translated, true, pattern);
  }
  for (const pattern of ['\\pL+', '(?m)^a$', '(?U)a+', 'x{1000}'])
    t.equal(compileRegex(pattern).translated, false, pattern);
  t.end();
});

t.test('groups are counted, translated or not', (t) => {
  for (const [pattern, groups] of [
    ['a(b)(?:c)(?P<n>d)', 2],
    ['(\\pL)(\\p{Greek})[\\pN(](x)', 3],
    ['(?m)(a)\\((b)', 2],
    ['(?U:(a))', 1],
    ['\\Q(\\E(a)', 1],
  ] as const) {
    t.equal(compileRegex(pattern).groupCount, groups, pattern);
  }
  t.end();
});

t.test('the text that every match starts with', (t) => {
  const prefixes: Record<string, string> = {
    '/api/v[0-9]': '/api/v',
    '^/a\\.b/(c|d)': '/a.b/',
    '/abc*': '/ab',
    '/abc?': '/ab',
    '/abc{0,3}': '/ab',
    '/abc+': '/ab',
    '/a|/b': '',
    '(/a)b': '',
    '(?i)/a1': '/',
    '/a(?i)b': '/a',
    '\\Q/a.\\Eb*': '/a.',
    '.*': '',
    '/a$': '/a',
  };
  for (const [pattern, prefix] of Object.entries(prefixes))
    t.equal(compileRegex(pattern).literalPrefix, prefix, pattern);
  t.end();
});

t.test('a text without what the pattern needs is turned down early, and rightly', (t) => {
  for (const [pattern, text, expected] of [
    ['.*/service-9/items', '/a/service-9/items', true],
    ['.*/service-9/items', '/a/service-8/items', false],
    ['[a-z]*(foo|bar)baz?', 'xfooba', true],
    ['(foo)*bar', 'bar', true],
    ['.*foo|bar', 'bar', true],
    ['(?i).*foo', 'FOO', true],
    ['.*(?i:foo)x', 'FOOx', true],
    ['.?ab{0}c', 'ac', true],
    ['.?a(?:bcd)?', 'a', true],
  ] as const) {
    t.equal(compileRegex(pattern).matches(text), expected, pattern);
  }
  t.end();
});

t.test('every match is replaced (Envoy)', (t) => {
  const cases: [pattern: string, substitution: string, text: string, result: string][] = [
    ['^/re/([^/]+)/(.*)$', '/\\2/\\1', '/re/one/two', '/two/one'],
    ['a', 'bb', '/gaga', '/gbbgbb'],
    ['x*', '-', '/starxx1', '-/-s-t-a-r-1-'],
    ['zzz', 'y', '/nomatch', '/nomatch'],
    ['.*', '', '/empty', ''],
    ['a', '\\1', '/xay', '/xay'],
    ['a', '[\\q]', '/xay', '/x[y'],
    ['a', 'x\\', '/xay', '/xxy'],
    ['a', '\\\\\\0', '/a', '/\\a'],
    ['(?:(a)|b)*', '<\\1>', 'ab', '<a>'],
    ['\\pL', '\\0\\0', 'a1', 'aa1'],
    ['^/', '', '//a', '/a'],
  ];
  for (const [pattern, substitution, text, result] of cases) {
    const regex = compileRegex(pattern);
    t.equal(regex.replaceAll(text, new Substitution(substitution, regex)), result, `${pattern} → ${substitution}`);
  }
  t.end();
});

t.test('a substitution that cannot work says so', (t) => {
  const regex = compileRegex('(a)');
  t.equal(new Substitution('\\1', regex).problem, null);
  t.match(new Substitution('\\2', regex).problem, /group 2.* has 1/);
  t.match(new Substitution('\\q', regex).problem, /backslash/);
  t.end();
});

/** Random patterns over a few atoms, random texts over the same letters: V8's answer is re2js's. */
t.test('translations mean the same as the original', (t) => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.comment(`SEED=${seed}`);
  const random = new SeededRandom(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random.fraction() * items.length)] as Item;
  const atoms = [
    'a',
    'b',
    'A',
    '.',
    '\\.',
    '\\d',
    '\\W',
    '\\s',
    '[ab]',
    '[^a]',
    '[^\\w/]',
    '[a-c1]',
    '\\b',
    '^',
    '$',
    '/',
    '1',
    '\\x{e9}',
    '[\\x80-\\xff]',
    '[[:upper:]\\d]',
    '\\n',
    '-',
    '[]a]',
    '[a-]',
    '\\Qa.\\E',
    '\\012',
  ];
  const quantifiers = ['', '', '', '*', '+', '?', '{2}', '{0,2}', '{1,}', '*?', '+?', '??'];
  const groups = ['(', '(?:', '(?i:', '(?s:', '(?P<n>', '(?i-s:'];
  const make = (depth: number): string => {
    let pattern = '';
    for (let n = 1 + Math.floor(random.fraction() * 3); n > 0; n--) {
      const atom = depth > 0 && random.fraction() < 0.4 ? `${pick(groups)}${make(depth - 1)})` : pick(atoms);
      pattern += atom + (/^(\^|\$|\\b)$/.test(atom) ? '' : pick(quantifiers)) + (random.fraction() < 0.15 ? '|' : '');
    }
    return pattern;
  };
  const letters = ['a', 'b', 'A', 'B', '.', '1', '/', '-', ' ', '\n', '\xe9', '\xff', 'c'];
  let translated = 0;
  for (let i = 0; i < 3000; i++) {
    const pattern = make(2).replace(/\?P<n>/g, () => `?P<n${Math.floor(random.fraction() * 1e9)}>`);
    let reference: RE2JS;
    try {
      reference = RE2JS.compile(toByteString(pattern));
    } catch {
      continue;
    }
    const regex = compileRegex(pattern);
    if (regex.translated) translated++;
    for (let j = 0; j < 12; j++) {
      let text = '';
      for (let n = Math.floor(random.fraction() * 7); n > 0; n--) text += pick(letters);
      const expected = reference.testExact(text);
      if (regex.matches(text) !== expected) t.equal(!expected, expected, `${pattern} on ${JSON.stringify(text)}`);
      if (expected && !text.startsWith(regex.literalPrefix))
        t.fail(`${pattern} starts with ${regex.literalPrefix}, ${text} not`);
      const substitution = new Substitution('<\\0>', regex);
      const replaced = regex.replaceAll(text, substitution);
      const wanted = replaceAsRe2(reference, text);
      if (replaced !== wanted) t.equal(replaced, wanted, `${pattern} replaced in ${JSON.stringify(text)}`);
    }
  }
  t.ok(translated > 1000, `${translated} of the patterns were translated`);
  t.end();
});

/** RE2::GlobalReplace with `<\0>`, written the plain way. */
function replaceAsRe2(regex: RE2JS, text: string): string {
  const matcher = regex.matcher(text);
  let result = '';
  let at = 0;
  let lastEnd = -1;
  while (at <= text.length && matcher.find(at)) {
    const start = matcher.start();
    const end = matcher.end();
    result += text.slice(at, start);
    if (start === lastEnd && end === start) {
      result += text.slice(start, start + 1);
      at = start + 1;
      continue;
    }
    result += `<${text.slice(start, end)}>`;
    at = end;
    lastEnd = end;
  }
  return result + text.slice(at);
}

/**
 * Time grows with the text, not with its square or worse: the steps that back-tracking would need for these are beyond
 * the age of the universe, so the bound may be wide.
 */
t.test('an expression larger than Envoy takes by default is taken, and matches in linear time', (t) => {
  const regex = compileRegex('/r8((a{1,10}){1,10}){1,10}b');
  t.equal(regex.matches(`/r8${'a'.repeat(900)}b`), true);
  const before = performance.now();
  t.equal(regex.matches(`/r8${'a'.repeat(5_000)}`), false);
  t.ok(performance.now() - before < 5_000, 'not in exponential time');
  t.end();
});

t.test('evil patterns take linear time', (t) => {
  const evil = [
    '(a+)+$',
    '(a|aa)+$',
    '(a|a?)+$',
    '(.*)*x',
    '(a*)*b',
    '([a-z]+)*\\d',
    '(?i)(a+)+$',
    '(.*,){20}P',
    '(\\pL+)+$',
    '(?m)(a+)+$',
    '(x+x+)+y',
    '.*.*.*.*=.*',
    '(a{1,30}){1,30}$',
  ];
  for (const pattern of evil) {
    const regex = compileRegex(pattern);
    const elapsed = (length: number): number => {
      const text = `${'a'.repeat(length)}!`;
      regex.matches(text);
      let best = Number.POSITIVE_INFINITY;
      for (let i = 0; i < 3; i++) {
        const start = performance.now();
        regex.matches(text);
        best = Math.min(best, performance.now() - start);
      }
      return best;
    };
    elapsed(1000);
    const short = elapsed(4_000);
    const long = elapsed(32_000);
    // Eight times the text; squared growth would be 64 times.
    t.ok(
      long < Math.max(40 * short, 20),
      `${pattern}: ${short.toFixed(3)} ms for 4 KB, ${long.toFixed(3)} ms for 32 KB`,
    );
    t.ok(long < 1000, `${pattern} at 32 KB`);
  }
  t.end();
});
