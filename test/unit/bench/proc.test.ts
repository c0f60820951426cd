import t from 'tap';
import { parseCpuList } from '../../../bench/machine/cores.ts';
import {
  parseSchedstat,
  parseSmapsRollup,
  parseStat,
  processTree,
  readCpu,
  readMemory,
} from '../../../bench/machine/proc.ts';

t.test('stat: fields count from behind the command name, whatever it holds', (t) => {
  const line = '42 (a) b (c) S 7 42 42 0 -1 4194304 106 0 0 0 150 25 0 0 20 0 1 0 47797 3133440';
  t.same(parseStat(line), { parent: 7, user: 1.5, system: 0.25 });
  t.end();
});

t.test('schedstat: nanoseconds on the CPU come first', (t) => {
  t.equal(parseSchedstat('1500000000 76647 3\n'), 1.5);
  t.end();
});

t.test('smaps_rollup: resident and anonymous, not their neighbours of like name', (t) => {
  const text =
    'Rss:                1636 kB\nPss_Anon:            9999 kB\nAnonymous:           112 kB\nAnonHugePages:       2048 kB\n';
  t.same(parseSmapsRollup(text), { rss: 1636 * 1024, anonymous: 112 * 1024 });
  t.end();
});

t.test('lists of CPUs', (t) => {
  t.same(parseCpuList('0-2,5\n'), [0, 1, 2, 5]);
  t.same(parseCpuList('3'), [3]);
  t.same(parseCpuList(''), []);
  t.end();
});

t.test('this process: its CPU time agrees with what Node says of it, its memory is not nothing', (t) => {
  t.ok(processTree(process.pid).includes(process.pid));
  const before = readCpu(process.pid).total;
  const start = process.cpuUsage();
  let burnt = 0;
  while (burnt < 100_000) {
    const { user, system } = process.cpuUsage(start);
    burnt = user + system;
  }
  const seconds = readCpu(process.pid).total - before;
  t.ok(seconds > 0.09 && seconds < 1, `${burnt} µs by Node, ${seconds} s by /proc`);
  const { rss, anonymous } = readMemory(process.pid);
  t.ok(rss > anonymous && anonymous > 1 << 20, `${rss} > ${anonymous}`);
  t.end();
});
