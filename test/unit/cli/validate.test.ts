// The report of `remora validate`: both forms and the exit code. What is found in a file is the configuration's matter.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { toJson, toText } from '../../../src/cli/validate.ts';

const remora = join(import.meta.dirname, '../../../bin/remora');

function run(cwd: string, ...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(remora, ['validate', ...args], {
    cwd,
    encoding: 'utf8',
    timeout: 30_000,
  });
  return { code: status, out: stdout, err: stderr };
}

const GOOD = 'admin:\n  address: { socket_address: { address: 127.0.0.1, port_value: 0 } }\n';
const BAD = 'admin:\n  adress: 1\nnodes: {}\n';

t.test('a good file, a bad one, one that is not there', (t) => {
  const cwd = t.testdir({ 'good.yaml': GOOD, 'bad.yaml': BAD });
  t.same(run(cwd, 'good.yaml'), { code: 0, out: "configuration 'good.yaml' OK\n", err: '' });

  const { code, out } = run(cwd, 'good.yaml', 'bad.yaml', 'none.yaml');
  t.equal(code, 1);
  t.match(out, /^configuration 'good\.yaml' OK\n/);
  t.match(out, /bad\.yaml:2:3: error RMR0101 .*"adress"/);
  t.match(out, /bad\.yaml:3:1: error RMR0101 .*"nodes"/);
  t.match(out, /did you mean address\?/i);
  t.match(out, /2 \| {3}adress: 1\n/, 'with the line itself');
  t.match(out, /configuration 'bad\.yaml' is not valid \(2 errors\)\n/);
  t.match(out, /ENOENT.*none\.yaml/);
  t.match(out, /configuration 'none\.yaml' is not valid \(1 error\)\n$/);
  t.end();
});

t.test('as JSON', (t) => {
  const cwd = t.testdir({ 'good.yaml': GOOD, 'bad.yaml': BAD });
  const { code, out } = run(cwd, '-o', 'json', 'good.yaml', 'bad.yaml');
  t.equal(code, 1);
  t.match(JSON.parse(out), [
    { file: 'good.yaml', valid: true, diagnostics: [] },
    {
      file: 'bad.yaml',
      valid: false,
      diagnostics: [
        { code: 'RMR0101', severity: 'error', path: 'admin.adress', line: 2, column: 3 },
        { code: 'RMR0101', severity: 'error', path: 'nodes', line: 3, column: 1 },
      ],
    },
  ]);
  t.match(run(cwd, '-o', 'xml', 'good.yaml'), { code: 1, err: /Allowed choices are text, json/ });
  t.end();
});

t.test('warnings do not make a file invalid', (t) => {
  const report = {
    file: 'w.yaml',
    text: 'a: 1\n',
    diagnostics: [{ code: 'RMR0101', severity: 'warning', message: 'odd', path: 'a' } as const],
  };
  t.match(toText([report]), /configuration 'w\.yaml' OK \(1 warning\)\n$/);
  t.match(JSON.parse(toJson([report])), [{ valid: true, diagnostics: [{ severity: 'warning' }] }]);
  t.end();
});
