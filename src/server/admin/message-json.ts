// Owns the JSON form of configuration messages, as Envoy prints them: names of the API (snake_case), fields by number,
// Any opened in place, secrets hidden. protobuf-es' own `toJson` throws where an Any is of a type it does not know.
import {
  type DescField,
  type DescMessage,
  fromBinary,
  getOption,
  hasOption,
  type JsonValue,
  type Message,
  ScalarType,
  toJson,
} from '@bufbuild/protobuf';
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect';
import type { Any } from '@bufbuild/protobuf/wkt';
import { alreadyUnpacked } from '../../config/any.ts';
import { messageDescriptor, registry, typeNameOf } from '../../config/api.ts';

export type JsonObject = { [key: string]: JsonValue };

const redacted = '[redacted]';

export function messageJson(message: Message): JsonObject {
  return new Printer().message(reflect(messageDescriptor(message.$typeName), message), false);
}

/** The message as the content of an Any: with its "@type" in front. */
export function messageJsonWithType(message: Message): JsonObject {
  return { '@type': `type.googleapis.com/${message.$typeName}`, ...messageJson(message) };
}

class Printer {
  readonly #sensitive = registry().getExtension('udpa.annotations.sensitive');

  message(message: ReflectMessage, hide: boolean): JsonObject {
    const json: JsonObject = {};
    for (const field of message.sortedFields) {
      if (!message.isSet(field)) continue;
      json[field.name] = this.#field(message, field, hide || this.#isSensitive(field));
    }
    return json;
  }

  #isSensitive(field: DescField): boolean {
    const extension = this.#sensitive;
    return extension !== undefined && hasOption(field, extension) && getOption(field, extension) === true;
  }

  #field(message: ReflectMessage, field: DescField, hide: boolean): JsonValue {
    switch (field.fieldKind) {
      case 'scalar':
        return scalar(field.scalar, message.get(field), hide);
      case 'enum':
        return enumName(field.enum, message.get(field));
      case 'message':
        return this.#value(message.get(field), hide);
      case 'list': {
        const values: JsonValue[] = [];
        for (const item of message.get(field)) {
          if (field.listKind === 'message') values.push(this.#value(item as ReflectMessage, hide));
          else if (field.listKind === 'enum') values.push(enumName(field.enum, item as number));
          else values.push(scalar(field.scalar, item, hide));
        }
        return values;
      }
      case 'map': {
        const entries: JsonObject = {};
        for (const [key, item] of message.get(field)) {
          if (field.mapKind === 'message') entries[String(key)] = this.#value(item as ReflectMessage, hide);
          else if (field.mapKind === 'enum') entries[String(key)] = enumName(field.enum, item as number);
          else entries[String(key)] = scalar(field.scalar, item, hide);
        }
        return entries;
      }
    }
  }

  #value(message: ReflectMessage, hide: boolean): JsonValue {
    const { typeName } = message.desc;
    if (typeName === 'google.protobuf.Any') return this.#any(message.message as Any, hide);
    if (!typeName.startsWith('google.protobuf.')) return this.message(message, hide);
    if (hide) return redacted;
    return toJson(message.desc, message.message, { useProtoFieldName: true });
  }

  #any(any: Any, hide: boolean): JsonValue {
    if (any.typeUrl === '') return {};
    const inner = alreadyUnpacked(any) ?? decode(any);
    const descriptor = inner === undefined ? undefined : registry().getMessage(inner.$typeName);
    // Bytes of a type that is not ours are shown as they are (DESIGN 3.2), unless they may be a secret.
    if (inner === undefined || descriptor === undefined) {
      return { '@type': any.typeUrl, value: hide ? redacted : Buffer.from(any.value).toString('base64') };
    }
    const value = this.#value(reflect(descriptor, inner), hide);
    return isPlain(value) && !descriptor.typeName.startsWith('google.protobuf.')
      ? { '@type': any.typeUrl, ...value }
      : { '@type': any.typeUrl, value };
  }
}

function decode(any: Any): Message | undefined {
  const descriptor: DescMessage | undefined = registry().getMessage(typeNameOf(any.typeUrl));
  if (descriptor === undefined) return undefined;
  try {
    return fromBinary(descriptor, any.value);
  } catch {
    return undefined;
  }
}

function isPlain(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function enumName(
  descriptor: { readonly value: Record<number, { readonly name: string }> },
  number: number,
): JsonValue {
  return descriptor.value[number]?.name ?? number;
}

function scalar(type: ScalarType, value: unknown, hide: boolean): JsonValue {
  if (typeof value === 'string') return hide ? redacted : value;
  if (value instanceof Uint8Array) return Buffer.from(hide ? redacted : value).toString('base64');
  if (typeof value === 'bigint') return hide ? '0' : String(value);
  if (typeof value === 'boolean') return hide ? false : value;
  if (typeof value !== 'number') return null;
  if (hide) return 0;
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
  return type === ScalarType.FLOAT ? shortestFloat(value) : value;
}

/** 0.1 of 32 bits is 0.10000000149011612 as a double: the shortest text that reads back as the same float. */
function shortestFloat(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}
