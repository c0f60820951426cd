// Owns the patience with a peer that shall take our last bytes, or close: who takes nothing for so long would keep the
// bytes, and us, for good.
import type { Timer, TimerHandler, Timers } from '../base/timers.ts';

export class CloseWatch implements TimerHandler {
  readonly #unsent: () => number;
  readonly #giveUp: () => void;
  readonly #timer: Timer;
  #unsentBefore: number;

  /** `unsent`: bytes that the kernel has not taken. `giveUp` is called after `delayMs` without one of them going. */
  constructor(timers: Timers, delayMs: number, unsent: () => number, giveUp: () => void) {
    this.#unsent = unsent;
    this.#giveUp = giveUp;
    this.#unsentBefore = unsent();
    this.#timer = timers.schedule(delayMs, this);
  }

  cancel(): void {
    this.#timer.cancel();
  }

  onTimer(timer: Timer): void {
    const unsent = this.#unsent();
    if (unsent === this.#unsentBefore) {
      this.#giveUp();
      return;
    }
    // A slow reader is a reader: the time counts from the last byte it took.
    this.#unsentBefore = unsent;
    timer.refresh();
  }
}
