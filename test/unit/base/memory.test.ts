import { spawnSync } from 'node:child_process';
import t from 'tap';

const script = `
  const { collectGarbage } = await import(${JSON.stringify(new URL('../../../src/base/memory.ts', import.meta.url).href)});
  let garbage = Array.from({ length: 300_000 }, (_, i) => ({ i }));
  const before = process.memoryUsage().heapTotal;
  garbage = undefined;
  const done = collectGarbage();
  console.log(JSON.stringify({ done, returned: before - process.memoryUsage().heapTotal }));
`;

function run(...flags: string[]): { done: boolean; returned: number } {
  const { stdout } = spawnSync(process.execPath, [...flags, '--input-type=module', '-e', script], { encoding: 'utf8' });
  return JSON.parse(stdout);
}

t.test('pages go back to the system', (t) => {
  const { done, returned } = run('--expose-gc');
  t.ok(done);
  t.ok(returned > 5_000_000, `${returned} bytes`);
  t.end();
});

t.test('without the flag it says so', (t) => {
  t.notOk(run().done);
  t.end();
});
