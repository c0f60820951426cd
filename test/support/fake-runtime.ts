// A runtime that the test writes to.
import type { Runtime, RuntimeShare } from '../../src/base/runtime.ts';

export class FakeRuntime implements Runtime {
  version = 1;
  readonly #values = new Map<string, number | boolean | RuntimeShare>();

  set(key: string, value: number | boolean | RuntimeShare): void {
    this.#values.set(key, value);
    this.version++;
  }

  clear(): void {
    this.#values.clear();
    this.version++;
  }

  number(key: string, defaultValue: number): number {
    const value = this.#values.get(key);
    return typeof value === 'number' ? value : defaultValue;
  }

  integer(key: string, defaultValue: number): number {
    return Math.trunc(this.number(key, defaultValue));
  }

  boolean(key: string, defaultValue: boolean): boolean {
    const value = this.#values.get(key);
    return typeof value === 'boolean' ? value : defaultValue;
  }

  share(key: string): RuntimeShare | undefined {
    const value = this.#values.get(key);
    if (typeof value === 'number') return { numerator: value, denominator: 100 };
    return typeof value === 'object' ? value : undefined;
  }
}
