/**
 * `npm run config-schema:json`: writes config-schema/bootstrap.schema.json, by which editors complete and check a bootstrap
 * (YAML: `# yaml-language-server: $schema=…`). Made from the descriptors; never loaded at run time.
 *
 * It describes the good style, not everything Envoy tolerates: snake_case names, lists written as lists.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DescEnum, type DescField, type DescMessage, getOption, hasOption, ScalarType } from '@bufbuild/protobuf';
import { messageDescriptor, registry } from '../../src/config/api.ts';
import { planOf } from '../../src/config/plan.ts';
import type { FieldRules } from '../../src/generated/validate/validate_pb.d.ts';

type Schema = { [key: string]: unknown };

const definitions: { [name: string]: Schema } = {};
const pending: DescMessage[] = [];

function reference(message: DescMessage): Schema {
  if (!(message.typeName in definitions)) {
    definitions[message.typeName] = {};
    pending.push(message);
  }
  return { $ref: `#/$defs/${message.typeName}` };
}

const durationSchema: Schema = { type: 'string', pattern: '^-?\\d+(\\.\\d{1,9})?s$', examples: ['0.25s', '5s'] };

/** Messages of google.protobuf that have a JSON form of their own. */
const wellKnown: { [name: string]: Schema } = {
  Duration: durationSchema,
  Timestamp: { type: 'string', format: 'date-time' },
  FieldMask: { type: 'string' },
  Struct: { type: 'object' },
  Value: {},
  ListValue: { type: 'array' },
  BoolValue: { type: 'boolean' },
  StringValue: { type: 'string' },
  BytesValue: { type: 'string', contentEncoding: 'base64' },
  DoubleValue: { type: 'number' },
  FloatValue: { type: 'number' },
  Int32Value: { type: 'integer' },
  Int64Value: { type: ['integer', 'string'] },
  UInt32Value: { type: 'integer', minimum: 0 },
  UInt64Value: { type: ['integer', 'string'] },
  Any: { $ref: '#/$defs/typed_config' },
};

function messageSchema(message: DescMessage): Schema {
  const name = message.typeName.startsWith('google.protobuf.') ? message.name : '';
  return wellKnown[name] ?? reference(message);
}

function scalarSchema(type: ScalarType): Schema {
  switch (type) {
    case ScalarType.STRING:
      return { type: 'string' };
    case ScalarType.BOOL:
      return { type: 'boolean' };
    case ScalarType.BYTES:
      return { type: 'string', contentEncoding: 'base64' };
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return { type: 'number' };
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return { type: 'integer', minimum: 0 };
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return { type: 'integer' };
    default:
      return { type: ['integer', 'string'] };
  }
}

function enumSchema(type: DescEnum): Schema {
  const names = { enum: type.values.filter((value) => !value.deprecated).map((value) => value.name) };
  // Nobody writes "ServiceUnavailable" for 503.
  return type.typeName === 'envoy.type.v3.StatusCode' ? { anyOf: [names, { type: 'integer' }] } : names;
}

function singleSchema(field: DescField): Schema {
  if (field.message !== undefined) return messageSchema(field.message);
  if (field.enum !== undefined) return enumSchema(field.enum);
  if (field.scalar === undefined) throw new Error(`${field} has no type`);
  return scalarSchema(field.scalar);
}

function fieldSchema(field: DescField): Schema {
  const rules = rulesOf(field);
  let schema: Schema;
  if (field.fieldKind === 'list') {
    const items = {
      ...singleSchema(field),
      ...limits(rules?.type.case === 'repeated' ? rules.type.value.items : undefined),
    };
    schema = { type: 'array', items };
    if (rules?.type.case === 'repeated' && rules.type.value.minItems > 0n)
      schema['minItems'] = Number(rules.type.value.minItems);
  } else if (field.fieldKind === 'map') {
    schema = { type: 'object', additionalProperties: singleSchema(field) };
  } else {
    schema = { ...singleSchema(field), ...limits(rules) };
  }
  if (field.deprecated) schema['deprecated'] = true;
  return schema;
}

function rulesOf(field: DescField): FieldRules | undefined {
  const extension = registry().getExtension('validate.rules');
  if (extension === undefined || !hasOption(field, extension)) return undefined;
  const rules = getOption(field, extension);
  return isFieldRules(rules) ? rules : undefined;
}

function isFieldRules(value: unknown): value is FieldRules {
  return (
    typeof value === 'object' && value !== null && '$typeName' in value && value.$typeName === 'validate.FieldRules'
  );
}

/** What JSON Schema can say of the API's rules. */
function limits(rules: FieldRules | undefined): Schema {
  const schema: Schema = {};
  const type = rules?.type;
  switch (type?.case) {
    case 'string':
      if (type.value.minLen > 0n && !type.value.ignoreEmpty) schema['minLength'] = Number(type.value.minLen);
      if (Object.hasOwn(type.value, 'pattern')) schema['pattern'] = type.value.pattern;
      if (type.value.in.length > 0) schema['enum'] = type.value.in;
      break;
    case 'uint32':
    case 'int32':
    case 'double':
    case 'float':
      if (Object.hasOwn(type.value, 'gte')) schema['minimum'] = type.value.gte;
      if (Object.hasOwn(type.value, 'gt')) schema['exclusiveMinimum'] = type.value.gt;
      if (Object.hasOwn(type.value, 'lte')) schema['maximum'] = type.value.lte;
      if (Object.hasOwn(type.value, 'lt')) schema['exclusiveMaximum'] = type.value.lt;
      break;
  }
  return schema;
}

function objectSchema(message: DescMessage, inAny: boolean): Schema {
  const properties: Schema = inAny ? { '@type': { type: 'string' } } : {};
  const required: string[] = [];
  for (const field of message.fields) {
    properties[field.name] = fieldSchema(field);
    const rules = rulesOf(field);
    const mustNotBeEmpty =
      (rules?.type.case === 'string' && rules.type.value.minLen > 0n && !rules.type.value.ignoreEmpty) ||
      (rules?.type.case === 'repeated' && rules.type.value.minItems > 0n);
    if (field.oneof === undefined && (planOf(message).byName.get(field.name)?.checks.required || mustNotBeEmpty)) {
      required.push(field.name);
    }
  }
  const choices = message.oneofs.map((oneof) => {
    const one = oneof.fields.map((field) => ({ required: [field.name] }));
    const isRequired = planOf(message).requiredOneofs.some((known) => known.property === oneof.localName);
    return { oneOf: isRequired ? one : [...one, { not: { anyOf: one } }] };
  });
  return {
    // `router:` with nothing behind it is a message with nothing set.
    type: required.length === 0 && choices.every((choice) => choice.oneOf.length > 1) ? ['object', 'null'] : 'object',
    properties,
    additionalProperties: false,
    ...(required.length > 0 ? { required } : {}),
    ...(choices.length > 0 ? { allOf: choices } : {}),
    ...(message.deprecated ? { deprecated: true } : {}),
  };
}

/** What a typed_config may hold: extensions, what matchers take in and lead to, and resources. */
function messagesInAny(): DescMessage[] {
  for (const name of [...registry().topLevelNames()]) registry().get(name);
  return [...registry()].filter((type): type is DescMessage => {
    if (type.kind !== 'message' || type.parent !== undefined) return false;
    return /^envoy\.(extensions|config|type)\.|^xds\.type\.|\.TypedStruct$/.test(type.typeName);
  });
}

/** These stand under `value` in an Any. */
const wrapped = ['StringValue', 'BoolValue', 'UInt32Value', 'Int64Value', 'DoubleValue', 'Duration', 'Struct'].map(
  (name) => `type.googleapis.com/google.protobuf.${name}`,
);

const inAny = messagesInAny().sort((a, b) => (a.typeName < b.typeName ? -1 : 1));
const inAnyNames = new Set(inAny.map((message) => message.typeName));
const prefix = 'type.googleapis.com/';
const typedConfig: Schema = {
  type: 'object',
  properties: {
    '@type': { type: 'string', enum: [...inAny.map((message) => `${prefix}${message.typeName}`), ...wrapped] },
  },
  required: ['@type'],
  allOf: inAny.map((message) => ({
    if: { properties: { '@type': { const: `${prefix}${message.typeName}` } }, required: ['@type'] },
    // biome-ignore lint/suspicious/noThenProperty: JSON Schema calls it so.
    then: reference(message),
  })),
};
const root = reference(messageDescriptor('envoy.config.bootstrap.v3.Bootstrap'));
for (let message = pending.pop(); message !== undefined; message = pending.pop()) {
  definitions[message.typeName] = objectSchema(message, inAnyNames.has(message.typeName));
}
const sorted = Object.fromEntries(Object.entries(definitions).sort(([a], [b]) => (a < b ? -1 : 1)));
const schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: "Envoy's bootstrap (v3), as Remora reads it",
  ...root,
  $defs: { ...sorted, typed_config: typedConfig },
};
// One definition a line: differences between versions stay readable, the file stays small.
const lines = Object.entries(schema.$defs).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
const head = JSON.stringify({ ...schema, $defs: {} });
writeFileSync(
  join(import.meta.dirname, '../../config-schema/bootstrap.schema.json'),
  `${head.slice(0, -2)}\n${lines.join(',\n')}\n}}\n`,
);
console.log(`${lines.length} definitions`);
