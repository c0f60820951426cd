// Owns timers: the only place that calls setTimeout. Handlers are objects, not closures, so that arming a timer for
// each request allocates nothing but the timer. Tests inject `FakeTimers` (test/support).
import { contain } from './assert.ts';

/** What a timer calls. One object may own several timers: it tells them apart by the timer passed. */
export interface TimerHandler {
  onTimer(timer: Timer): void;
}

export interface Timer {
  /** Idempotent; the handler is not called afterwards. */
  cancel(): void;
  /** Starts the full delay again (also after it fired or was cancelled). */
  refresh(): void;
  readonly active: boolean;
}

export interface Timers {
  /** Calls `handler.onTimer` once after `delayMs` milliseconds. Does not keep the process alive. */
  schedule(delayMs: number, handler: TimerHandler): Timer;
}

/** setTimeout's limit: longer delays would fire at once (2^31 - 1 ms, 24.8 days). */
const maxDelayMs = 0x7fffffff;

class SystemTimer implements Timer {
  readonly #handler: TimerHandler;
  readonly #delayMs: number;
  #timeout: NodeJS.Timeout | null = null;
  constructor(delayMs: number, handler: TimerHandler) {
    this.#handler = handler;
    this.#delayMs = Math.min(maxDelayMs, Math.max(0, delayMs));
    this.#arm();
  }
  get active(): boolean {
    return this.#timeout !== null;
  }
  #arm(): void {
    this.#timeout = setTimeout(fire, this.#delayMs, this);
    this.#timeout.unref();
  }
  cancel(): void {
    if (this.#timeout === null) return;
    clearTimeout(this.#timeout);
    this.#timeout = null;
  }
  refresh(): void {
    if (this.#timeout === null) this.#arm();
    else this.#timeout.refresh();
  }
  static fired(timer: SystemTimer): void {
    timer.#timeout = null;
    try {
      timer.#handler.onTimer(timer);
    } catch (error) {
      contain('a timer', error);
    }
  }
}

const fire = SystemTimer.fired;

export const systemTimers: Timers = {
  schedule: (delayMs, handler) => new SystemTimer(delayMs, handler),
};
