// The index finds what a walk over all routes finds.
import t from 'tap';
import { compileRegex } from '../../../src/matchers/regex.ts';
import { type CandidateTest, PathIndex } from '../../../src/router/route-table/path-index.ts';
import type { PathPattern } from '../../../src/router/route-table/path-pattern.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

/** The definition, written the plain way. */
function matches(pattern: PathPattern, path: string): boolean {
  if (pattern.kind === 'connect') return false;
  if (pattern.kind === 'regex') return pattern.regex.matches(path);
  const text = pattern.ignoreCase ? pattern.text.toLowerCase() : pattern.text;
  const subject = pattern.ignoreCase ? path.toLowerCase() : path;
  if (pattern.kind === 'exact') return subject === text;
  if (!subject.startsWith(text)) return false;
  return pattern.kind === 'prefix' || subject.length === text.length || subject[text.length] === '/';
}

class Conditions implements CandidateTest {
  readonly asked: number[] = [];
  readonly #patterns: readonly PathPattern[];
  readonly #path: string;
  readonly #refused: ReadonlySet<number>;

  constructor(patterns: readonly PathPattern[], path: string, refused: ReadonlySet<number>) {
    this.#patterns = patterns;
    this.#path = path;
    this.#refused = refused;
  }

  accepts(route: number): boolean {
    this.asked.push(route);
    const pattern = this.#patterns[route] as PathPattern;
    if (pattern.kind === 'regex' && !pattern.regex.matches(this.#path)) return false;
    return !this.#refused.has(route);
  }
}

t.test('random tables', (t) => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.comment(`SEED=${seed}`);
  const random = new SeededRandom(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random.fraction() * items.length)] as Item;
  const segments = ['a', 'ab', 'abc', 'b', 'A', 'aB', 'x', '', 'é'.normalize()].map((text) =>
    Buffer.from(text).toString('latin1'),
  );
  const makePath = (): string => {
    let path = '';
    for (let n = Math.floor(random.fraction() * 4); n >= 0; n--) path += `/${pick(segments)}`;
    return path;
  };
  const makePattern = (): PathPattern => {
    const text = makePath();
    const kind = pick(['exact', 'prefix', 'separated-prefix', 'exact', 'prefix', 'regex'] as const);
    if (kind === 'regex')
      return {
        kind,
        regex: compileRegex(`${text.replace(/[^\x00-\x7f]/g, '.')}${pick(['.*', 'b?', '(/a|/b)+', '[^/]*', ''])}`),
      };
    return { kind, text: random.fraction() < 0.1 ? '' : text, ignoreCase: random.fraction() < 0.3 };
  };
  let found = 0;
  for (let round = 0; round < 150; round++) {
    const patterns = Array.from({ length: 1 + Math.floor(random.fraction() * 60) }, makePattern);
    const index = new PathIndex();
    patterns.forEach((pattern, i) => {
      index.add(pattern, i);
    });
    for (let i = 0; i < 40; i++) {
      const path = makePath();
      const refused = new Set(patterns.keys().filter(() => random.fraction() < 0.4));
      const expected = patterns.findIndex((pattern, route) => !refused.has(route) && matches(pattern, path));
      const test = new Conditions(patterns, path, refused);
      const actual = index.first(`${path}?q`, path.length, false, test);
      if (actual !== expected) t.equal(actual, expected, `${path} in ${JSON.stringify(patterns)}`);
      if (!test.asked.every((route, n) => n === 0 || route > (test.asked[n - 1] as number)))
        t.fail(`asked out of order: ${test.asked}`);
      if (expected !== -1) found++;
    }
  }
  t.ok(found > 500, `${found} requests found a route`);
  t.end();
});

t.test('few of many are looked at', (t) => {
  const patterns: PathPattern[] = [];
  for (let i = 0; i < 10_000; i++) {
    patterns.push({ kind: i % 2 === 0 ? 'exact' : 'prefix', text: `/service-${i}/item`, ignoreCase: false });
  }
  for (let i = 0; i < 1000; i++) patterns.push({ kind: 'regex', regex: compileRegex(`/regex-${i}-/[a-z]+`) });
  patterns.push({ kind: 'prefix', text: '/', ignoreCase: false });
  const index = new PathIndex();
  patterns.forEach((pattern, i) => {
    index.add(pattern, i);
  });
  const ask = (path: string): { route: number; asked: number } => {
    const test = new Conditions(patterns, path, new Set());
    return { route: index.first(path, path.length, false, test), asked: test.asked.length };
  };
  t.same(ask('/service-9998/item'), { route: 9998, asked: 1 });
  t.same(ask('/service-9999/item/x'), { route: 9999, asked: 1 });
  t.same(ask('/regex-999-/abc'), { route: 10_999, asked: 1 });
  t.same(ask('/none'), { route: 11_000, asked: 1 });
  t.end();
});
