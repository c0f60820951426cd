/** Owns where the lines of a text begin: a text with thousands of errors is counted through once, not once for each. */
import { hidePrivateParts } from './private-parts.ts';

export class SourceLines {
  readonly #text: string;
  #starts: readonly number[] | undefined;
  #shown: string | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** Counts from 1, as editors do. */
  lineAndColumn(offset: number): { line: number; column: number } {
    const starts = this.#index();
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((starts[middle] as number) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - (starts[low] as number) + 1 };
  }

  /** The line `number`, from 1, without its end, to be shown: without private keys. Undefined beyond the last. */
  line(number: number): string | undefined {
    const starts = this.#index();
    const start = starts[number - 1];
    if (start === undefined) return undefined;
    const next = starts[number];
    this.#shown ??= hidePrivateParts(this.#text);
    return this.#shown.slice(start, next === undefined ? undefined : next - 1);
  }

  #index(): readonly number[] {
    if (this.#starts === undefined) {
      const starts = [0];
      for (let at = this.#text.indexOf('\n'); at >= 0; at = this.#text.indexOf('\n', at + 1)) starts.push(at + 1);
      this.#starts = starts;
    }
    return this.#starts;
  }
}
