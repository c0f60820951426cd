// What diagnostics look like, and what they propose.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { catalogue, type Diagnostic, diagnosticsToJson, formatDiagnostic, nearest } from '../../../src/config/api.ts';

t.test('the nearest word', async (t) => {
  const fields = ['connect_timeout', 'cluster_type', 'type', 'name', 'lb_policy'];
  t.equal(nearest('conect_timeout', fields), 'connect_timeout');
  t.equal(nearest('connectTimeout', fields), 'connect_timeout');
  t.equal(nearest('connect-timeout', fields), 'connect_timeout');
  t.equal(nearest('tpye', fields), 'type', 'neighbours swapped');
  t.equal(nearest('nane', fields), 'name');
  t.equal(nearest('something_else', fields), undefined);
  t.equal(nearest('', fields), undefined);
  t.equal(nearest('x', []), undefined);
});

const diagnostic: Diagnostic = {
  code: 'RMR0101',
  severity: 'error',
  message: 'Cluster has no field "conect_timeout"',
  path: 'static_resources.clusters[0].conect_timeout',
  position: { file: 'a.yaml', line: 3, column: 5 },
  suggestion: 'did you mean connect_timeout?',
};

t.test('as text with a frame', async (t) => {
  const text = 'static_resources:\n  clusters:\n  - conect_timeout: 1s\n';
  t.equal(
    formatDiagnostic(diagnostic, text),
    [
      'a.yaml:3:5: error RMR0101 unknown-field: Cluster has no field "conect_timeout"',
      '  at static_resources.clusters[0].conect_timeout',
      '  2 |   clusters:',
      '  3 |   - conect_timeout: 1s',
      '    |     ^',
      '  did you mean connect_timeout?',
    ].join('\n'),
  );
});

t.test('a long line is cut around the place', async (t) => {
  const text = `{${' '.repeat(4000)}"x": 1${' '.repeat(4000)}}`;
  const lines = formatDiagnostic({ ...diagnostic, position: { file: 'a.json', line: 1, column: 4002 } }, text).split(
    '\n',
  );
  t.ok(lines.every((line) => line.length < 160));
  const [source = '', caret = ''] = lines.slice(2);
  t.equal(source.slice(caret.indexOf('^'), caret.indexOf('^') + 3), '"x"');
});

t.test('a file that is no text does not steer the terminal', async (t) => {
  const [, , , frame] = formatDiagnostic(
    { ...diagnostic, position: { file: 'a.bin', line: 2, column: 1 } },
    'a\n\x1b[31m\x07red\x7f\x9b1m',
  ).split('\n');
  t.equal(frame, '  2 | ·[31m·red··1m');
});

t.test('as JSON for tools', async (t) => {
  const { position: _position, suggestion: _suggestion, ...bare } = diagnostic;
  t.strictSame(diagnosticsToJson([diagnostic, bare]), [
    {
      code: 'RMR0101',
      name: 'unknown-field',
      severity: 'error',
      message: diagnostic.message,
      path: diagnostic.path,
      file: 'a.yaml',
      line: 3,
      column: 5,
      suggestion: 'did you mean connect_timeout?',
    },
    { code: 'RMR0101', name: 'unknown-field', severity: 'error', message: diagnostic.message, path: diagnostic.path },
  ]);
});

t.test('the documentation page is printed from the catalogue as it is', async (t) => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/diagnostics.md'), 'utf8');
  for (const [code, { name, severity, meaning }] of Object.entries(catalogue)) {
    t.ok(
      page.includes(`| ${code} | ${name} | ${severity} | ${meaning.replaceAll('|', '\\|')} |`),
      `${code}: npm run coverage-table`,
    );
  }
});

t.test('the catalogue has each number and name once', async (t) => {
  const names = Object.values(catalogue).map((entry) => entry.name);
  t.equal(new Set(names).size, names.length);
  for (const [code, { meaning }] of Object.entries(catalogue)) {
    t.match(code, /^RMR0[1-9]\d\d$/);
    t.ok(meaning.length > 20, code);
  }
});

t.test('a frame shows no private key', async (t) => {
  const key = `-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\nshort==\n-----END EC PRIVATE KEY-----`;
  const bytes = Buffer.from('0123456789abcdefghijklmnopqrstuvwxyz\xff\xfe').toString('base64');
  const frameAt = (text: string, line: number, column: number): string =>
    formatDiagnostic({ ...diagnostic, position: { file: 'a.yaml', line, column } }, text)
      .split('\n')
      .slice(2, -1)
      .join('\n');
  t.equal(frameAt(`${key}\nwrong: 1`, 3, 1), '  2 | ********\n  3 | *******\n    | ^', 'in a block');
  const json = `{"private_key": {"inline_string": ${JSON.stringify(key)}}, "wrong": 1}`;
  t.equal(
    frameAt(json, 1, 1),
    `  1 | {"private_key": {"inline_string": "-----BEGIN EC PRIVATE KEY-----${'*'.repeat(21)}-----END EC PRIVATE KEY-----"}, "wrong": 1}\n    | ^`,
    'in a string',
  );
  t.equal(frameAt(json.slice(0, 75), 1, 1), `  1 | ${json.slice(0, 65)}${'*'.repeat(10)}\n    | ^`, 'cut off');
  t.equal(frameAt(`bytes: ${bytes}`, 1, 1), `  1 | bytes: ${'*'.repeat(bytes.length)}\n    | ^`, 'in base64');
  const harmless = `path: /var/lib/some/folder/with/a/long/name/of/no/interest # ${'0a'.repeat(32)}`;
  t.match(frameAt(harmless, 1, 1), harmless, 'paths and digests are shown');
});
