// How long the answer of upstream stands in for the next health checks.
import t from 'tap';
import { AnswerCache } from '../../../../../src/extensions/filters/http/health-check/cache.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';

t.test('an answer holds until the end of the period it came in', async (t) => {
  const clock = new FakeClock();
  const cache = new AnswerCache(clock, 100);
  t.notOk(cache.holds);
  clock.advance(60);
  cache.set(503, true);
  t.ok(cache.holds);
  t.same([cache.status, cache.degraded], [503, true]);
  clock.advance(39);
  t.ok(cache.holds);
  clock.advance(1);
  t.notOk(cache.holds);
  cache.set(200, false);
  t.ok(cache.holds);
});
