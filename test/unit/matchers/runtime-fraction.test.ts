import t from 'tap';
import { Fraction, RuntimeFraction } from '../../../src/matchers/fraction.ts';
import { FakeRuntime } from '../../support/fake-runtime.ts';

// covers: envoy.config.core.v3.RuntimeFractionalPercent.{default_value, runtime_key}
t.test('the runtime key, where it is set, counts from the next request on', async (t) => {
  const runtime = new FakeRuntime();
  const fraction = new RuntimeFraction(new Fraction(10, 0), 'k', runtime);
  t.equal(fraction.includes(9), true);
  t.equal(fraction.includes(10), false);
  runtime.set('k', 20);
  t.equal(fraction.includes(19), true, 'a whole number is so many of a hundred');
  t.equal(fraction.includes(120), false);
  runtime.set('k', { numerator: 5, denominator: 10_000 });
  t.equal(fraction.includes(5), false);
  t.equal(fraction.includes(10_004), true);
  t.equal(fraction.description, '5 in 10000');
  runtime.clear();
  t.equal(fraction.includes(9), true, 'back to the configured one');
});
