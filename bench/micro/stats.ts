// What statistics cost: nanoseconds for an increment and a recorded value, bytes for a counter, time of a scrape and how
// long it holds the event loop. Run: scripts/with-node node --expose-gc bench/micro/stats.ts
import { statsPrometheus } from '../../src/observability/stats/prometheus.ts';
import { ALL_STATS } from '../../src/observability/stats/query.ts';
import { StatsStore } from '../../src/observability/stats/store.ts';
import { statsText } from '../../src/observability/stats/text.ts';

const CLUSTERS = 100;
const COUNTERS = 60;
const collect: () => void = (globalThis as { gc?: () => void }).gc ?? (() => {});

function heap(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function fill(store: StatsStore, clusters: number): void {
  for (let c = 0; c < clusters; c++) {
    const scope = store.scope(`cluster.service-${c}.`);
    for (let n = 0; n < COUNTERS; n++) scope.counter(NAMES[n] as string);
  }
}

const NAMES = Array.from({ length: COUNTERS }, (_, n) => `upstream_rq_something_${n}`);

const store = new StatsStore();
const before = heap();
fill(store, CLUSTERS);
const bytes = heap() - before;
console.log(
  `${CLUSTERS * COUNTERS} counters: ${(bytes / 1024).toFixed(0)} KB, ${(bytes / CLUSTERS / COUNTERS).toFixed(0)} bytes each`,
);

function nanoseconds(what: string, action: (i: number) => void): void {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const start = process.cpuUsage();
    for (let i = 0; i < 1_000_000; i++) action(i);
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, (user + system) / 1000);
  }
  console.log(`${what.padEnd(24)} ${best.toFixed(2)} ns`);
}

const counter = store.counter('a.b');
const gauge = store.gauge('a.c');
const histogram = store.histogram('a.d', 'milliseconds');
nanoseconds('counter.inc', () => counter.inc());
nanoseconds('gauge.inc and dec', () => {
  gauge.inc();
  gauge.dec();
});
nanoseconds('histogram.record', (i) => histogram.record(i & 1023));

for (const clusters of [CLUSTERS, 5000]) {
  const many = new StatsStore();
  fill(many, clusters);
  for (const [name, output] of Object.entries({ text: statsText, prometheus: statsPrometheus })) {
    // CPU time from one turn to the next: what a request would wait, whatever else the machine does.
    let longest = 0;
    let last = process.cpuUsage();
    const turn = (): void => {
      const { user, system } = process.cpuUsage(last);
      longest = Math.max(longest, (user + system) / 1000);
      last = process.cpuUsage();
      immediate = setImmediate(turn);
    };
    let immediate = setImmediate(turn);
    const start = process.cpuUsage();
    let size = 0;
    for await (const piece of output(many, ALL_STATS)) size += piece.length;
    const { user, system } = process.cpuUsage(start);
    clearImmediate(immediate);
    console.log(
      `${name.padEnd(10)} of ${clusters * COUNTERS} counters: ${((user + system) / 1000).toFixed(0)} ms, ${(size / 1e6).toFixed(1)} MB, ` +
        `loop held at most ${longest.toFixed(1)} ms`,
    );
  }
}
