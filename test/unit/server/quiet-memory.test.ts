import t from 'tap';
import { registry } from '../../../src/config/api.ts';
import { QuietMemory } from '../../../src/server/quiet-memory.ts';
import { FakeTimers } from '../../support/fake-timers.ts';

/** A process that uses the given share of a core. */
async function started(
  share: { ofCore: number },
  bufferBytes = () => 0,
): Promise<{ memory: QuietMemory; timers: FakeTimers }> {
  const timers = new FakeTimers();
  let cpu = 0;
  let at = 0;
  const cpuMs = (): number => {
    cpu += (timers.clock.now - at) * share.ofCore;
    at = timers.clock.now;
    return cpu;
  };
  const memory = new QuietMemory(timers, timers.clock, false, cpuMs, bufferBytes);
  await memory.start();
  return { memory, timers };
}

/** Mind that asking `registry()` counts as a use, and makes another where there is none. */
const name = 'envoy.config.cluster.v3.Cluster';

t.test('descriptors go soon after the start, then it looks every five seconds', async (t) => {
  const before = registry();
  before.getMessage(name);
  const { memory, timers } = await started({ ofCore: 0.01 });
  t.same(timers.delays(), [500]);
  timers.advance(500);
  t.not(registry(), before);
  t.same(timers.delays(), [5_000]);
  memory.stop();
  t.same(timers.delays(), []);
});

t.test('garbage of a configuration waits for a quiet moment', async (t) => {
  const before = registry();
  const share = { ofCore: 0.8 };
  const { memory, timers } = await started(share);
  timers.advance(500);
  t.same(timers.delays(), [500]);
  timers.advance(3_000);
  t.same(timers.delays(), [500]);
  share.ofCore = 0.02;
  timers.advance(500);
  t.same(timers.delays(), [5_000]);
  t.not(registry(), before, 'descriptors have gone nevertheless');
  memory.stop();
});

t.test('a configuration that is read later is cleared away as well, not while it is read', async (t) => {
  const { memory, timers } = await started({ ofCore: 0 });
  timers.advance(500);
  const reading = registry();
  timers.advance(5_000);
  t.equal(registry(), reading, 'it was asked for since the last look');
  timers.advance(5_000);
  t.equal(registry(), reading, 'and again');
  timers.advance(10_000);
  t.not(registry(), reading);
  memory.stop();
});

t.test('buffers of a burst that is over are collected once it is quiet, and what is in use once only', async (t) => {
  const MB = 1024 * 1024;
  const share = { ofCore: 0 };
  let held = 0;
  let looks = 0;
  const { memory, timers } = await started(share, () => {
    looks++;
    return held;
  });
  timers.advance(500);
  held = 40 * MB;
  share.ofCore = 0.8;
  timers.advance(5_000);
  t.same(timers.delays(), [500], 'a collection waits for a quiet moment');
  share.ofCore = 0.02;
  looks = 0;
  timers.advance(500);
  t.equal(looks, 2, 'collected, and what is left counted');
  t.same(timers.delays(), [5_000]);
  looks = 0;
  timers.advance(5_000);
  t.equal(looks, 1, 'the same 40 MB again are no reason');
  held = 10 * MB;
  timers.advance(5_000);
  held = 30 * MB;
  looks = 0;
  timers.advance(5_000);
  t.equal(looks, 2, 'a new burst counts from what was left');
  timers.advance(50_000);
  looks = 0;
  timers.advance(15_000);
  t.equal(looks, 4, 'three looks, and one more collection: what was in use may have been let go');
  memory.stop();
});
