import { spawnSync } from 'node:child_process';
import t from 'tap';
import { cleanFileMappings } from '../../../src/base/memory.ts';

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

/** One mapping as /proc/PID/smaps has it. */
function mapping(head: string, anonymousKb: number): string {
  return `${head}\nSize: 8 kB\nRss: 8 kB\nAnonymous: ${anonymousKb} kB\nAnonHugePages: 0 kB\n`.replaceAll(': ', ':   ');
}

t.test('clean mappings of files are those that may be dropped', (t) => {
  const smaps = [
    mapping('00400000-00500000 r--p 00000000 fe:00 1234                               /opt/node', 0),
    mapping('00500000-02500000 r-xp 00100000 fe:00 1234                               /opt/node', 0),
    mapping('02500000-02600000 r--p 02000000 fe:00 1234                               /opt/node', 180), // relocated
    mapping('02600000-02700000 rw-p 02100000 fe:00 1234                               /opt/node', 0),
    mapping('02700000-02800000 rw-p 00000000 00:00 0                                  [heap]', 900),
    mapping('7f0000000000-7f0000001000 r-xp 00000000 00:00 0                          [vdso]', 0),
    mapping('7f0000002000-7f0000003000 r--p 00000000 00:00 0 ', 0),
    mapping('7f0000004000-7f0000005000 r--s 00000000 fe:00 77                         /shared', 0),
    mapping('7f0000006000-7f0000009000 r-xp 00001000 fe:00 99                         /lib/libc.so.6', 0),
  ].join('');
  t.same(cleanFileMappings(smaps), [
    { address: 0x400000n, length: 0x100000n },
    { address: 0x500000n, length: 0x2000000n },
    { address: 0x7f0000006000n, length: 0x3000n },
  ]);
  t.end();
});
