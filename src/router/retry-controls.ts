// Owns what an operator may change of retries while the process runs: runtime keys `upstream.use_retry` (percent of
// retries that are made) and `upstream.base_retry_backoff_ms` (where a policy has no back-off of its own).
import { type Runtime, RuntimeInteger } from '../base/runtime.ts';

const defaultBaseMs = 25;

export class RetryControls {
  readonly #percent: RuntimeInteger;
  readonly #baseMs: RuntimeInteger;
  readonly #random: { fraction(): number };

  constructor(runtime: Runtime, random: { fraction(): number }) {
    this.#percent = new RuntimeInteger(100, 'upstream.use_retry', runtime);
    this.#baseMs = new RuntimeInteger(defaultBaseMs, 'upstream.base_retry_backoff_ms', runtime);
    this.#random = random;
  }

  /** Asked for each retry. */
  allows(): boolean {
    const percent = this.#percent.value;
    return percent >= 100 || Math.floor(this.#random.fraction() * 100) < percent;
  }

  get baseMs(): number {
    return Math.max(1, this.#baseMs.value);
  }
}
