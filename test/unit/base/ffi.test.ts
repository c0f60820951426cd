import { spawnSync } from 'node:child_process';
import t from 'tap';
import { nativeCalls } from '../../../src/base/ffi.ts';

const module = (name: string): string => JSON.stringify(new URL(`../../../src/base/${name}.ts`, import.meta.url).href);

/** What a script prints in a process of its own, as JSON. */
function run(flags: readonly string[], script: string): unknown {
  const args = [...flags, '--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}

t.test("the executable's pages go, and the process lives on", (t) => {
  const resident = `(Number(/^Rss:\\s+(\\d+)/m.exec(readFileSync('/proc/self/smaps_rollup', 'latin1'))[1]) / 1024)`;
  const result = run(
    [],
    `
    import { readFileSync } from 'node:fs';
    import { nativeCalls } from ${module('ffi')};
    import { ExecutablePages } from ${module('memory')};
    const pages = new ExecutablePages(await nativeCalls());
    const before = ${resident};
    const dropped = pages.drop();
    const after = ${resident};
    const again = pages.drop();
    const alive = [...'abc'].map((c) => c.toUpperCase()).sort().join('') + new Intl.DateTimeFormat('de').format(0).length;
    console.log(JSON.stringify({ before, dropped, after, again, alive }));`,
  ) as { before: number; dropped: boolean; after: number; again: boolean; alive: string };
  t.ok(result.dropped);
  t.ok(result.again);
  // Some 30 of 45 MB are the executable's.
  t.ok(result.after < result.before - 10, `${result.before} → ${result.after} MB resident`);
  t.match(result.alive, /^ABC/);
  t.end();
});

t.test('free memory of malloc goes back', async (t) => {
  const calls = await nativeCalls();
  t.type(calls.trimMalloc(), 'boolean');
});

t.test('the system may refuse', async (t) => {
  const calls = await nativeCalls();
  t.notOk(calls.dropPages(1n, 4096n), 'an address that is no page');
});

t.test('without node:ffi the error says so', (t) => {
  const result = run(
    ['--no-experimental-ffi'],
    `
    import { nativeCalls } from ${module('ffi')};
    const said = await nativeCalls().catch((error) => ({ name: error.name, message: error.message }));
    console.log(JSON.stringify(said));`,
  );
  t.match(result, { name: 'FfiMissing', message: /^this Node \(v\d+.*\) makes no native calls: / });
  t.end();
});
