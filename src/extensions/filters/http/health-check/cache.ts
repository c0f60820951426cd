// Owns the answer of upstream that is given to health checks for a while. As Envoy's: time is cut into periods from the
// start on, and an answer holds until the end of the period it came in.
import type { Clock } from '../../../../base/clock.ts';

export class AnswerCache {
  readonly #clock: Clock;
  readonly #periodMs: number;
  readonly #start: number;
  #heldIn = -1;
  status = 0;
  degraded = false;

  constructor(clock: Clock, periodMs: number) {
    this.#clock = clock;
    this.#periodMs = periodMs;
    this.#start = clock.monotonic();
  }

  get holds(): boolean {
    return this.#heldIn === this.#period();
  }

  set(status: number, degraded: boolean): void {
    this.#heldIn = this.#period();
    this.status = status;
    this.degraded = degraded;
  }

  #period(): number {
    return Math.floor((this.#clock.monotonic() - this.#start) / this.#periodMs);
  }
}
