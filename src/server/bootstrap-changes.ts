// Owns the question what of a changed bootstrap waits for the next start: everything but its static resources.
import { isDeepStrictEqual } from 'node:util';
import { messageDescriptor } from '../config/api.ts';
import { sameMessage } from '../listener/config.ts';
import type { BootstrapMessage } from './bootstrap-config.ts';

type Message = Parameters<typeof sameMessage>[0];

/** Names of the fields that differ and are read only once, such as `admin`; `static_resources` is never among them. */
export function fieldsOfNextStart(before: BootstrapMessage, after: BootstrapMessage): string[] {
  const fields = messageDescriptor(before.$typeName)?.fields ?? [];
  return fields
    .filter(({ name }) => name !== 'static_resources')
    .filter((field) => {
      const key = field.oneof?.localName ?? field.localName;
      return !same(Reflect.get(before, key), Reflect.get(after, key));
    })
    .map(({ name }) => name);
}

function same(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => same(item, b[i]));
  if (isMessage(a) && isMessage(b)) return sameMessage(a, b);
  return isDeepStrictEqual(a, b);
}

function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && '$typeName' in value;
}
