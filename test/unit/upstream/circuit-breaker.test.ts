import t from 'tap';
import { createCircuitBreaker } from '../../../src/upstream/circuit-breaker.ts';
import { FakeRuntime } from '../../support/fake-runtime.ts';
import { defaultBreaker, StatsStore, statsOf } from './support.ts';

t.test('limits count, open at their maximum and close below it', async (t) => {
  const store = new StatsStore();
  const breaker = createCircuitBreaker(
    { ...defaultBreaker, maxRequests: 2, trackRemaining: true },
    store,
    'high',
    'c',
    new FakeRuntime(),
  );
  const stats = () => statsOf(store, 'circuit_breakers.high.');
  t.match(stats(), { remaining_cx: 1024, remaining_pending: 1024, remaining_rq: 2, remaining_retries: 3 });
  breaker.requests.inc();
  t.ok(breaker.requests.canCreate());
  breaker.requests.inc();
  t.notOk(breaker.requests.canCreate());
  t.equal(stats()['rq_open'], 1);
  t.equal(stats()['remaining_rq'], undefined);
  breaker.requests.inc();
  t.equal(breaker.requests.count, 3, 'whoever may exceed it is counted');
  breaker.requests.dec();
  t.equal(stats()['rq_open'], 1);
  breaker.requests.dec();
  t.equal(stats()['rq_open'], undefined);
  t.equal(stats()['remaining_rq'], 1);
});

t.test('remaining_* only where asked for', async (t) => {
  const store = new StatsStore();
  createCircuitBreaker(defaultBreaker, store, 'default', 'c', new FakeRuntime());
  t.notOk([...store.gauges()].some((gauge) => gauge.name.includes('remaining')));
  t.ok([...store.gauges()].some((gauge) => gauge.name === 'circuit_breakers.default.rq_retry_open'));
});

t.test('a limit of 0 refuses all; its gauge stays as nothing ever changes it, as in Envoy', async (t) => {
  const store = new StatsStore();
  const breaker = createCircuitBreaker(
    { ...defaultBreaker, maxPendingRequests: 0 },
    store,
    'default',
    'c',
    new FakeRuntime(),
  );
  t.notOk(breaker.pendingRequests.canCreate());
  t.equal(statsOf(store, '')['circuit_breakers.default.rq_pending_open'], undefined);
});

t.test('a retry budget grows with the requests in progress', async (t) => {
  const store = new StatsStore();
  const breaker = createCircuitBreaker(
    { ...defaultBreaker, retryBudget: { budgetPercent: 20, minRetryConcurrency: 3 }, trackRemaining: true },
    store,
    'default',
    'c',
    new FakeRuntime(),
  );
  t.equal(breaker.retries.max, 3, 'at least');
  for (let i = 0; i < 30; i++) breaker.requests.inc();
  for (let i = 0; i < 10; i++) breaker.pendingRequests.inc();
  t.equal(breaker.retries.max, 8);
  for (let i = 0; i < 8; i++) breaker.retries.inc();
  t.notOk(breaker.retries.canCreate());
  t.equal(statsOf(store, '')['circuit_breakers.default.rq_retry_open'], 1);
  breaker.retries.dec();
  t.ok(breaker.retries.canCreate());
  t.equal(statsOf(store, '')['circuit_breakers.default.remaining_retries'], undefined, 'not shown: asked of Envoy');
});

t.test('limits follow the runtime', (t) => {
  const runtime = new FakeRuntime();
  const stats = new StatsStore();
  const breaker = createCircuitBreaker({ ...defaultBreaker, trackRemaining: true }, stats, 'high', 'c', runtime);
  breaker.requests.inc();
  t.equal(breaker.requests.canCreate(), true);
  runtime.set('circuit_breakers.c.high.max_requests', 1);
  t.equal(breaker.requests.canCreate(), false);
  t.equal(breaker.requests.max, 1);
  runtime.set('circuit_breakers.c.high.max_requests', 3);
  t.equal(breaker.requests.canCreate(), true);
  breaker.requests.inc();
  t.equal(statsOf(stats, 'circuit_breakers.high.')['remaining_rq'], 1);
  t.end();
});
