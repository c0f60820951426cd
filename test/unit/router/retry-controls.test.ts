import t from 'tap';
import type { RetryPolicy } from '../../../src/router/api.ts';
import { exponentialDelayMs } from '../../../src/router/retry-back-off.ts';
import { RetryControls } from '../../../src/router/retry-controls.ts';
import { FakeRuntime } from '../../support/fake-runtime.ts';

t.test('a share of the retries is made', (t) => {
  const runtime = new FakeRuntime();
  let fraction = 0.5;
  const controls = new RetryControls(runtime, { fraction: () => fraction });
  t.equal(controls.allows(), true);
  runtime.set('upstream.use_retry', 50);
  t.equal(controls.allows(), false);
  fraction = 0.49;
  t.equal(controls.allows(), true);
  runtime.set('upstream.use_retry', 0);
  t.equal(controls.allows(), false);
  t.end();
});

t.test('the base of the back-off is the runtime’s where the policy has none', (t) => {
  const runtime = new FakeRuntime();
  const controls = new RetryControls(runtime, { fraction: () => 0 });
  t.equal(controls.baseMs, 25);
  runtime.set('upstream.base_retry_backoff_ms', 100);
  const policy = { backOffBaseMs: 25, backOffMaxMs: 250 } as RetryPolicy;
  t.same(
    [1, 2, 9].map((retry) => exponentialDelayMs(policy, retry, 1, controls.baseMs)),
    [100, 300, 1000],
  );
  const own = { ...policy, backOffIsOwn: true };
  t.same(
    [1, 2, 9].map((retry) => exponentialDelayMs(own, retry, 1, controls.baseMs)),
    [25, 75, 250],
  );
  t.end();
});
