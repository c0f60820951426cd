/**
 * Owns the walk over a message that was read, from text or from the wire: the API's rules, deprecated and unimplemented
 * fields, extensions, each reported with its place. One walk for all, since each needs every field that is set.
 */
import type { DescMessage, Message } from '@bufbuild/protobuf';
import { isMessage } from '@bufbuild/protobuf';
import { type Any, AnySchema } from '@bufbuild/protobuf/wkt';
import { alreadyUnpacked } from '../any.ts';
import type { ConfigContext } from '../context.ts';
import { Origin, originOf, setOrigin } from '../origin.ts';
import { type FieldPlan, isOneof, planOf, propertyOf } from '../plan.ts';
import { registry } from '../registry.ts';
import { durationText, isDuration, toNanoseconds } from './duration-rules.ts';
import { checkExtension, checkUntypedExtension, isExtensionSlot } from './extensions.ts';
import { checkEnumValue, reportFieldStatus } from './field-status.ts';
import type { ValueCheck } from './rules.ts';

export function inspect(
  message: Message,
  descriptor: DescMessage,
  origin: Origin | undefined,
  context: ConfigContext,
): void {
  const at = origin ?? new Origin(undefined, '', undefined, undefined);
  if (originOf(message) === undefined) setOrigin(message, at);
  const plan = planOf(descriptor);
  if (descriptor.typeName.startsWith('google.protobuf.')) {
    if (isDuration(message)) checkNotNegative(message, at, context);
    return;
  }
  for (const field of plan.fields) inspectField(field, message, at, context);
  for (const { property, names } of plan.requiredOneofs) {
    const choice = propertyOf(message, property);
    if (isOneof(choice) && choice.case !== undefined) continue;
    const text = names.length === 1 ? `${names[0]} is required` : `One of ${names.join(', ')} must be set`;
    context.report('error', at, '', 'RMR0202', text);
  }
  checkUntypedExtension(message, plan, context);
  if (descriptor.typeName === 'envoy.type.matcher.v3.RegexMatcher') context.regexMatchers.push(message);
}

function inspectField(field: FieldPlan, message: Message, origin: Origin, context: ConfigContext): void {
  const value = field.get(message);
  const { checks, descriptor } = field;
  switch (descriptor.fieldKind) {
    case 'list': {
      if (!Array.isArray(value)) return;
      checkValue(checks.container, value, field, undefined, origin, context);
      if (value.length === 0) return;
      for (let index = 0; index < value.length; index++) {
        inspectElement(field, value[index], index, message, origin, context);
      }
      break;
    }
    case 'map': {
      if (typeof value !== 'object' || value === null) return;
      checkValue(checks.container, value, field, undefined, origin, context);
      const entries = Object.entries(value);
      if (entries.length === 0) return;
      for (const [key, item] of entries) {
        const violation = checks.key?.(key);
        if (violation !== undefined) {
          const text = `The key ${JSON.stringify(key)} of ${field.name} ${violation.problem}`;
          context.report('error', origin.child(field.name, key), '', violation.code, text, undefined, 'key');
        }
        inspectElement(field, item, key, message, origin, context);
      }
      break;
    }
    case 'message': {
      if (value === undefined) {
        if (checks.required) context.report('error', origin, field.name, 'RMR0201', `${field.name} is required`);
        return;
      }
      checkValue(checks.value, value, field, undefined, origin, context);
      if (!field.unwrapped && !field.jsonObject) inspectNested(field, value, undefined, message, origin, context);
      break;
    }
    default: {
      if (value === undefined) return;
      checkValue(checks.value, value, field, undefined, origin, context);
      if (descriptor.enum !== undefined) checkEnumValue(field, value, undefined, origin, context);
      if (!field.inOneof && isDefault(value)) return;
    }
  }
  reportFieldStatus(field, origin, context);
}

function inspectElement(
  field: FieldPlan,
  value: unknown,
  element: number | string,
  owner: Message,
  origin: Origin,
  context: ConfigContext,
): void {
  checkValue(field.checks.element, value, field, element, origin, context);
  if (field.descriptor.enum !== undefined) checkEnumValue(field, value, element, origin, context);
  if (field.descriptor.message !== undefined && !field.jsonObject) {
    inspectNested(field, value, element, owner, origin, context);
  }
}

function inspectNested(
  field: FieldPlan,
  value: unknown,
  element: number | string | undefined,
  owner: Message,
  origin: Origin,
  context: ConfigContext,
): void {
  const descriptor = field.descriptor.message;
  if (descriptor === undefined || field.checks.skipNested || !isMessage(value)) return;
  const at = originOf(value) ?? origin.child(field.name, element);
  if (isMessage(value, AnySchema)) inspectAny(field, value, owner, at, context);
  else inspect(value, descriptor, at, context);
}

/** Messages from text lie open; those from the wire are inspected when they are unpacked, by the unit that needs them. */
function inspectAny(field: FieldPlan, any: Any, owner: Message, origin: Origin, context: ConfigContext): void {
  if (originOf(any) === undefined) setOrigin(any, origin);
  if (isExtensionSlot(field) && !checkExtension(any, owner, context)) return;
  const message = alreadyUnpacked(any);
  const descriptor = message && registry().getMessage(message.$typeName);
  if (message !== undefined && descriptor !== undefined)
    inspect(message, descriptor, originOf(message) ?? origin, context);
}

function checkValue(
  check: ValueCheck | undefined,
  value: unknown,
  field: FieldPlan,
  element: number | string | undefined,
  origin: Origin,
  context: ConfigContext,
): void {
  const violation = check?.(value);
  if (violation === undefined) return;
  const name = element === undefined ? field.name : `${field.name}[${JSON.stringify(element)}]`;
  const at = origin.child(field.name, element);
  context.report('error', at, '', violation.code, `${name} ${violation.problem}`);
}

/** Envoy refuses a negative duration wherever it reads one. */
function checkNotNegative(message: Message, origin: Origin, context: ConfigContext): void {
  if (!isDuration(message) || toNanoseconds(message) >= 0n) return;
  context.report(
    'error',
    origin,
    '',
    'RMR0207',
    `${origin.field} must not be negative, and ${durationText(message)} is`,
  );
}

function isDefault(value: unknown): boolean {
  if (value === 0 || value === '' || value === false || value === 0n) return true;
  return value instanceof Uint8Array && value.length === 0;
}
