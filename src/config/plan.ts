/**
 * Owns what readers and checkers need to know of a message type, worked out once from its descriptor: fields by either
 * spelling, rules, deprecation, coverage. Made when a type is first met.
 */
import { type DescField, type DescMessage, getOption, type Message } from '@bufbuild/protobuf';
import { isWrapperDesc } from '@bufbuild/protobuf/wkt';
import { coverageOf, type FieldCoverage } from './coverage/coverage.ts';
import { isOneof, propertyOf } from './property.ts';
import { onReleaseDescriptors, registry } from './registry.ts';
import { compileFieldRules, type FieldCheck } from './validate/rules.ts';

export class FieldPlan {
  readonly descriptor: DescField;
  /** The API's spelling. */
  readonly name: string;
  /** Property of the message that holds the value, or the oneof's {case, value}. */
  readonly property: string;
  readonly inOneof: boolean;
  /** google.protobuf.XxxValue in a singular field: protobuf-es holds the bare value there. */
  readonly unwrapped: boolean;
  /** google.protobuf.Struct as a field's type: protobuf-es holds a JSON object there. */
  readonly jsonObject: boolean;
  readonly deprecated: boolean;
  /** Refused unless a runtime key allows it (envoy.annotations.disallowed_by_default). */
  readonly disallowed: boolean;
  readonly checks: FieldCheck;
  readonly coverage: FieldCoverage;

  constructor(descriptor: DescField) {
    this.descriptor = descriptor;
    this.name = descriptor.name;
    this.inOneof = descriptor.oneof !== undefined;
    this.property = descriptor.oneof?.localName ?? descriptor.localName;
    const message = descriptor.message;
    this.unwrapped = descriptor.fieldKind === 'message' && !this.inOneof && isWrapperDesc(descriptor.message);
    this.jsonObject =
      message?.typeName === 'google.protobuf.Struct' && descriptor.parent.typeName !== 'google.protobuf.Value';
    this.deprecated = descriptor.deprecated;
    this.disallowed = hasTrueOption(descriptor, 'envoy.annotations.disallowed_by_default');
    this.checks = compileFieldRules(descriptor);
    this.coverage = coverageOf(descriptor.parent.typeName, descriptor.name);
  }

  /** The value, or undefined when the field is not set (proto3: a scalar at its default is not). */
  get(message: Message): unknown {
    const held = propertyOf(message, this.property);
    if (this.inOneof) return isOneof(held) && held.case === this.descriptor.localName ? held.value : undefined;
    return held;
  }
}

export type MessagePlan = {
  readonly descriptor: DescMessage;
  readonly fields: readonly FieldPlan[];
  /** By both spellings. */
  readonly byName: ReadonlyMap<string, FieldPlan>;
  /** Choices of which one must be made: property of the message, and the names to choose from. */
  readonly requiredOneofs: readonly { readonly property: string; readonly names: readonly string[] }[];
};

const plans = new Map<DescMessage, MessagePlan>();
onReleaseDescriptors(() => plans.clear());

export function planOf(descriptor: DescMessage): MessagePlan {
  const known = plans.get(descriptor);
  if (known !== undefined) return known;
  const fields = descriptor.fields.map((field) => new FieldPlan(field));
  const byName = new Map<string, FieldPlan>();
  for (const field of fields) {
    byName.set(field.descriptor.jsonName, field);
    byName.set(field.name, field);
  }
  const required = registry().getExtension('validate.required');
  const requiredOneofs = descriptor.oneofs
    .filter((oneof) => required !== undefined && getOption(oneof, required) === true)
    .map((oneof) => ({ property: oneof.localName, names: oneof.fields.map((field) => field.name) }));
  const plan = { descriptor, fields, byName, requiredOneofs };
  plans.set(descriptor, plan);
  return plan;
}

function hasTrueOption(field: DescField, name: string): boolean {
  const option = registry().getExtension(name);
  return option !== undefined && getOption(field, option) === true;
}
