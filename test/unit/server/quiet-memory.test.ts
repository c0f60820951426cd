import t from 'tap';
import { registry } from '../../../src/config/api.ts';
import { QuietMemory } from '../../../src/server/quiet-memory.ts';
import { FakeTimers } from '../../support/fake-timers.ts';

/** A process that uses the given share of a core. */
async function started(share: { ofCore: number }): Promise<{ memory: QuietMemory; timers: FakeTimers }> {
  const timers = new FakeTimers();
  let cpu = 0;
  let at = 0;
  const cpuMs = (): number => {
    cpu += (timers.clock.now - at) * share.ofCore;
    at = timers.clock.now;
    return cpu;
  };
  const memory = new QuietMemory(timers, timers.clock, false, cpuMs);
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
