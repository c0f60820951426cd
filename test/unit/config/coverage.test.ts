// The coverage table names only what exists, and calls implemented only what a test proves.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  COVERAGE_FILE,
  coveragePage,
  DIAGNOSTICS_FILE,
  diagnosticsPage,
} from '../../../scripts/config-schema/coverage-page.ts';
import { collectProof, fieldsNamedIn, unproven } from '../../../scripts/config-schema/proof.ts';
import { registry } from '../../../src/config/api.ts';
import { coverageOf } from '../../../src/config/coverage/coverage.ts';
import { packages } from '../../../src/config/coverage/packages.ts';

t.test('every message and field of the table is one of the API, and stands there once', async (t) => {
  for (const [name, message] of Object.entries(packages)) {
    const descriptor = registry().getMessage(name);
    if (descriptor === undefined) {
      t.fail(`the API has no message ${name}`);
      continue;
    }
    const known = new Set(descriptor.fields.map((field) => field.name));
    const { implemented = [], harmless = {}, refused = {}, notYet = {} } = message;
    const named = [...implemented, ...Object.keys(harmless), ...Object.keys(refused), ...Object.keys(notYet)];
    for (const field of named) t.ok(known.has(field), `${name} has a field ${field}`);
    t.equal(new Set(named).size, named.length, `${name}: no field stands twice`);
  }
});

t.test('a field that is not in the table is not there yet', async (t) => {
  t.equal(coverageOf('envoy.config.cluster.v3.Cluster', 'prefetch_policy').status, 'not-yet');
  t.equal(coverageOf('envoy.config.cluster.v3.Nothing', 'x').status, 'not-yet');
  t.equal(coverageOf('google.protobuf.Duration', 'seconds').status, 'implemented', 'values are not behaviour');
});

t.test('comments of tests can name several fields of a message', async (t) => {
  const source = ['// covers: envoy.a.B.c', '// covers: envoy.a.B.{d, e}', '// covers: envoy.a.F{g}'].join('\n');
  t.strictSame(fieldsNamedIn(source), ['envoy.a.B.c', 'envoy.a.B.d', 'envoy.a.B.e', 'envoy.a.F.g']);
});

t.test('what no test names is listed, so that it is seen', async (t) => {
  const listed = readFileSync(join(import.meta.dirname, 'unproven-fields.txt'), 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  const missing = unproven(await collectProof());
  t.strictSame(
    missing.filter((field) => !listed.includes(field)),
    [],
    'these are called implemented without a test: add one, with "// covers: FIELD", or a parity scenario that sets it',
  );
});

t.test('the pages printed from it are up to date: npm run coverage-table', async (t) => {
  t.equal(readFileSync(COVERAGE_FILE, 'utf8'), coveragePage(await collectProof()));
  t.equal(readFileSync(DIAGNOSTICS_FILE, 'utf8'), diagnosticsPage());
});
