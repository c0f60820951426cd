// Runs the fuzzers of HTTP/2 for about 12 s with a seed that is printed: FUZZ_SEED repeats a run, FUZZ_SECONDS makes it longer.
import t from 'tap';
import { fuzz } from './h2.fuzz.ts';
import { type Difference, nodeEncodes, verdicts, weEncode } from './hpack.fuzz.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const seconds = Number(process.env['FUZZ_SECONDS'] ?? 12);
t.setTimeout((seconds + 60) * 1000);
t.comment(`FUZZ_SEED=${seed} FUZZ_SECONDS=${seconds}`);

for (const [name, answers] of [
  ['requests', false],
  ['responses', true],
] as const) {
  t.test(`${name}: never more lenient than node, split anywhere`, async (t) => {
    t.setTimeout((seconds + 60) * 1000);
    const { runs, accepted, refused, finding } = await fuzz(seed, seconds * 0.35, answers);
    t.comment(`${runs} conversations, ${accepted} ${name} forwarded, ${refused} with something refused`);
    t.same(finding, null, `${finding?.kind ?? 'no difference'}; FUZZ_SEED=${seed + runs - 1} begins with it`);
    t.ok(accepted > runs / 4, 'enough is accepted to mean something');
    t.ok(refused > runs / 10, 'and refused');
  });
}

const hpack: Readonly<Record<string, (seed: number) => Promise<Difference>>> = {
  'HPACK: what nghttp2 encodes we decode': nodeEncodes,
  'HPACK: what we encode nghttp2 decodes': weEncode,
  'HPACK: the same verdict on blocks that were changed': verdicts,
};
for (const [name, run] of Object.entries(hpack)) {
  t.test(name, async (t) => {
    t.setTimeout((seconds + 60) * 1000);
    const end = performance.now() + seconds * 100;
    let runs = 0;
    let difference: Difference = null;
    while (difference === null && performance.now() < end) difference = await run(seed + runs++);
    t.equal(difference, null, `${runs} runs; FUZZ_SEED=${seed + runs - 1} begins with the last`);
  });
}
