// Owns time: the only place that reads the machine's clocks. Tests inject a `FakeClock` (test/support).
// Node's global of this name is a getter, which costs more than the reading itself where the caches are cold.
import { performance } from 'node:perf_hooks';
import { atTurnEnd, type TurnEnd } from './turn.ts';

/** Source of time. Both readings come from one moment when taken in one turn of the event loop. */
export interface Clock {
  /** Milliseconds since an arbitrary start, with fractions, never going back. */
  monotonic(): number;
  /** Milliseconds since the Unix epoch, with fractions. */
  wall(): number;
}

/** So often the wall clock is asked whether it has been set. */
const COMPARE_EVERY_MS = 10;

/** Read once for each turn of the event loop: a request asks a dozen times (3 % of its CPU without this). */
class TurnClock implements Clock, TurnEnd {
  #known = false;
  #now = 0;
  #wall = 0;
  /** Wall time minus monotonic time. */
  #offset = performance.timeOrigin;
  #compareAt = 0;

  monotonic(): number {
    if (!this.#known) this.#read();
    return this.#now;
  }

  wall(): number {
    if (!this.#known) this.#read();
    return this.#wall;
  }

  #read(): void {
    this.#known = true;
    const now = performance.now();
    if (now >= this.#compareAt) {
      this.#compareAt = now + COMPARE_EVERY_MS;
      // Steps of the wall clock (NTP) are followed: the offset of the start alone would drift from it.
      const date = Date.now();
      if (Math.abs(now + this.#offset - date) > 1.5) this.#offset = date - now;
    }
    this.#now = now;
    this.#wall = now + this.#offset;
    atTurnEnd(this);
  }

  onTurnEnd(): void {
    this.#known = false;
  }
}

export const systemClock: Clock = new TurnClock();
