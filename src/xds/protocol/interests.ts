// Owns which resources of a type are wanted: names, each for as long as somebody wants it, or all of them.
import { wildcard } from './messages.ts';

export class Interests {
  readonly #counts = new Map<string, number>();

  /** True when nobody wanted it before. `name` may be `*`. */
  add(name: string): boolean {
    const count = this.#counts.get(name) ?? 0;
    this.#counts.set(name, count + 1);
    return count === 0;
  }

  /** True when nobody wants it any more. */
  remove(name: string): boolean {
    const count = this.#counts.get(name);
    if (count === undefined) return false;
    if (count > 1) {
      this.#counts.set(name, count - 1);
      return false;
    }
    this.#counts.delete(name);
    return true;
  }

  get isEmpty(): boolean {
    return this.#counts.size === 0;
  }

  get wantsAll(): boolean {
    return this.#counts.has(wildcard);
  }

  wants(name: string): boolean {
    return this.#counts.has(name) || this.wantsAll;
  }

  /** By name, whatever else. */
  names(name: string): boolean {
    return this.#counts.has(name);
  }

  /** As a request lists them: none when all are wanted and nothing else, as clients did before there was a `*`. */
  list(): string[] {
    if (this.#counts.size === 1 && this.wantsAll) return [];
    return [...this.#counts.keys()];
  }
}
