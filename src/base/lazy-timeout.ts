// Owns timeouts that are armed for every request and almost never fire. Arming and disarming only write fields; the
// timer underneath keeps sleeping from one request to the next and looks at the deadline when it wakes. Objects are
// taken from a pool for each delay and given back, so that a busy proxy has a handful of timers, not one a request.
import type { Clock } from './clock.ts';
import type { Timer, TimerHandler, Timers } from './timers.ts';

export interface TimeoutHandler {
  onTimeout(timeout: LazyTimeout): void;
}

export class LazyTimeout implements TimerHandler {
  readonly delayMs: number;
  readonly #pool: TimeoutPool;
  #handler: TimeoutHandler | null = null;
  #deadline = 0;
  #timer: Timer | null = null;

  constructor(pool: TimeoutPool, delayMs: number) {
    this.#pool = pool;
    this.delayMs = delayMs;
  }

  /** The full delay from `now` (monotonic ms) on. */
  start(handler: TimeoutHandler, now: number): void {
    this.#handler = handler;
    this.#deadline = now + this.delayMs;
    this.#timer ??= this.#pool.timers.schedule(this.delayMs, this);
  }

  /** Something happened: counts from `now` again. */
  touch(now: number): void {
    this.#deadline = now + this.delayMs;
  }

  /** Stops and gives the object back: the caller forgets it. */
  release(): void {
    this.#handler = null;
    this.#pool.giveBack(this);
  }

  onTimer(): void {
    this.#timer = null;
    const handler = this.#handler;
    if (handler === null) return;
    const left = this.#deadline - this.#pool.clock.monotonic();
    // Timers may fire a fraction of a millisecond early.
    if (left > 0.5) {
      this.#timer = this.#pool.timers.schedule(left, this);
      return;
    }
    this.#handler = null;
    handler.onTimeout(this);
  }
}

const maxFreePerDelay = 256;

export class TimeoutPool {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly #free = new Map<number, LazyTimeout[]>();

  constructor(clock: Clock, timers: Timers) {
    this.clock = clock;
    this.timers = timers;
  }

  /** Null for 0: no timeout. `now` is the monotonic clock's reading. */
  start(delayMs: number, handler: TimeoutHandler, now: number): LazyTimeout | null {
    if (delayMs <= 0) return null;
    const timeout = this.#free.get(delayMs)?.pop() ?? new LazyTimeout(this, delayMs);
    timeout.start(handler, now);
    return timeout;
  }

  giveBack(timeout: LazyTimeout): void {
    let free = this.#free.get(timeout.delayMs);
    if (free === undefined) {
      // Delays come from configuration and, bounded, from request headers: forget all rather than grow for good.
      if (this.#free.size >= 512) this.#free.clear();
      free = [];
      this.#free.set(timeout.delayMs, free);
    }
    if (free.length < maxFreePerDelay) free.push(timeout);
  }
}
