// A generator that a seed repeats (mulberry32). Print the seed (t.comment) so that a failure can be played again.
import type { Random } from '../../src/base/random.ts';

export class SeededRandom implements Random {
  readonly seed: number;
  #state: number;

  constructor(seed: number) {
    this.seed = seed;
    this.#state = seed >>> 0;
  }

  uint32(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  fraction(): number {
    return this.uint32() / 0x100000000;
  }

  uuid(): string {
    const hex = (digits: number): string => {
      let text = '';
      while (text.length < digits) text += (this.uint32() & 0xf).toString(16);
      return text;
    };
    return `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
  }
}
