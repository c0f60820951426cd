// Owns how the value of an expression is written: as text for %CEL%, as JSON for %TYPED_CEL%, both as Envoy writes them.
import type { CelMap, CelValue } from '@bufbuild/cel';
import { jsonNumber, sixDigits } from '../../base/number-text.ts';
import { lazyMapOf } from './lazy-map.ts';
import { library } from './library.ts';
import { bytesOf } from './text.ts';
import { durationJson, durationText, timestampJson, timestampText } from './time-text.ts';

/** A byte string. Lists and maps have a name only. */
export function celText(value: CelValue): string {
  switch (typeof value) {
    case 'string':
      return bytesOf(value);
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'number':
      return sixDigits(value);
  }
  if (value === null) return 'NULL';
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  const { isCelUint, isCelList, isCelMap, isCelType } = library();
  if (isCelUint(value)) return String(value.value);
  if (isCelList(value)) return 'CelList value';
  if (isCelMap(value)) return lazyMapOf(value)?.message?.text() ?? 'CelMap value';
  if (isCelType(value)) return 'CelType value';
  const time = timeOf(value.message);
  if (time?.kind === 'duration') return durationText(time.nanos);
  return time === undefined ? '' : timestampText(time.seconds, time.nanos);
}

/**
 * A value for JSON: numbers, texts, lists, objects; undefined where there is none, such as for types. Texts are UTF-16, a
 * number is there as it is to be written.
 */
export type JsonValue = string | JsonNumber | boolean | null | readonly JsonValue[] | ReadonlyMap<string, JsonValue>;

export class JsonNumber {
  readonly text: string;

  constructor(value: number) {
    this.text = jsonNumber(value);
  }
}

export function celJson(value: CelValue): JsonValue | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'bigint':
    case 'number':
      return new JsonNumber(Number(value));
  }
  if (value === null) return null;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  const { isCelUint, isCelList, isCelMap, isCelType } = library();
  if (isCelUint(value)) return new JsonNumber(Number(value.value));
  if (isCelList(value)) return listJson([...value]);
  if (isCelMap(value)) return mapJson(value);
  if (isCelType(value)) return undefined;
  const time = timeOf(value.message);
  if (time?.kind === 'duration') return durationJson(time.nanos);
  return time === undefined ? undefined : timestampJson(time.seconds, time.nanos);
}

/** One part without a value, and the whole has none. */
function listJson(items: readonly CelValue[]): JsonValue | undefined {
  const parts: JsonValue[] = [];
  for (const item of items) {
    const part = celJson(item);
    if (part === undefined) return undefined;
    parts.push(part);
  }
  return parts;
}

function mapJson(map: CelMap): JsonValue | undefined {
  const lazy = lazyMapOf(map);
  if (lazy?.message !== undefined) return plainJson(lazy.message.json());
  if (lazy?.isListed === false) return undefined;
  const { isCelUint } = library();
  const object = new Map<string, JsonValue>();
  for (const [key, item] of map.entries()) {
    const value = celJson(item);
    if (value === undefined || typeof key === 'boolean') return undefined;
    object.set(isCelUint(key) ? String(key.value) : String(key), value);
  }
  return object;
}

function plainJson(value: unknown): JsonValue {
  if (Array.isArray(value)) return value.map(plainJson);
  if (typeof value === 'number') return new JsonNumber(value);
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value !== 'object' || value === null) return null;
  return new Map(Object.entries(value).map(([key, item]) => [key, plainJson(item)]));
}

type Time =
  | { readonly kind: 'duration'; readonly nanos: bigint }
  | { readonly kind: 'timestamp'; readonly seconds: bigint; readonly nanos: number };

function timeOf(message: { readonly $typeName: string }): Time | undefined {
  const { seconds, nanos } = message as unknown as { readonly seconds: bigint; readonly nanos: number };
  switch (message.$typeName) {
    case 'google.protobuf.Duration':
      return { kind: 'duration', nanos: seconds * 1_000_000_000n + BigInt(nanos) };
    case 'google.protobuf.Timestamp':
      return { kind: 'timestamp', seconds, nanos };
    default:
      return undefined;
  }
}
