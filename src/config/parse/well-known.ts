/** Owns the messages of google.protobuf that have a JSON form of their own (Any is in any.ts). */
import { create, type Message } from '@bufbuild/protobuf';
import {
  DurationSchema,
  FieldMaskSchema,
  type ListValue,
  ListValueSchema,
  NullValue,
  type Struct,
  StructSchema,
  TimestampSchema,
  type Value,
  ValueSchema,
} from '@bufbuild/protobuf/wkt';
import { describeValue, isMapping, type SourceMapping, type SourceValue } from '../source/value.ts';
import { durationHint, readDuration, readTimestamp } from './time.ts';

export type WellKnownResult =
  | { readonly ok: true; readonly message: Message }
  | {
      readonly ok: false;
      readonly code: 'RMR0103' | 'RMR0108';
      readonly problem: string;
      readonly suggestion?: string;
    };

type Reader = (value: SourceValue) => WellKnownResult | undefined;

/** Undefined: not the short form, read it field by field ({seconds: 1, nanos: 0} for a Duration). */
const readers: Readonly<Record<string, Reader>> = {
  'google.protobuf.Duration': (value) => {
    if (isMapping(value)) return undefined;
    if (typeof value !== 'string')
      return failed('RMR0103', 'a duration such as "0.25s"', value, durationHint(String(value)));
    const duration = readDuration(value);
    if (typeof duration !== 'string') return { ok: true, message: create(DurationSchema, duration) };
    const suggestion = durationHint(value);
    return { ok: false, code: 'RMR0108', problem: duration, ...(suggestion === undefined ? {} : { suggestion }) };
  },
  'google.protobuf.Timestamp': (value) => {
    if (isMapping(value)) return undefined;
    if (typeof value !== 'string') return failed('RMR0103', 'a time such as "2026-01-31T10:00:00Z"', value);
    const time = readTimestamp(value);
    if (typeof time === 'string') return { ok: false, code: 'RMR0108', problem: time };
    return { ok: true, message: create(TimestampSchema, time) };
  },
  'google.protobuf.FieldMask': (value) => {
    if (isMapping(value)) return undefined;
    if (typeof value !== 'string') return failed('RMR0103', 'field names separated by commas', value);
    const paths = value.split(',').filter((path) => path !== '');
    const snake = paths.map((path) => path.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
    return { ok: true, message: create(FieldMaskSchema, { paths: snake }) };
  },
  'google.protobuf.Struct': (value) =>
    isMapping(value) ? { ok: true, message: toStruct(value) } : failed('RMR0103', 'a mapping', value),
  'google.protobuf.Value': (value) => ({ ok: true, message: toValue(value) }),
  'google.protobuf.ListValue': (value) =>
    Array.isArray(value) ? { ok: true, message: toListValue(value) } : failed('RMR0103', 'a list', value),
};

export function readWellKnown(typeName: string, value: SourceValue): WellKnownResult | undefined {
  return readers[typeName]?.(value);
}

/** Whether an Any of this type holds its content under `value` instead of beside "@type". */
export function hasJsonFormOfItsOwn(typeName: string): boolean {
  return typeName in readers || typeName === 'google.protobuf.Any' || /^google\.protobuf\.\w+Value$/.test(typeName);
}

function failed(code: 'RMR0103', wanted: string, value: SourceValue, suggestion?: string): WellKnownResult {
  const problem = `must be ${wanted}, not ${describeValue(value)}`;
  return { ok: false, code, problem, ...(suggestion === undefined ? {} : { suggestion }) };
}

function toStruct(mapping: SourceMapping): Struct {
  const struct = create(StructSchema);
  for (const [key, value] of Object.entries(mapping)) {
    // Not an assignment: __proto__ is a key like any other here.
    Object.defineProperty(struct.fields, key, {
      value: toValue(value),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return struct;
}

function toListValue(list: readonly SourceValue[]): ListValue {
  return create(ListValueSchema, { values: list.map(toValue) });
}

function toValue(value: SourceValue): Value {
  const message = create(ValueSchema);
  if (value === null) message.kind = { case: 'nullValue', value: NullValue.NULL_VALUE };
  else if (typeof value === 'string') message.kind = { case: 'stringValue', value };
  else if (typeof value === 'number') message.kind = { case: 'numberValue', value };
  else if (typeof value === 'boolean') message.kind = { case: 'boolValue', value };
  else if (Array.isArray(value)) message.kind = { case: 'listValue', value: toListValue(value) };
  else message.kind = { case: 'structValue', value: toStruct(value) };
  return message;
}
