import t from 'tap';
import { DrainManager } from '../../../src/server/drain.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

function manager(strategy: 'gradual' | 'immediate') {
  const clock = new FakeClock();
  return { clock, drain: new DrainManager(clock, new SeededRandom(7), 1000, strategy) };
}

/** How many of 1,000 responses would end their connection. */
function share(drain: DrainManager): number {
  let count = 0;
  for (let i = 0; i < 1000; i++) if (drain.drainClose('inbound', false)) count++;
  return count;
}

t.test('gradual draining grows over the drain time', (t) => {
  const { clock, drain } = manager('gradual');
  t.equal(share(drain), 0);
  drain.start(null);
  t.equal(share(drain), 0);
  clock.advance(250);
  t.ok(Math.abs(share(drain) - 250) < 60);
  clock.advance(500);
  t.ok(Math.abs(share(drain) - 750) < 60);
  clock.advance(250);
  t.equal(share(drain), 1000);
  t.end();
});

t.test('immediate draining, by direction', (t) => {
  const { drain } = manager('immediate');
  drain.start('inbound');
  t.equal(drain.drainClose('inbound', false), true);
  t.equal(drain.drainClose('outbound', false), false);
  drain.start(null);
  t.equal(drain.drainClose('outbound', false), true);
  t.end();
});

t.test('a failed health check drains all but listeners that drain on change only', (t) => {
  const { drain } = manager('gradual');
  drain.healthCheckFailed = true;
  t.equal(drain.drainClose('unspecified', false), true);
  t.equal(drain.drainClose('unspecified', true), false);
  t.end();
});
