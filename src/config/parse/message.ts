/**
 * Owns the way from a plain value tree to a protobuf message, as Envoy's JSON parser accepts it: both spellings of a field,
 * one value where a list is meant, numbers as texts, enumeration names in any case. Reports every error and reads on.
 * What the API's rules say of the values is checked afterwards (validate/inspect.ts).
 */
import { create, type DescEnum, type DescMessage, type Message, type ScalarType } from '@bufbuild/protobuf';
import { scalarZeroValue } from '@bufbuild/protobuf/reflect';
import { isWrapperDesc } from '@bufbuild/protobuf/wkt';
import type { ConfigContext } from '../context.ts';
import { nearest } from '../diagnostics/suggest.ts';
import { type Origin, setOrigin } from '../origin.ts';
import { type FieldPlan, planOf } from '../plan.ts';
import { isOneof, propertyOf } from '../property.ts';
import { describeValue, isMapping, type SourceMapping, type SourceValue } from '../source/value.ts';
import { readAny } from './any.ts';
import { readMapKey } from './map-key.ts';
import { readScalar } from './scalar.ts';
import { readWellKnown } from './well-known.ts';

/** Reads one message. Undefined when the value is not of its form at all (reported). */
export function readMessage(
  descriptor: DescMessage,
  value: SourceValue,
  origin: Origin,
  context: ConfigContext,
): Message | undefined {
  if (descriptor.typeName === 'google.protobuf.Any')
    return readAny(value, origin, context, { readMessage, readFields });
  const wellKnown = readWellKnown(descriptor.typeName, value);
  if (wellKnown !== undefined) {
    if (wellKnown.ok) {
      setOrigin(wellKnown.message, origin);
      return wellKnown.message;
    }
    const { code, problem, suggestion } = wellKnown;
    context.report('error', origin, '', code, `${nameOf(origin)} ${problem}`, suggestion);
    return undefined;
  }
  // An entry of a list that is left empty (`- `) is a message with nothing set.
  if (value === null) return withOrigin(create(descriptor), origin);
  if (isWrapperDesc(descriptor) && !isMapping(value)) return readWrapper(descriptor, value, origin, context);
  if (!isMapping(value)) {
    const problem = `${nameOf(origin)} must be a mapping (${descriptor.name}), not ${describeValue(value)}`;
    context.report('error', origin, '', 'RMR0103', problem);
    return undefined;
  }
  return readFields(descriptor, value, origin, context);
}

/** The fields of a mapping; `ignored` is a key that is not a field ("@type" inside an Any). */
export function readFields(
  descriptor: DescMessage,
  mapping: SourceMapping,
  origin: Origin,
  context: ConfigContext,
  ignored?: string,
): Message {
  const message = withOrigin(create(descriptor), origin);
  const plan = planOf(descriptor);
  for (const key in mapping) {
    if (key === ignored) continue;
    const value = mapping[key];
    const field = plan.byName.get(key);
    if (field === undefined) {
      reportUnknownField(descriptor, key, origin, context);
    } else if (value !== undefined) {
      if (key !== field.name && Object.hasOwn(mapping, field.name)) reportBothSpellings(key, field, origin, context);
      // Null means unset, except where null is a value (google.protobuf.Value).
      if (value !== null || field.descriptor.message?.typeName === 'google.protobuf.Value') {
        readField(field, value, message, origin, context);
      }
    }
  }
  return message;
}

function readField(
  field: FieldPlan,
  value: SourceValue,
  message: Message,
  origin: Origin,
  context: ConfigContext,
): void {
  const { descriptor } = field;
  switch (descriptor.fieldKind) {
    case 'list': {
      const list = propertyOf(message, field.property);
      if (!Array.isArray(list)) throw new Error(`${descriptor} holds no array`);
      // A single value is a list of one; lists in the list are taken apart.
      const values = Array.isArray(value) ? flatten(value) : [value];
      for (const [index, item] of values.entries()) {
        const read = readElement(field, item, origin, index, context);
        if (read !== undefined) list.push(read);
      }
      return;
    }
    case 'map': {
      const map = propertyOf(message, field.property);
      if (!isMapping(value)) {
        const problem = `${field.name} must be a mapping, not ${describeValue(value)}`;
        context.report('error', origin, field.name, 'RMR0103', problem);
        return;
      }
      for (const [key, item] of Object.entries(value)) {
        const mapKey = readMapKey(descriptor.mapKey, key);
        if (mapKey === undefined) {
          const problem = `${JSON.stringify(key)} cannot be a key of ${field.name}`;
          context.report('error', origin.child(field.name, key), '', 'RMR0103', problem, undefined, 'key');
          continue;
        }
        const read = readElement(field, item, origin, key, context);
        // Not an assignment: __proto__ is a key like any other here.
        const property = { value: read, enumerable: true, writable: true, configurable: true };
        if (read !== undefined && typeof map === 'object' && map !== null) Object.defineProperty(map, mapKey, property);
      }
      return;
    }
    default: {
      const read = readElement(field, value, origin, undefined, context);
      if (read !== undefined) setSingular(field, read, message, origin, context);
    }
  }
}

function flatten(list: SourceValue[]): SourceValue[] {
  if (!list.some(Array.isArray)) return list;
  return list.flatMap((item) => (Array.isArray(item) ? flatten(item) : [item]));
}

function setSingular(field: FieldPlan, value: unknown, message: Message, origin: Origin, context: ConfigContext): void {
  if (!field.inOneof) {
    Reflect.set(message, field.property, value);
    return;
  }
  const held = propertyOf(message, field.property);
  const name = field.descriptor.localName;
  if (isOneof(held) && held.case !== undefined && held.case !== name) {
    const other = field.descriptor.oneof?.fields.find((candidate) => candidate.localName === held.case)?.name;
    const problem = `${field.name} and ${other} exclude each other`;
    context.report('error', origin, field.name, 'RMR0105', problem, `remove one of them`, 'key');
    return;
  }
  Reflect.set(message, field.property, { case: name, value });
}

/** One value of a field: an entry of a list or map (`element` says which), or the field itself. */
function readElement(
  field: FieldPlan,
  value: SourceValue,
  origin: Origin,
  element: number | string | undefined,
  context: ConfigContext,
): unknown {
  const { descriptor } = field;
  if (descriptor.message !== undefined) {
    const at = origin.child(field.name, element);
    if (field.jsonObject) return readJsonObject(value, at, context);
    const message = readMessage(descriptor.message, value, at, context);
    // Envoy's messages carry the wrapper, protobuf-es the value in it.
    return field.unwrapped && message !== undefined ? propertyOf(message, 'value') : message;
  }
  // An entry left empty is the type's default.
  if (value === null && descriptor.scalar !== undefined) return scalarZeroValue(descriptor.scalar, false);
  if (value === null && descriptor.enum !== undefined) return descriptor.enum.values[0]?.number;
  if (descriptor.enum !== undefined) return readEnum(descriptor.enum, value, field, origin, element, context);
  if (descriptor.scalar === undefined) return undefined;
  return readScalarField(descriptor.scalar, value, field.name, origin, element, context);
}

function readScalarField(
  type: ScalarType,
  value: SourceValue,
  name: string,
  origin: Origin,
  element: number | string | undefined,
  context: ConfigContext,
): unknown {
  const result = readScalar(type, value);
  if (result.ok) return result.value;
  const at = element === undefined && name === '' ? origin : origin.child(name, element);
  context.report('error', at, '', result.code, `${nameOf(at)} ${result.problem}`, result.suggestion);
  return undefined;
}

function readWrapper(
  descriptor: DescMessage,
  value: SourceValue,
  origin: Origin,
  context: ConfigContext,
): Message | undefined {
  const type = descriptor.fields[0]?.scalar;
  if (type === undefined) throw new Error(`${descriptor.typeName} wraps nothing`);
  const read = readScalarField(type, value, '', origin, undefined, context);
  if (read === undefined) return undefined;
  const message = withOrigin(create(descriptor), origin);
  Reflect.set(message, 'value', read);
  return message;
}

function readJsonObject(value: SourceValue, origin: Origin, context: ConfigContext): SourceMapping | undefined {
  if (isMapping(value)) return value;
  if (value === null) return {};
  context.report('error', origin, '', 'RMR0103', `${nameOf(origin)} must be a mapping, not ${describeValue(value)}`);
  return undefined;
}

function readEnum(
  descriptor: DescEnum,
  value: SourceValue,
  field: FieldPlan,
  origin: Origin,
  element: number | string | undefined,
  context: ConfigContext,
): number | undefined {
  if (descriptor.typeName === 'google.protobuf.NullValue' && value === null) return 0;
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  if (typeof value === 'string') {
    const exact = descriptor.values.find((candidate) => candidate.name === value);
    if (exact !== undefined) return exact.number;
    const upper = value.toUpperCase();
    const folded = descriptor.values.find((candidate) => candidate.name.toUpperCase() === upper);
    if (folded !== undefined) return folded.number;
    if (/^-?\d+$/.test(value)) return Number(value);
  }
  const names = descriptor.values.map((candidate) => candidate.name);
  const at = origin.child(field.name, element);
  if (typeof value !== 'string') {
    const problem = `${nameOf(at)} must be one of ${names.join(', ')}, not ${describeValue(value)}`;
    context.report('error', at, '', 'RMR0103', problem);
    return undefined;
  }
  // Envoy treats a value it does not know like a field it does not know.
  const severity = unknownSeverity(context);
  if (severity === undefined) return undefined;
  const near = nearest(value, names);
  const suggestion = near === undefined ? `one of ${names.join(', ')}` : `did you mean ${near}?`;
  context.report(severity, at, '', 'RMR0106', `${nameOf(at)} has no value ${JSON.stringify(value)}`, suggestion);
  return undefined;
}

function unknownSeverity(context: ConfigContext): 'error' | 'warning' | undefined {
  const policy = context.options.unknownFields ?? 'refuse';
  return policy === 'ignore' ? undefined : policy === 'warn' ? 'warning' : 'error';
}

function reportUnknownField(descriptor: DescMessage, key: string, origin: Origin, context: ConfigContext): void {
  const severity = unknownSeverity(context);
  if (severity === undefined) return;
  const near = nearest(
    key,
    descriptor.fields.map((field) => field.name),
  );
  const problem = `${descriptor.name} has no field ${JSON.stringify(key)}`;
  const suggestion = near === undefined ? undefined : `did you mean ${near}?`;
  context.report(severity, origin.child(key), '', 'RMR0101', problem, suggestion, 'key');
}

function reportBothSpellings(key: string, field: FieldPlan, origin: Origin, context: ConfigContext): void {
  const problem = `${key} and ${field.name} are two spellings of one field; the one that stands last counts`;
  context.report('warning', origin, field.name, 'RMR0104', problem, undefined, 'key');
}

function withOrigin(message: Message, origin: Origin): Message {
  setOrigin(message, origin);
  return message;
}

/** How a sentence names the place: its last field, with the index or key. */
function nameOf(origin: Origin): string {
  if (origin.field === '') return 'The document';
  return origin.element === undefined ? origin.field : `${origin.field}[${JSON.stringify(origin.element)}]`;
}
