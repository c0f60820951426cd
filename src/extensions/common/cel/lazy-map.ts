// Owns maps whose values are worked out when an expression asks for one, as Envoy's are: they cannot be listed.
import { type CelInput, type CelMap, celMap } from '@bufbuild/cel';

export class LazyMap {
  readonly #read: (key: string) => CelInput | undefined;

  constructor(read: (key: string) => CelInput | undefined) {
    this.#read = read;
  }

  get(key: unknown): CelInput | undefined {
    return typeof key === 'string' ? this.#read(key) : undefined;
  }

  has(key: unknown): boolean {
    return this.get(key) !== undefined;
  }

  get size(): number {
    throw new Error('the map has no size');
  }

  keys(): never {
    throw new Error('the map cannot be listed');
  }

  /** The library asks such a map for `get`, `size` and its lists only. */
  asCel(): CelMap {
    return celMap(this as unknown as ReadonlyMap<string, CelInput>);
  }
}
