// Runs the fuzzers for about 15 s with a seed that is printed: FUZZ_SEED repeats a run, FUZZ_SECONDS makes it longer.
import fc from 'fast-check';
import t from 'tap';
import { fuzz } from './h1.fuzz.ts';
import { pipeline } from './pipelining.ts';
import { exchange, roundTrip } from './round-trip.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const seconds = Number(process.env['FUZZ_SECONDS'] ?? 15);
// A longer run under tap's runner needs its `--timeout` as well.
t.setTimeout((seconds + 60) * 1000);
t.comment(`FUZZ_SEED=${seed} FUZZ_SECONDS=${seconds}`);

t.test('requests: never more lenient than node, split anywhere', (t) => {
  const { runs, accepted, finding } = fuzz('requests', seed, seconds * 0.5);
  t.comment(`${runs} inputs, of which ${accepted} had a complete request`);
  t.same(finding, null, finding?.kind ?? 'no difference');
  t.ok(accepted > runs / 100, 'enough of them are accepted to mean something');
  t.end();
});

t.test('responses: the same', (t) => {
  const { runs, accepted, finding } = fuzz('responses', seed, seconds * 0.2);
  t.comment(`${runs} inputs, of which ${accepted} had a complete response`);
  t.same(finding, null, finding?.kind ?? 'no difference');
  t.ok(accepted > runs / 100, 'enough of them are accepted to mean something');
  t.end();
});

t.test('round trip: client codec to server codec and back', (t) => {
  t.doesNotThrow(() => {
    fc.assert(fc.property(exchange, roundTrip), {
      seed,
      numRuns: 1_000_000,
      interruptAfterTimeLimit: seconds * 200,
      markInterruptAsFailure: false,
    });
  });
  t.end();
});

t.test('pipelining: nothing is lost, whenever the answers come', async (t) => {
  t.setTimeout((seconds + 60) * 1000);
  const end = performance.now() + seconds * 100;
  let runs = 0;
  while (performance.now() < end) {
    try {
      await pipeline(seed + runs);
    } catch (error) {
      t.fail(`FUZZ_SEED=${seed + runs}: ${String(error)}`);
      return;
    }
    runs++;
  }
  t.ok(runs > 0, `${runs} runs`);
});
