// Timers that fire when the test moves their clock, in the order of their deadlines.
import type { Timer, TimerHandler, Timers } from '../../src/base/timers.ts';
import { FakeClock } from './fake-clock.ts';

export class FakeTimer implements Timer {
  readonly delayMs: number;
  readonly handler: TimerHandler;
  /** Order of arming, so that equal deadlines fire first come, first served. */
  order = 0;
  deadline = 0;
  active = false;
  readonly #owner: FakeTimers;

  constructor(owner: FakeTimers, delayMs: number, handler: TimerHandler) {
    this.#owner = owner;
    this.delayMs = delayMs;
    this.handler = handler;
    this.refresh();
  }

  cancel(): void {
    this.active = false;
    this.#owner.pending.delete(this);
  }

  refresh(): void {
    this.deadline = this.#owner.clock.now + this.delayMs;
    this.order = this.#owner.nextOrder();
    this.active = true;
    this.#owner.pending.add(this);
  }
}

export class FakeTimers implements Timers {
  readonly clock: FakeClock;
  readonly pending = new Set<FakeTimer>();
  #order = 0;

  constructor(clock: FakeClock = new FakeClock()) {
    this.clock = clock;
  }

  schedule(delayMs: number, handler: TimerHandler): Timer {
    return new FakeTimer(this, delayMs, handler);
  }

  nextOrder(): number {
    return this.#order++;
  }

  /** Moves the clock, stopping at each deadline on the way. */
  advance(ms: number): void {
    const end = this.clock.now + ms;
    for (let timer = this.#next(end); timer !== null; timer = this.#next(end)) {
      this.clock.now = Math.max(this.clock.now, timer.deadline);
      timer.cancel();
      timer.handler.onTimer(timer);
    }
    this.clock.now = end;
  }

  /** Delays of the armed timers, ascending; what a test asserts instead of waiting. */
  delays(): number[] {
    return [...this.pending].map((timer) => timer.delayMs).sort((a, b) => a - b);
  }

  #next(end: number): FakeTimer | null {
    let first: FakeTimer | null = null;
    for (const timer of this.pending) {
      if (timer.deadline > end) continue;
      if (
        first === null ||
        timer.deadline < first.deadline ||
        (timer.deadline === first.deadline && timer.order < first.order)
      ) {
        first = timer;
      }
    }
    return first;
  }
}
