import t from 'tap';
import { bounds, budgetReport, judge } from '../../../bench/budget.ts';
import { jobs } from '../../../bench/jobs/index.ts';
import { combine } from '../../../bench/metrics.ts';
import { chart } from '../../../bench/report/chart.ts';
import { section } from '../../../bench/report/document.ts';
import { profileSummary } from '../../../bench/report/profile.ts';
import { terminalTable } from '../../../bench/report/table.ts';
import type { JobOutcome, ProxyOutcome } from '../../../bench/results.ts';

const proxy = (name: string, cpuMicroseconds: number, errors = 0): ProxyOutcome => {
  const figures = { cpuMicroseconds, requestsPerSecond: 12_345.6, p99: 1_500, rss: 64 << 20, anonymous: 15 << 20 };
  return { name, figures, runs: [figures], errors };
};

const outcome = (...proxies: ProxyOutcome[]): JobOutcome => ({
  job: 'h1',
  title: 'CPU & <time>',
  description: 'a -> b',
  headline: 'cpuMicroseconds',
  date: '2026-01-02T03:04:05.000Z',
  machine: { cpu: '2 × CPU', cores: 'pinned', kernel: '6', driver: 'wrk', upstream: 'nginx' },
  settings: { seconds: 3, runs: 2 },
  versions: { envoy: '1.40.0', remora: '0.1.0' },
  failed: { haproxy: 'it would not' },
  cases: [
    { name: '2 connections', proxies },
    { name: '32 connections', proxies },
  ],
});

t.test('several runs: least time, highest rate, latest memory', (t) => {
  const combined = combine([
    { cpuMicroseconds: 30, requestsPerSecond: 10, rss: 9 },
    { cpuMicroseconds: 25, requestsPerSecond: 8, rss: 7 },
  ]);
  t.same(combined, { cpuMicroseconds: 25, requestsPerSecond: 10, rss: 7 });
  t.end();
});

t.test('tables: every proxy with its ratio to Envoy, errors and failures said', (t) => {
  const text = terminalTable(outcome(proxy('envoy', 40), proxy('remora', 18), proxy('nginx', 12, 3)));
  t.match(text, /envoy +40\.0 +1\.00 +12,346 +1\.50 +64\.0 +15\.0/);
  t.match(text, /remora +18\.0 +0\.45/);
  t.match(text, /nginx \(3 errors\)/);
  t.match(text, /haproxy did not run: it would not/);
  t.match(section([outcome(proxy('envoy', 40))]), /\| envoy \| 40\.0 \| 1\.00 \|/);
  t.end();
});

t.test('chart: a bar for each proxy, as long as its value, text escaped', (t) => {
  const svg = chart(outcome(proxy('envoy', 40), proxy('remora', 20)));
  const widths = [...svg.matchAll(/<rect x="\d+" y="\d+" width="([\d.]+)"/g)].map((match) => Number(match[1]));
  t.equal(widths.length, 4, 'two cases of two proxies');
  t.equal((widths[0] ?? 0) / (widths[1] ?? 1), 2, 'twice the value, twice as long');
  t.match(svg, 'CPU &amp; &lt;time&gt;');
  t.match(svg, /20\.0 µs · 0\.50 ×/);
  t.end();
});

t.test('budget: a bound passes, fails, or was not measured, which is no pass', (t) => {
  const bound = {
    job: 'h1',
    case: '32 connections',
    proxy: 'remora',
    metric: 'cpuMicroseconds',
    atMost: { ofEnvoy: 0.5 },
  } as const;
  t.equal(judge(bound, [outcome(proxy('envoy', 40), proxy('remora', 20))]).verdict, 'pass');
  t.equal(judge(bound, [outcome(proxy('envoy', 40), proxy('remora', 20.1))]).verdict, 'fail');
  t.equal(
    judge(bound, [outcome(proxy('envoy', 40), proxy('remora', 1, 5))]).verdict,
    'not measured',
    'a run with errors',
  );
  t.equal(judge(bound, [outcome(proxy('remora', 1))]).verdict, 'not measured', 'without Envoy');
  t.equal(judge(bound, []).verdict, 'not measured');
  const absolute = { ...bound, metric: 'anonymous', atMost: { absolute: 15 << 20 } } as const;
  t.equal(judge(absolute, [outcome(proxy('remora', 1))]).verdict, 'pass');
  t.equal(judge({ ...absolute, atMost: { absolute: 1 } }, [outcome(proxy('remora', 1))]).verdict, 'fail');
  t.equal(budgetReport([]).passed, false);
  t.end();
});

t.test('every bound names a job and a case that exist', (t) => {
  for (const bound of bounds) {
    const job = jobs.find(({ name }) => name === bound.job);
    t.ok(
      job?.cases.some(({ name }) => name === bound.case),
      `${bound.job}, ${bound.case}`,
    );
  }
  t.end();
});

t.test('profile: own time within a span, without idling', (t) => {
  const frame = (functionName: string, url = '') => ({ functionName, url, lineNumber: 9 });
  const profile = {
    nodes: [
      { id: 1, callFrame: frame('start') },
      { id: 2, callFrame: frame('(idle)') },
      { id: 3, callFrame: frame('hot', 'file:///elsewhere/hot.ts') },
      { id: 4, callFrame: frame('') },
    ],
    startTime: 1_000_000,
    samples: [1, 2, 3, 3, 3, 4, 2, 1],
    timeDeltas: [0, 900_000, 5_000_000, 250_000, 250_000, 250_000, 250_000, 100_000],
  };
  const dir = t.testdir({ 'a.cpuprofile': JSON.stringify(profile) });
  const text = profileSummary(`${dir}/a.cpuprofile`, { from: 1_800_000, to: 7_950_000 });
  t.match(text, /1\.00 s of work within 6\.2 s/);
  t.match(text, / 75\.0 % {2}hot {2}.*elsewhere\/hot\.ts:10/);
  t.match(text, / 25\.0 % {2}\(anonymous\)/);
  t.notMatch(text, /start|idle/);
  t.end();
});

t.test('runs at a constant rate: the one with the most punctual client counts', (t) => {
  const punctual = { vcpu: 0.1, p99: 900, lateness: 1_000 };
  t.same(
    combine([{ vcpu: 0.05, p99: 9_000, lateness: 30_000 }, punctual, { vcpu: 0.08, p99: 800, lateness: 2_000 }]),
    punctual,
  );
  t.end();
});
