import t from 'tap';
import { StatsStore, sanitizeStatsName } from '../../../../src/observability/stats/store.ts';
import { SummedView } from '../../../../src/observability/stats/view.ts';

const names = (items: Iterable<{ readonly name: string }>): string[] => Array.from(items, (item) => item.name).sort();

t.test('one name is one object, however it is spelt', (t) => {
  const store = new StatsStore();
  const cluster = store.scope('cluster.one');
  t.equal(cluster.prefix, 'cluster.one.');
  const counter = cluster.counter('external.upstream_rq_200');
  t.equal(counter.name, 'cluster.one.external.upstream_rq_200');
  t.equal(store.counter('cluster.one.external.upstream_rq_200'), counter);
  t.equal(store.scope('cluster.one.').scope('external.').counter('upstream_rq_200'), counter);
  counter.inc();
  counter.add(41);
  t.equal(counter.value, 42);
  t.equal(store.size, 1);
  t.end();
});

t.test('gauges go up and down, and were used when they were set', (t) => {
  const gauge = new StatsStore().gauge('a.b');
  t.notOk(gauge.used);
  gauge.set(0);
  t.ok(gauge.used, 'set to 0 is used');
  gauge.inc();
  gauge.add(4);
  gauge.dec();
  gauge.sub(2);
  t.equal(gauge.value, 2);
  t.end();
});

t.test('colons in prefixes become underscores', (t) => {
  t.equal(sanitizeStatsName('http://a:80'), 'http_a_80');
  t.equal(sanitizeStatsName('[::1]:80'), '[__1]_80');
  t.equal(new StatsStore().scope('listener.127.0.0.1:80.').prefix, 'listener.127.0.0.1_80.');
  t.end();
});

t.test('statistics go with the last scope that holds them', (t) => {
  const store = new StatsStore();
  const first = store.scope('cluster.one.');
  const second = store.scope('cluster.one.');
  const counter = first.counter('rq');
  second.counter('rq');
  first.scope('outlier.').gauge('active').set(3);
  first.close();
  first.close();
  t.same(names(store.counters()), ['cluster.one.rq'], 'the second scope still holds it');
  t.same(names(store.gauges()), [], 'what only a child of the first held is gone');
  t.equal(store.scope('cluster.one.').counter('rq'), counter);
  second.close();
  store.scope('cluster.one.').close();
  t.end();
});

t.test('who outlives its scope counts into the void', (t) => {
  const store = new StatsStore();
  const scope = store.scope('cluster.gone.');
  const stale = scope.counter('rq');
  const staleGauge = scope.gauge('active');
  stale.inc();
  scope.close();
  const next = store.scope('cluster.new.').counter('rq');
  const nextGauge = store.scope('cluster.new.').gauge('active');
  t.equal(next.value, 0, 'a slot that is given away again starts at 0');
  stale.inc();
  staleGauge.set(7);
  t.equal(next.value, 0);
  t.equal(nextGauge.value, 0);
  t.same(names(store.counters()), ['cluster.new.rq']);
  t.end();
});

t.test('the matcher keeps names out; units need not know', (t) => {
  const store = new StatsStore({ filter: { rejects: (name) => name.startsWith('cluster.') } });
  const scope = store.scope('cluster.a.');
  scope.counter('x').inc();
  scope.gauge('y').set(3);
  scope.histogram('z', 'milliseconds').record(3);
  scope.textReadout('t').value = 'v';
  store.counter('server.live').inc();
  t.equal(store.size, 1);
  t.equal(scope.counter('x').value, 0);
  t.end();
});

t.test('reset_counters resets counters and nothing else', (t) => {
  const store = new StatsStore();
  const counter = store.counter('c');
  const gauge = store.gauge('g');
  counter.add(5);
  gauge.set(5);
  store.resetCounters();
  t.same([counter.value, gauge.value], [0, 5]);
  t.ok(counter.used, 'it was used, though it is 0 now');
  t.end();
});

t.test('histograms: an interval ends with the flush, the sum of all goes on', (t) => {
  const store = new StatsStore();
  const histogram = store.histogram('h', 'milliseconds');
  const [view] = store.histograms();
  t.not(view, undefined);
  if (view === undefined) return t.end();
  t.notOk(view.used);
  histogram.record(10);
  histogram.record(10.9);
  histogram.record(-1);
  histogram.record(Number.NaN);
  t.same(view.cumulative().counts, [2, 2], 'before any flush');
  t.same(view.interval.counts, []);
  store.flushHistograms();
  t.same(view.interval.counts, [2, 2]);
  histogram.record(100_000);
  t.same(view.cumulative().counts, [2, 2, 1]);
  store.flushHistograms();
  t.same(view.interval.counts, [1]);
  store.flushHistograms();
  t.same(view.interval.counts, [], 'an interval without values is empty');
  t.same(view.cumulative().counts, [2, 2, 1]);
  t.ok(view.used);
  t.end();
});

t.test('percent histograms are kept in millionths', (t) => {
  const store = new StatsStore();
  store.histogram('p', 'percent').record(0.25);
  const [view] = store.histograms();
  t.equal(view?.scale, 1_000_000);
  t.equal(view?.cumulative().bins.length, 1);
  t.end();
});

t.test('the statistics of several event loops add up by name', (t) => {
  const [one, two] = [new StatsStore(), new StatsStore()];
  one.counter('a').add(1);
  two.counter('a').add(2);
  two.counter('b').add(5);
  one.gauge('g').set(1);
  two.gauge('g').set(1);
  one.histogram('h', 'bytes').record(5);
  two.histogram('h', 'bytes').record(5);
  one.textReadout('t').value = 'x';
  const sum = new SummedView([one, two]);
  t.same(
    Array.from(sum.counters(), ({ name, value }) => [name, value]),
    [
      ['a', 3],
      ['b', 5],
    ],
  );
  t.same(
    Array.from(sum.gauges(), ({ value, used }) => [value, used]),
    [[2, true]],
  );
  t.same(
    Array.from(sum.histograms(), (histogram) => histogram.cumulative().counts),
    [[2]],
  );
  t.same(
    Array.from(sum.textReadouts(), ({ value }) => value),
    ['x'],
  );
  t.end();
});
