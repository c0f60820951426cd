// The bins of histograms, and what is computed from them, against values that a real Envoy 1.40 printed.
import t from 'tap';
import {
  addBins,
  approximateSum,
  binLow,
  binOf,
  binWidth,
  countAtMost,
  MAX_BINS,
  NO_BINS,
  quantiles,
  type SparseBins,
} from '../../../../src/observability/stats/bins.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

function binsOf(values: readonly number[]): SparseBins {
  let all: SparseBins = NO_BINS;
  for (const value of values) all = addBins(all, { bins: [binOf(value)], counts: [1] });
  return all;
}

const SHOWN = [0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 1];
/** Sizes of bodies that were sent through Envoy with track_cluster_stats.request_response_sizes. */
const SIZES = [0, 1, 5, 7, 12, 12, 13, 14, 99, 100, 105, 1000, 1234, 1234, 1240, 20000, 99999, 120000];

t.test('a value lies in its bin', (t) => {
  const seed = 20261123;
  t.comment(`seed ${seed}`);
  const random = new SeededRandom(seed);
  const values = [1, 9, 10, 11, 99, 100, 999, 1000, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53];
  for (let exponent = 0; exponent <= 15; exponent++)
    values.push(10 ** exponent, 10 ** exponent - 1, 10 ** exponent + 1);
  for (let i = 0; i < 2000; i++) values.push(Math.floor(random.fraction() * 10 ** (i % 16)));
  for (const value of values) {
    const bin = binOf(value);
    const low = binLow(bin);
    // One part in 10^12 for tenths, which doubles do not hold exactly.
    const inside = low <= value && (value < (low + binWidth(bin)) * (1 + 1e-12) || value === 0);
    if (!inside || bin >= MAX_BINS) t.fail(`${value} is not in bin ${bin}: [${low}, +${binWidth(bin)})`);
  }
  t.pass(`${values.length} values`);
  t.end();
});

t.test('bins hold two significant digits', (t) => {
  t.equal(binOf(0), 0);
  t.equal(binOf(12), binOf(12.9 | 0));
  t.not(binOf(12), binOf(13));
  t.equal(binOf(1200), binOf(1299));
  t.not(binOf(1299), binOf(1300));
  t.same([binLow(binOf(6050)), binWidth(binOf(6050))], [6000, 100]);
  t.same([binLow(binOf(3)), binWidth(binOf(3))], [3, 0.1]);
  t.end();
});

t.test('quantiles are those of Envoy', (t) => {
  t.same(
    quantiles(binsOf([3, 3, 3, 3, 3]), SHOWN).map((value) => value.toFixed(6)),
    [
      '3.016667',
      '3.033333',
      '3.050000',
      '3.066667',
      '3.083333',
      '3.083333',
      '3.083333',
      '3.083333',
      '3.083333',
      '3.083333',
    ],
  );
  t.same(
    quantiles(binsOf(SIZES), SHOWN),
    [0, 12.333333333333334, 99.5, 1250, 99500, 125000, 125000, 125000, 125000, 125000],
  );
  t.same(quantiles(NO_BINS, [0, 1]), [Number.NaN, Number.NaN]);
  t.end();
});

t.test('sums and bucket counts are those of Envoy', (t) => {
  t.equal(approximateSum(binsOf(SIZES)).toFixed(6), '249952.003669');
  t.equal(approximateSum(binsOf(new Array(18).fill(8))).toFixed(9), '144.894409938');
  const counts = [0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 30000, 300000].map((limit) =>
    countAtMost(binsOf(SIZES), limit),
  );
  t.same(counts, [1, 2, 3, 4, 8, 8, 11, 11, 11, 12, 15, 16, 18]);
  t.equal(countAtMost(binsOf([100, 105, 108]), 100.5), 3, 'a bin counts by where it starts');
  t.end();
});

t.test('adding keeps every count', (t) => {
  const sum = addBins({ bins: [1, 5], counts: [1, 2] }, { bins: [0, 5, 9], counts: [4, 3, 1] });
  t.same(sum, { bins: [0, 1, 5, 9], counts: [4, 1, 5, 1] });
  t.equal(addBins(NO_BINS, sum), sum);
  t.equal(addBins(sum, NO_BINS), sum);
  t.end();
});
