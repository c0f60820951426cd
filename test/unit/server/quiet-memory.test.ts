import t from 'tap';
import { registry } from '../../../src/config/api.ts';
import { QuietMemory } from '../../../src/server/quiet-memory.ts';
import { FakeTimers } from '../../support/fake-timers.ts';

const cluster = 'envoy.config.cluster.v3.Cluster';

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

t.test('descriptors go soon after the start, then it looks every five seconds', async (t) => {
  registry().getMessage(cluster);
  const { memory, timers } = await started({ ofCore: 0.01 });
  t.same(timers.delays(), [500]);
  t.ok(registry().loadedFileCount() > 0);
  timers.advance(500);
  t.equal(registry().loadedFileCount(), 0);
  t.same(timers.delays(), [5_000]);
  memory.stop();
  t.same(timers.delays(), []);
});

t.test('garbage of a configuration waits for a quiet moment', async (t) => {
  registry().getMessage(cluster);
  const share = { ofCore: 0.8 };
  const { memory, timers } = await started(share);
  timers.advance(500);
  t.equal(registry().loadedFileCount(), 0, 'descriptors go nevertheless');
  t.same(timers.delays(), [500]);
  timers.advance(3_000);
  t.same(timers.delays(), [500]);
  share.ofCore = 0.02;
  timers.advance(500);
  t.same(timers.delays(), [5_000]);
  memory.stop();
});

t.test('a configuration that is read later is cleared away as well', async (t) => {
  const { memory, timers } = await started({ ofCore: 0 });
  timers.advance(500);
  registry().getMessage(cluster);
  timers.advance(4_999);
  t.ok(registry().loadedFileCount() > 0);
  timers.advance(1);
  t.equal(registry().loadedFileCount(), 0);
  memory.stop();
});
