// The import rules of DESIGN 2, on the sources; and on a fixture that breaks each of them, so that a rule that stopped
// to see anything is noticed.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import t from 'tap';
import { LAYERS, rules } from './rules.ts';

const root = join(import.meta.dirname, '../..');

/** `rule: from → to` of every violation. */
async function violations(baseDir: string): Promise<string[]> {
  const result = await cruise(['src'], {
    ...rules.options,
    baseDir,
    validate: true,
    ruleSet: { forbidden: rules.forbidden },
  });
  const output = result.output as ICruiseResult;
  return output.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`).sort();
}

t.test('the sources keep the rules', async (t) => {
  t.same(await violations(root), []);
});

t.test('every rule sees what it forbids, and nothing else is forbidden', async (t) => {
  const found = await violations(join(import.meta.dirname, 'fixture'));
  t.same(found, [
    'composers-see-only-the-manifest: src/server/main.ts → src/extensions/filters/http/demo/filter.ts',
    'core-never-imports-extensions: src/router/core.ts → src/extensions/filters/http/demo/filter.ts',
    'extensions-do-not-know-each-other: src/extensions/filters/http/demo/filter.ts → src/extensions/filters/http/other/filter.ts',
    'extensions-see-only-api: src/extensions/filters/http/demo/filter.ts → src/router/route.ts',
    'generated-types-stop-in-config: src/router/unit.ts → src/generated/envoy/message_pb.d.ts',
    'known-folder: src/server/main.ts → src/unheard-of/odd.ts',
    'layer-base: src/base/clock.ts → src/http/codec/api.ts',
    'layer-upstream: src/upstream/pool.ts → src/router/route.ts',
    'no-cycles: src/router/left.ts → src/router/right.ts',
    'no-development-tools: src/base/tool.ts → ../../../node_modules/fast-check/lib/fast-check.js',
  ]);
  const silent = ['not-found'];
  const names = rules.forbidden.map((rule) => String(rule.name));
  const general = names.filter((name) => !name.startsWith('layer-') && !silent.includes(name));
  for (const name of general)
    t.ok(
      found.some((line) => line.startsWith(`${name}:`)),
      `${name} is proved`,
    );
});

t.test('every folder of src is in the table', (t) => {
  const known = new Set<string>([...LAYERS.flat(), 'extensions', 'generated']);
  for (const name of folders(join(root, 'src'))) {
    const placed = name === 'http' ? folders(join(root, 'src/http')).map((each) => `http/${each}`) : [name];
    for (const each of placed) t.ok(known.has(each), `src/${each}`);
  }
  t.end();
});

function folders(path: string): string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

/** Longer files are possible, but only when somebody says here why one concept needs the room. */
const MAX_LINES = 400;
const LONG_FILES: Readonly<Record<string, string>> = {
  'router/router-filter.ts':
    'one state machine, read top to bottom as the life of a request at the router; what stands alone has moved out',
};

t.test('files hold one concept: the size of a file is a signal', (t) => {
  for (const path of readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.ts') || path.startsWith('generated/')) continue;
    const lines = readFileSync(join(root, 'src', path), 'utf8').split('\n').length - 1;
    if (lines > MAX_LINES) t.ok(LONG_FILES[path], `src/${path} has ${lines} lines; split it, or say here why not`);
  }
  t.end();
});
