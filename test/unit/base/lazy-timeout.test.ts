// Timeouts that are armed for every request and almost never fire.
import t from 'tap';
import { type LazyTimeout, type TimeoutHandler, TimeoutPool } from '../../../src/base/lazy-timeout.ts';
import { FakeTimers } from '../../support/fake-timers.ts';

class Handler implements TimeoutHandler {
  readonly fired: [LazyTimeout, number][] = [];
  readonly #timers: FakeTimers;
  constructor(timers: FakeTimers) {
    this.#timers = timers;
  }
  onTimeout(timeout: LazyTimeout): void {
    this.fired.push([timeout, this.#timers.clock.now]);
  }
}

function fixture() {
  const timers = new FakeTimers();
  const pool = new TimeoutPool(timers.clock, timers);
  const handler = new Handler(timers);
  const start = (delay: number): LazyTimeout => {
    const timeout = pool.start(delay, handler, timers.clock.now);
    if (timeout === null) throw new Error('no timeout');
    return timeout;
  };
  return { timers, pool, handler, start };
}

t.test('fires once, at its time', (t) => {
  const { timers, handler, start } = fixture();
  const timeout = start(100);
  timers.advance(99);
  t.same(handler.fired, []);
  timers.advance(1);
  t.same(handler.fired, [[timeout, 100]]);
  timers.advance(1000);
  t.equal(handler.fired.length, 1);
  t.equal(timers.pending.size, 0);
  t.end();
});

t.test('zero is none', (t) => {
  const { pool, handler, timers } = fixture();
  t.equal(pool.start(0, handler, 0), null);
  t.equal(timers.pending.size, 0);
  t.end();
});

t.test('touch counts from then on, without another timer', (t) => {
  const { timers, handler, start } = fixture();
  const timeout = start(100);
  for (let i = 0; i < 5; i++) {
    timers.advance(60);
    timeout.touch(timers.clock.now);
    t.equal(timers.pending.size, 1);
  }
  timers.advance(99);
  t.same(handler.fired, []);
  timers.advance(1);
  t.same(handler.fired, [[timeout, 400]]);
  t.end();
});

t.test('a released one does not fire, and serves the next request with its full delay', (t) => {
  const { timers, handler, start } = fixture();
  const first = start(100);
  timers.advance(50);
  first.release();
  const second = start(100);
  t.equal(second, first, 'the object is used again');
  t.equal(timers.pending.size, 1, 'and so is its sleeping timer');
  timers.advance(99);
  t.same(handler.fired, []);
  timers.advance(1);
  t.same(handler.fired, [[second, 150]]);
  t.end();
});

t.test('a thousand requests one after the other need one timer; in the end none is left', (t) => {
  const { timers, handler, start } = fixture();
  for (let i = 0; i < 1000; i++) {
    const timeout = start(15_000);
    timers.advance(1);
    timeout.release();
    t.ok(timers.pending.size <= 1);
  }
  timers.advance(30_000);
  t.equal(timers.pending.size, 0);
  t.same(handler.fired, []);
  t.end();
});

t.test('what is pooled is bounded, by delay and in all', (t) => {
  const { pool, handler, timers } = fixture();
  const many = Array.from({ length: 1000 }, () => pool.start(10, handler, 0));
  for (const timeout of many) timeout?.release();
  const again = new Set(Array.from({ length: 1000 }, () => pool.start(10, handler, 0)));
  t.equal([...again].filter((timeout) => many.includes(timeout)).length, 256);
  for (let delay = 1000; delay < 3000; delay++) pool.start(delay, handler, 0)?.release();
  timers.advance(4000);
  t.equal(timers.pending.size, 0);
  t.end();
});

t.test('a timer that is a fraction early is not too early', (t) => {
  const { timers, handler, start } = fixture();
  start(100);
  const timer = [...timers.pending][0];
  timers.clock.now = 99.6;
  timer?.cancel();
  timer?.handler.onTimer(timer);
  t.equal(handler.fired.length, 1);
  t.end();
});
