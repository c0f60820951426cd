/** Owns finding a place again: from a path to an offset of a plain text. */
import type { PathSegment } from '../origin.ts';
import type { Place, PlainYaml } from './places.ts';
import type { SourceValue } from './value.ts';

/**
 * The offset of the deepest place on the path that exists: of its key when `at` is 'key' (and the path was walked to its
 * end), else of the value. Fields may stand in either spelling; one mapping may stand where a list is meant.
 * SourceTree.locate does the same on the library's nodes.
 */
export function locateInPlainYaml(yaml: PlainYaml, segments: readonly PathSegment[], at: 'key' | 'value'): number {
  let value: SourceValue = yaml.value;
  let place: Place = { key: -1, value: yaml.start, block: false };
  for (const segment of segments) {
    const places = typeof value === 'object' && value !== null ? yaml.places?.get(value) : undefined;
    const isList = Array.isArray(value);
    // A single value where a list is meant is its own first element.
    if (typeof segment === 'number' && !isList) {
      place = { ...place, key: -1 };
      continue;
    }
    const name = typeof segment === 'object' ? segment.key : segment;
    const key = places?.has(name) || typeof segment !== 'string' ? name : toCamelCase(segment);
    const next = places?.get(key);
    // Both spellings: the one that stands last counts.
    const other = typeof segment === 'string' ? places?.get(toCamelCase(segment)) : undefined;
    const found = next !== undefined && other !== undefined && other.key > next.key ? other : next;
    if (found === undefined || typeof value !== 'object' || value === null) return place.value;
    const child: SourceValue | undefined = Array.isArray(value)
      ? value[Number(name)]
      : value[found === other && typeof segment === 'string' ? toCamelCase(segment) : String(key)];
    if (child === undefined) return place.value;
    // An empty value has no place of its own worth showing.
    if (child === null) return found.key >= 0 ? found.key : found.value;
    value = child;
    place = found;
  }
  if (place.key < 0) return place.value;
  // A block of lines is better shown by the key it stands under than by whatever is its first line.
  return at === 'key' || place.block ? place.key : place.value;
}

/** The JSON spelling of a field. */
export function toCamelCase(name: string): string {
  return name.replaceAll(/_+([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
