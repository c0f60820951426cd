// Owns the `mask` of /config_dump: protobuf field masks, applied to the JSON form. A path may not lead through a repeated
// field or into an Any, as in Envoy.
import type { DescMessage, JsonValue } from '@bufbuild/protobuf';
import type { JsonObject } from './message-json.ts';

/** Each path in its parts. */
export type FieldMask = readonly (readonly string[])[];

export function parseFieldMask(text: string): FieldMask {
  return text
    .split(',')
    .filter((path) => path !== '')
    .map((path) => path.split('.'));
}

export function isValidPath(descriptor: DescMessage, path: readonly string[]): boolean {
  let at: DescMessage | undefined = descriptor;
  for (const name of path) {
    const field: DescMessage['fields'][number] | undefined = at?.fields.find((each) => each.name === name);
    if (field === undefined) return false;
    at = field.fieldKind === 'message' ? field.message : undefined;
  }
  return true;
}

/** What the paths name, in the order of `value`; "@type" always stays. */
export function applyMask(value: JsonObject, mask: FieldMask): JsonObject {
  const kept: JsonObject = {};
  for (const [key, inner] of Object.entries(value)) {
    const paths = mask.filter((path) => path[0] === key);
    if (key === '@type' || paths.some((path) => path.length === 1)) kept[key] = inner;
    else if (paths.length > 0 && isObject(inner)) {
      kept[key] = applyMask(
        inner,
        paths.map((path) => path.slice(1)),
      );
    }
  }
  return kept;
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
