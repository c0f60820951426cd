// Owns tests of metadata (envoy.type.matcher.v3.MetadataMatcher): the value under a namespace and a path of keys.
import type { MetadataMap } from '../observability/stream-info.ts';
import type { ValueMatcher } from './value-matcher.ts';

type Fields = Readonly<Record<string, unknown>>;

export class MetadataMatcher {
  readonly namespace: string;
  readonly #path: readonly string[];
  readonly #value: ValueMatcher;
  readonly #invert: boolean;

  constructor(namespace: string, path: readonly string[], value: ValueMatcher, invert: boolean) {
    this.namespace = namespace;
    this.#path = path;
    this.#value = value;
    this.#invert = invert;
  }

  /** What filters left on the stream (StreamInfo.dynamicMetadata). */
  matchesDynamic(metadata: ReadonlyMap<string, Fields> | null): boolean {
    return this.#matches(metadata === null ? undefined : metadata.get(this.namespace));
  }

  /** What configuration says of a route, a cluster, a host. */
  matchesStatic(metadata: MetadataMap | null): boolean {
    const found = metadata !== null && Object.hasOwn(metadata, this.namespace);
    return this.#matches(found ? metadata[this.namespace] : undefined);
  }

  /** A value that is not there is matched too: inverted, that is a match. */
  #matches(fields: Fields | undefined): boolean {
    return this.#value.matches(valueAt(fields, this.#path)) !== this.#invert;
  }
}

/** The value under a path of keys; undefined where the path leaves the structure. */
export function valueAt(fields: Fields | undefined, path: readonly string[]): unknown {
  let current: unknown = fields;
  for (let i = 0; i < path.length; i++) {
    const key = path[i] as string;
    if (typeof current !== 'object' || current === null || Array.isArray(current)) return undefined;
    if (!Object.hasOwn(current, key)) return undefined;
    current = (current as Fields)[key];
  }
  return current;
}
