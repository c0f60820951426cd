/**
 * Owns protobuf's MergeFrom, by which Envoy lays --config-yaml over the file: set scalars replace, messages merge, lists
 * are appended, maps are joined by key. Messages keep their identity, and with it their origin, where they can.
 */
import { isMessage, type Message } from '@bufbuild/protobuf';
import { planOf } from './plan.ts';
import { isOneof, propertyOf } from './property.ts';
import { registry } from './registry.ts';

/** Merges `from` into `into`, which must be of the same type; parts of `from` are taken over, not copied. */
export function mergeMessages(into: Message, from: Message): void {
  const descriptor = registry().getMessage(from.$typeName);
  if (descriptor === undefined || into.$typeName !== from.$typeName) {
    throw new Error(`${from.$typeName} cannot be merged into ${into.$typeName}`);
  }
  for (const field of planOf(descriptor).fields) {
    const value = field.get(from);
    if (value === undefined) continue;
    const { fieldKind } = field.descriptor;
    if (fieldKind === 'list') {
      const list = propertyOf(into, field.property);
      if (Array.isArray(list) && Array.isArray(value)) list.push(...value);
    } else if (fieldKind === 'map') {
      Object.assign(propertyOf(into, field.property) ?? {}, value);
    } else if (fieldKind === 'message' && !field.unwrapped) {
      const held = field.get(into);
      // An Any is replaced as a whole when its type differs; equal types have their bytes replaced too, in protobuf.
      if (isMessage(held) && isMessage(value) && held.$typeName !== 'google.protobuf.Any') mergeMessages(held, value);
      else if (field.jsonObject && typeof held === 'object' && held !== null) Object.assign(held, value);
      else setField(into, field, value);
    } else if (field.inOneof || field.unwrapped || !isZero(value)) {
      setField(into, field, value);
    }
  }
}

function setField(into: Message, field: ReturnType<typeof planOf>['fields'][number], value: unknown): void {
  const held = propertyOf(into, field.property);
  const isChoice = field.inOneof && isOneof(held);
  Reflect.set(into, field.property, isChoice ? { case: field.descriptor.localName, value } : value);
}

function isZero(value: unknown): boolean {
  return (
    value === 0 ||
    value === '' ||
    value === false ||
    value === 0n ||
    (value instanceof Uint8Array && value.length === 0)
  );
}
