// The quick YAML reader reads what the `yaml` library reads, or gives up: on the texts below, and on thousands of damaged ones.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import { parsePath } from '../../../src/config/origin.ts';
import { SourceLines } from '../../../src/config/source/lines.ts';
import { locateInPlainYaml } from '../../../src/config/source/locate.ts';
import { readPlainYamlText } from '../../../src/config/source/plain-yaml.ts';
import { SourceTree } from '../../../src/config/source/tree.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

/** Undefined when both agree or the quick reader gave up; else what differs. */
function difference(text: string): string | undefined {
  const plain = readPlainYamlText(text, true);
  if (plain === undefined) return undefined;
  const tree = new SourceTree(text, false);
  const value = tree.value();
  if (tree.problems.length > 0) return `the library finds: ${tree.problems[0]?.message}`;
  return isDeepStrictEqual(plain.value, value)
    ? undefined
    : `${JSON.stringify(plain.value)}, not ${JSON.stringify(value)}`;
}

t.test('forms it reads itself', async (t) => {
  const cases: [string, unknown][] = [
    ['{}', {}],
    ['a: 1', { a: 1 }],
    ['---\na: 1\n', { a: 1 }],
    ['# c\n\na: 1 # c\n# d\nb: "x # y" # c\n', { a: 1, b: 'x # y' }],
    ['a:\n  b:\n    c: d\n  e: f\n', { a: { b: { c: 'd' }, e: 'f' } }],
    ['a:\n- 1\n- b: 2\n  c: 3\n-\n  d: 4\n- - 5\n  - 6\n', { a: [1, { b: 2, c: 3 }, { d: 4 }, [5, 6]] }],
    ['a:\n  - 1\n  - 2\nb:\n', { a: [1, 2], b: null }],
    [
      'a: [1, b, "c, d", {e: f}, ]\nb: {c: [ ], "d":1, e: http://x/y:1}\n',
      { a: [1, 'b', 'c, d', { e: 'f' }], b: { c: [], d: 1, e: 'http://x/y:1' } },
    ],
    ['a: [\n  1,\n  2\n ]\n', { a: [1, 2] }],
    ["a: 'it''s'\nb: \"x\\n\\u0041\\x42\\\\\"\n'c d': e\n", { a: "it's", b: 'x\nAB\\', 'c d': 'e' }],
    ['a: |\n  x: y\n\n   # z\nb: |-\n  x\n\nc: |+\n  x\n\n', { a: 'x: y\n\n # z\n', b: 'x', c: 'x\n\n' }],
    [
      'a: -1\nb: ::1\nc: 0x10\nd: yes\ne: ~\nf: 1.5\ng: -x\nh: /a:b#c\n',
      { a: -1, b: '::1', c: 16, d: true, e: null, f: '1.5', g: '-x', h: '/a:b#c' },
    ],
    ['- a\n- b\n', ['a', 'b']],
    ['a:\n  b\nc: d\n', { a: 'b', c: 'd' }],
  ];
  for (const [text, expected] of cases) {
    t.strictSame(readPlainYamlText(text, false)?.value, expected, JSON.stringify(text));
    t.equal(difference(text), undefined, JSON.stringify(text));
  }
});

t.test('forms it leaves to the library', async (t) => {
  const texts = [
    'a: &x b',
    'a: *x',
    'a: !!str b',
    '!ignore a: b',
    'a: >\n  b\n',
    'a: b\n  c\n',
    'a: "b\n  c"\n',
    '? a\n: b\n',
    'a:\tb',
  ];
  texts.push(
    'a: b\n---\nc: d\n',
    '%YAML 1.1\n---\na: b\n',
    'a: b\na: c\n',
    'a: b: c\n',
    '__proto__: a\n',
    '{a, b: c}',
    '[a: b]',
    'a: @b',
    'a: `b`',
  );
  texts.push(
    'a: b\r\nc: d\r\n',
    '\ufeffa: b\n',
    'a: [b\n]\n',
    'a',
    '',
    'a: {b: }',
    'a: |2\n   b\n',
    'a:\n   b: c\n  d: e\n',
    '...\n',
    'a: "\\q"\n',
  );
  for (const text of texts) t.equal(readPlainYamlText(text, false), undefined, JSON.stringify(text));
});

t.test('places are those of the library', async (t) => {
  const text = `# first
static_resources:
  clusters:
  - name: a
    loadAssignment: {clusterName: a, endpoints: [{}, {priority: 1}]}
    metadata:
  - name: b
listeners:
  single: true
`;
  const plain = readPlainYamlText(text, true);
  if (plain === undefined) return t.fail('it should read this');
  const tree = new SourceTree(text, false);
  const paths = [
    '',
    'static_resources',
    'static_resources.clusters',
    'static_resources.clusters[0]',
    'static_resources.clusters[1].name',
  ];
  paths.push(
    'static_resources.clusters[0].load_assignment.endpoints[1].priority',
    'static_resources.clusters[0].metadata.x',
  );
  paths.push(
    'static_resources.clusters[0].load_assignment',
    'static_resources.clusters[5]',
    'nothing.here',
    'listeners[0].single',
    'listeners[0]',
  );
  for (const path of paths) {
    for (const at of ['key', 'value'] as const) {
      const offset = locateInPlainYaml(plain, parsePath(path), at);
      t.equal(offset, tree.locate(parsePath(path), at), `${at} of ${path}`);
      t.strictSame(new SourceLines(text).lineAndColumn(offset), tree.lineAndColumn(offset));
    }
  }
});

/**
 * The `yaml` library takes the indentation of a comment before a block value for the value's: a comment further left than
 * a plain scalar makes the lines behind the scalar part of it, and a key there an error. By YAML 1.2 section 6.6 comments
 * have no indentation of their own (PyYAML agrees). The comment's indentation is the group.
 */
const commentLeftOfValue = /[-:] *(?: #.*)?\n(?: *(?:#.*)?\n)*?( *)#.*\n(?: *(?:#.*)?\n)*?\1 +[^\s#]/;

t.test('a comment left of the value behind it: here the library is wrong', async (t) => {
  const cases: [string, unknown][] = [
    ['a:\n-\n#lit\n  eral\nd:\n', { a: ['eral'], d: null }],
    ['a:\n#lit\n  eral\nd:\n', { a: 'eral', d: null }],
    ['-\n#lit\n  eral\n- x\n', ['eral', 'x']],
  ];
  for (const [text, expected] of cases) {
    t.strictSame(readPlainYamlText(text, false)?.value, expected, JSON.stringify(text));
    t.match(text, commentLeftOfValue);
    t.not(difference(text), undefined, 'once the library reads it, commentLeftOfValue can go');
  }
  for (const text of ['a:\n-\n  #lit\n  eral\nd:\n', 'a: b\n#c\nd:\n  e: f\n', 'a:\n  b: c\n# d\n  e: f\n']) {
    t.notMatch(text, commentLeftOfValue);
    t.equal(difference(text), undefined, JSON.stringify(text));
  }
});

t.test('damaged texts are read alike, or left to the library', async (t) => {
  const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000);
  const rounds = Number(process.env['FUZZ_ROUNDS'] ?? 4000);
  t.comment(`FUZZ_SEED=${seed} FUZZ_ROUNDS=${rounds}`);
  const random = new SeededRandom(seed);
  const below = (limit: number): number => random.uint32() % limit;
  const folder = join(import.meta.dirname, '../../golden/config');
  const texts = readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8').split('==== ')[0] ?? '')
    .filter((text) => text.length < 600);
  texts.push('a:\n- 1\n- b: 2\n  c: [x, {y: z}]\n- |\n  lit\n  eral\nd: "q\\n" # c\n', 'x: {\'a\': 1, "b": [2,3]}\n');
  const pieces = [
    ' ',
    '  ',
    '\n',
    '\n  ',
    '\n- ',
    ': ',
    ':',
    '- ',
    '-',
    '#',
    ' # ',
    '"',
    "'",
    '[',
    ']',
    '{',
    '}',
    ',',
    ', ',
    '|',
    '|\n',
    '\\',
    '~',
    '0',
    '.',
    'a',
    'a: b',
    '?',
    '!',
    '&',
    '*',
    '%',
    '@',
    '---\n',
    '...',
    '<<',
    '=',
    'é',
  ];
  let read = 0;
  for (let round = 0; round < rounds; round++) {
    let text = texts[below(texts.length)] ?? '';
    for (let damage = below(4); damage >= 0; damage--) {
      const at = below(text.length + 1);
      const removed = below(3) === 0 ? below(6) : 0;
      const piece = below(4) === 0 ? '' : (pieces[below(pieces.length)] ?? '');
      text = text.slice(0, at) + piece + text.slice(at + removed);
    }
    if (readPlainYamlText(text, false) !== undefined) read++;
    const different = difference(text);
    if (different !== undefined && !commentLeftOfValue.test(text)) t.fail(`${different}\n${JSON.stringify(text)}`);
  }
  t.ok(read > rounds / 10, `${read} of ${rounds} were read by the quick reader`);
});
