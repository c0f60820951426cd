/** Owns the keys of map fields: JSON writes all of them as texts. */
import { ScalarType } from '@bufbuild/protobuf';

/** The property name protobuf-es holds the entry under; undefined when the text is no such key. */
export function readMapKey(type: ScalarType, key: string): string | undefined {
  if (type === ScalarType.STRING) return key;
  if (type === ScalarType.BOOL) return key === 'true' || key === 'false' ? key : undefined;
  return /^-?\d+$/.test(key) ? BigInt(key).toString() : undefined;
}
