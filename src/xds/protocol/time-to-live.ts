// Owns resources that live only as long as the server keeps saying so (ttl): one timer for the next that would end.
import type { Clock } from '../../base/clock.ts';
import type { Timer, TimerHandler, Timers } from '../../base/timers.ts';
import type { NamedResource } from './messages.ts';

export class TimeToLive implements TimerHandler {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #onExpired: (names: readonly string[]) => void;
  /** Monotonic milliseconds by name. */
  readonly #deadlines = new Map<string, number>();
  #timer: Timer | null = null;
  #armedFor = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, timers: Timers, onExpired: (names: readonly string[]) => void) {
    this.#clock = clock;
    this.#timers = timers;
    this.#onExpired = onExpired;
  }

  /** An update names it, or gives a sign of life. Without a ttl it stays for good. */
  note({ name, ttlMs }: NamedResource): void {
    if (ttlMs <= 0) {
      this.#deadlines.delete(name);
      return;
    }
    const deadline = this.#clock.monotonic() + ttlMs;
    this.#deadlines.set(name, deadline);
    if (deadline < this.#armedFor) this.#arm(deadline);
  }

  forget(name: string): void {
    this.#deadlines.delete(name);
  }

  stop(): void {
    this.#deadlines.clear();
    this.#timer?.cancel();
    this.#timer = null;
    this.#armedFor = Number.POSITIVE_INFINITY;
  }

  /** May fire for one that lives on: looking for the next at each sign of life would cost a walk over all. */
  #arm(deadline: number): void {
    this.#timer?.cancel();
    this.#armedFor = deadline;
    this.#timer = this.#timers.schedule(Math.max(0, Math.ceil(deadline - this.#clock.monotonic())), this);
  }

  onTimer(): void {
    const now = this.#clock.monotonic();
    const expired: string[] = [];
    let next = Number.POSITIVE_INFINITY;
    for (const [name, deadline] of this.#deadlines) {
      if (deadline <= now) expired.push(name);
      else next = Math.min(next, deadline);
    }
    for (const name of expired) this.#deadlines.delete(name);
    this.#timer = null;
    this.#armedFor = Number.POSITIVE_INFINITY;
    if (next !== Number.POSITIVE_INFINITY) this.#arm(next);
    if (expired.length > 0) this.#onExpired(expired);
  }
}
