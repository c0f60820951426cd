// Owns the `date` header's value: made at most once a second (DESIGN 3.1).
import type { Clock } from '../../base/clock.ts';

export class DateProvider {
  readonly #clock: Clock;
  #second = -1;
  #text = '';

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** RFC 9110 section 5.6.7, IMF-fixdate. */
  text(): string {
    const second = Math.floor(this.#clock.wall() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#text = new Date(second * 1000).toUTCString();
    }
    return this.#text;
  }
}
