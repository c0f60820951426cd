// Owns maps whose values are worked out when an expression asks for one, as Envoy's are, and what stands for a message of
// the API: both are maps to the CEL library, and `lazyMapOf` finds them again in an expression's result.
import type { CelInput, CelMap } from '@bufbuild/cel';
import { library } from './library.ts';

/** What a message prints as: in text as protobuf's text format on one line, in JSON as protobuf's JSON. */
export interface MessageView {
  text(): string;
  json(): unknown;
}

export interface LazyMapOptions {
  /** All keys; absent: the map cannot be listed, and has no size. */
  readonly keys?: () => readonly string[];
  /** The map stands for a message. */
  readonly message?: MessageView;
}

export class LazyMap {
  readonly #read: (key: string) => CelInput | undefined;
  readonly #keys: (() => readonly string[]) | undefined;
  readonly message: MessageView | undefined;

  constructor(read: (key: string) => CelInput | undefined, options: LazyMapOptions = {}) {
    this.#read = read;
    this.#keys = options.keys;
    this.message = options.message;
  }

  get isListed(): boolean {
    return this.#keys !== undefined;
  }

  get(key: unknown): CelInput | undefined {
    return typeof key === 'string' ? this.#read(key) : undefined;
  }

  has(key: unknown): boolean {
    return this.get(key) !== undefined;
  }

  get size(): number {
    return this.#list().length;
  }

  keys(): IterableIterator<string> {
    return this.#list().values();
  }

  *entries(): IterableIterator<[string, CelInput]> {
    for (const key of this.#list()) yield [key, this.#read(key) as CelInput];
  }

  #list(): readonly string[] {
    // Ends as an error of the expression.
    if (this.#keys === undefined) throw new Error('the map cannot be listed');
    return this.#keys();
  }

  /** The library asks such a map for `get`, `size` and its lists only. */
  asCel(): CelMap {
    const map = library().celMap(this as unknown as ReadonlyMap<string, CelInput>);
    lazyMaps.set(map, this);
    return map;
  }
}

const lazyMaps = new WeakMap<object, LazyMap>();

/** Undefined for maps that an expression made itself. */
export function lazyMapOf(map: object): LazyMap | undefined {
  return lazyMaps.get(map);
}
