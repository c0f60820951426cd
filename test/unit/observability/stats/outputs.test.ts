// /stats and /stats/prometheus against what a real Envoy 1.40 answered (recorded/), for the same names and values.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { statsJson } from '../../../../src/observability/stats/json.ts';
import { DEFAULT_PROMETHEUS_OPTIONS, statsPrometheus } from '../../../../src/observability/stats/prometheus.ts';
import { ALL_STATS, parseStatsQuery, type StatsQuery } from '../../../../src/observability/stats/query.ts';
import { StatsStore } from '../../../../src/observability/stats/store.ts';
import { statsText } from '../../../../src/observability/stats/text.ts';

const recorded = (name: string): string => readFileSync(join(import.meta.dirname, 'recorded', name), 'utf8');

async function all(pieces: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}

/** A store with the recorded names and values. */
function recordedStore(): StatsStore {
  const store = new StatsStore();
  const gauges =
    /\.(?:\w+_active|membership_\w+|cx_open|active_clusters|live|version|days\w*|clusters_inflated|workers_\w+|total_\w+|write_total_buffered)$/;
  for (const line of recorded('stats.txt').trim().split('\n')) {
    const [name = '', value] = line.split(': ');
    const isCounter = /downstream_cx_total$|listener_\w+$|upstream_rq_total$/.test(name) || !gauges.test(name);
    if (isCounter) store.counter(name).add(Number(value));
    else store.gauge(name).set(Number(value));
  }
  return store;
}

t.test('text: the whole recording, line by line', async (t) => {
  t.equal(await all(statsText(recordedStore(), ALL_STATS)), recorded('stats.txt'));
});

t.test('prometheus: families, labels and their order as recorded', async (t) => {
  const options = { ...DEFAULT_PROMETHEUS_OPTIONS, processMetrics: false };
  const text = await all(statsPrometheus(recordedStore(), ALL_STATS, options));
  // Envoy writes {} where there are no labels. The admin's own requests were counted between the two recordings.
  const normal = (line: string): string => line.replace('{}', '').replace(/(admin.*) \d+$/, '$1 N');
  t.same(text.trim().split('\n').map(normal), recorded('prometheus.txt').trim().split('\n').map(normal));
});

const SIZES = [0, 1, 5, 7, 12, 12, 13, 14, 99, 100, 105, 1000, 1234, 1234, 1240, 20000, 99999, 120000];

function histogramStore(): StatsStore {
  const store = new StatsStore();
  const histogram = store.histogram('cluster.b.upstream_rq_body_size', 'bytes');
  for (const size of SIZES) histogram.record(size);
  store.histogram('cluster.b.upstream_rq_time', 'milliseconds');
  return store;
}

const json = async (store: StatsStore, query: Partial<StatsQuery>): Promise<unknown> =>
  JSON.parse(await all(statsJson(store, { ...ALL_STATS, ...query })));

t.test('histograms as text', async (t) => {
  const store = histogramStore();
  const text = (query: Partial<StatsQuery>) => all(statsText(store, { ...ALL_STATS, ...query }));
  t.equal(
    await text({}),
    'cluster.b.upstream_rq_body_size: P0(nan,0) P25(nan,12.333333333333334) P50(nan,99.5) P75(nan,1250) P90(nan,99500) ' +
      'P95(nan,125000) P99(nan,125000) P99.5(nan,125000) P99.9(nan,125000) P100(nan,125000)\n' +
      'cluster.b.upstream_rq_time: No recorded values\n',
  );
  store.flushHistograms();
  t.equal(
    await text({ histogramBuckets: 'detailed', usedOnly: true }),
    'cluster.b.upstream_rq_body_size:\n' +
      '  totals=0,0:1, 1,0.1:1, 5,0.1:1, 7,0.1:1, 12,1:2, 13,1:1, 14,1:1, 99,1:1, 100,10:2, 1000,100:1, 1200,100:3, ' +
      '20000,1000:1, 99000,1000:1, 120000,10000:1\n' +
      '  intervals=0,0:1, 1,0.1:1, 5,0.1:1, 7,0.1:1, 12,1:2, 13,1:1, 14,1:1, 99,1:1, 100,10:2, 1000,100:1, 1200,100:3, ' +
      '20000,1000:1, 99000,1000:1, 120000,10000:1\n' +
      '  summary=P0(0,0) P25(12.333333333333334,12.333333333333334) P50(99.5,99.5) P75(1250,1250) P90(99500,99500) ' +
      'P95(125000,125000) P99(125000,125000) P99.5(125000,125000) P99.9(125000,125000) P100(125000,125000)\n',
  );
  t.match(
    await text({ histogramBuckets: 'cumulative' }),
    / B0\.5\(1,1\) B1\(2,2\) .* B600000\(18,18\) B1\.8e\+06\(18,18\) B3\.6e\+06\(18,18\)\n/,
  );
  t.match(
    await text({ histogramBuckets: 'disjoint' }),
    / B0\.5\(1,1\) B1\(1,1\) B5\(1,1\) B10\(1,1\) B25\(4,4\) B50\(0,0\) B100\(3,3\) /,
  );
  t.equal(await text({ type: 'Counters' }), '');
});

t.test('histograms as JSON', async (t) => {
  const store = histogramStore();
  const summary = await json(store, { usedOnly: true });
  t.match(summary, {
    stats: [
      {
        histograms: {
          supported_quantiles: [0, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 100],
          computed_quantiles: [
            {
              name: 'cluster.b.upstream_rq_body_size',
              values: [{ cumulative: 0, interval: null }, { cumulative: 12.333333333333334 }],
            },
          ],
        },
      },
    ],
  });
  t.match(await json(store, { histogramBuckets: 'detailed', usedOnly: true }), {
    stats: [
      {
        histograms: {
          supported_percentiles: [0],
          details: [
            { totals: [{ lower_bound: 0, width: 0, count: 1 }], intervals: [], percentiles: [{ cumulative: 0 }] },
          ],
        },
      },
    ],
  });
  const buckets = await all(statsJson(store, { ...ALL_STATS, histogramBuckets: 'cumulative', usedOnly: true }));
  t.match(
    buckets,
    '{"stats":[{"histograms":[{"name":"cluster.b.upstream_rq_body_size","buckets":[{"upper_bound":0.5,"interval":0,"cumulative":1},',
  );
  t.match(
    buckets,
    '{"upper_bound":3e+05,"interval":0,"cumulative":18},{"upper_bound":6e+05,"interval":0,"cumulative":18},{"upper_bound":1800000,',
  );
  t.match(await json(store, { histogramBuckets: 'disjoint', usedOnly: true }), {
    stats: [{ histograms: [{ buckets: [{ cumulative: 1 }] }] }],
  });
});

t.test('JSON of numbers and texts; nothing selected', async (t) => {
  const store = new StatsStore();
  store.counter('b').add(2);
  store.gauge('a').set(1);
  store.textReadout('version').value = '"1"';
  t.equal(
    await all(statsJson(store, ALL_STATS)),
    '{"stats":[{"name":"version","value":"\\"1\\""},{"name":"a","value":1},{"name":"b","value":2}]}',
  );
  t.equal(await all(statsText(store, ALL_STATS)), 'version: ""1""\na: 1\nb: 2\n');
  t.equal(await all(statsJson(store, { ...ALL_STATS, filter: () => false })), '{"stats":[]}');
});

t.test('prometheus: buckets, sums, summaries, escapes, the process', async (t) => {
  const store = histogramStore();
  store.textReadout('control_plane.identifier').value = 'a"b\\c\nd';
  const prometheus = (query: Partial<StatsQuery>, processMetrics = false) =>
    all(
      statsPrometheus(
        store,
        { ...ALL_STATS, histogramBuckets: 'cumulative', ...query },
        { ...DEFAULT_PROMETHEUS_OPTIONS, processMetrics },
      ),
    );
  const text = await prometheus({ usedOnly: true });
  const lines = text.split('\n');
  t.equal(lines[0], '# TYPE envoy_cluster_upstream_rq_body_size histogram');
  t.equal(lines[1], 'envoy_cluster_upstream_rq_body_size_bucket{envoy_cluster_name="b",le="0.5"} 1');
  t.ok(lines.includes('envoy_cluster_upstream_rq_body_size_bucket{envoy_cluster_name="b",le="1800000"} 18'));
  t.ok(lines.includes('envoy_cluster_upstream_rq_body_size_bucket{envoy_cluster_name="b",le="+Inf"} 18'));
  t.match(text, /_sum\{envoy_cluster_name="b"\} 249952\.00366930/);
  t.match(text, 'envoy_cluster_upstream_rq_body_size_count{envoy_cluster_name="b"} 18\n');
  t.match(await prometheus({ histogramBuckets: 'summary', usedOnly: true }), 'quantile="0.995"} Nan\n');
  t.match(await prometheus({ textReadouts: true }), 'envoy_control_plane_identifier{text_value="a\\"b\\\\c\\nd"} 0\n');
  t.notMatch(await prometheus({}), 'control_plane');
  t.notMatch(await prometheus({}), 'process_');
  const own = await prometheus({}, true);
  for (const name of [
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
    'nodejs_heap_size_used_bytes',
    'nodejs_eventloop_utilization',
  ]) {
    t.match(own, new RegExp(`# TYPE ${name} (counter|gauge)\n${name} [0-9.]+\n`));
  }
});

t.test('many names come in order and in pieces, with turns of the event loop between', async (t) => {
  const store = new StatsStore();
  for (let i = 0; i < 9000; i++) store.counter(`cluster.c${(i * 7919) % 9000}.x`).inc();
  let pieces = 0;
  let turns = 0;
  const turn = (): void => {
    turns++;
    immediate = setImmediate(turn);
  };
  let immediate = setImmediate(turn);
  let text = '';
  for await (const piece of statsText(store, ALL_STATS)) {
    pieces++;
    text += piece;
  }
  clearImmediate(immediate);
  const found = text
    .trim()
    .split('\n')
    .map((line) => line.slice(0, line.indexOf(':')));
  t.equal(found.length, 9000);
  t.same(found, [...found].sort());
  t.ok(pieces >= 17, `${pieces} pieces`);
  t.ok(turns >= 17, `${turns} turns`);
});

t.test('queries: Envoy’s parameters and complaints', async (t) => {
  const parse = (query: string, prometheus = false) => parseStatsQuery(new URLSearchParams(query), prometheus);
  t.match(await parse(''), {
    query: { format: 'text', type: 'All', usedOnly: false, histogramBuckets: 'summary', filter: null },
  });
  t.match(await parse('usedonly=false&format=json&type=Gauges'), {
    query: { usedOnly: true, format: 'json', type: 'Gauges' },
  });
  t.match(await parse('histogram_buckets=none'), { query: { histogramBuckets: 'summary' } });
  t.match(await parse('', true), { query: { format: 'prometheus', histogramBuckets: 'cumulative' } });
  t.match(await parse('format=prometheus&histogram_buckets=summary'), { query: { histogramBuckets: 'summary' } });
  t.same(await parse('type=counters'), { status: 400, body: 'invalid &type= param' });
  t.match(await parse('format=foo'), { status: 400, body: /^usage: \/stats\?format=/ });
  t.match(await parse('histogram_buckets=foo'), { status: 400, body: /^usage: \/stats\?histogram_buckets=/ });
  t.match(await parse('histogram_buckets=detailed', true), {
    status: 400,
    body: 'unsupported prometheus histogram bucket mode',
  });
  t.match(await parse('filter=('), { status: 400, body: /^Invalid re2 regex: missing (closing )?\): \($/ });
  const filtered = await parse('filter=a.c%24');
  const inverted = await parse('filter=a.c%24&invert_filter');
  if ('query' in filtered && 'query' in inverted) {
    t.same(
      ['xabc', 'abcd'].map((name) => filtered.query.filter?.(name)),
      [true, false],
    );
    t.same(
      ['xabc', 'abcd'].map((name) => inverted.query.filter?.(name)),
      [false, true],
    );
  } else {
    t.fail('the filters were refused');
  }
});
