// A clock that stands still until the test moves it.
import type { Clock } from '../../src/base/clock.ts';

export class FakeClock implements Clock {
  /** Milliseconds. */
  now = 0;
  /** Wall time at `now` 0: 2026-01-01T00:00:00Z. */
  readonly epoch = 1767225600000;

  monotonic(): number {
    return this.now;
  }

  wall(): number {
    return this.epoch + this.now;
  }

  advance(ms: number): void {
    this.now += ms;
  }
}
