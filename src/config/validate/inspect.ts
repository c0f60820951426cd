/**
 * Owns the walk over a message that was read, from text or from the wire: the API's rules, deprecated and unimplemented
 * fields, extensions, each reported with its place. One walk for all, since each needs every field that is set.
 */
import type { DescMessage, Message } from '@bufbuild/protobuf';
import { isMessage } from '@bufbuild/protobuf';
import { type Any, AnySchema, type Duration } from '@bufbuild/protobuf/wkt';
import type { ConfigContext } from '../context.ts';
import { Origin, originOf, setOrigin } from '../origin.ts';
import { type FieldPlan, planOf } from '../plan.ts';
import { isOneof, propertyOf } from '../property.ts';
import { registry } from '../registry.ts';
import { noteCelMessage, noteCelText } from '../semantic/cel.ts';
import { checkMeaning } from '../semantic/resources.ts';
import { alreadyUnpacked } from '../unpacked.ts';
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
    if (isDuration(message)) checkDuration(message, at, context);
    else if (descriptor.typeName === 'google.protobuf.Value') noteCelText(message, context);
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
  checkMeaning(message, context);
  noteCelMessage(message, context);
}

function inspectField(field: FieldPlan, message: Message, origin: Origin, context: ConfigContext): void {
  const { status } = field.coverage;
  const isMute = field.descriptor.message !== undefined && status !== 'implemented';
  // Of a field without effect it is enough to say so once, and not of everything inside it.
  if (isMute) context.coverageMuted++;
  const isSet = inspectValue(field, message, origin, context);
  if (isMute) context.coverageMuted--;
  if (isSet) reportFieldStatus(field, origin, context);
}

/** True when the field is set. */
function inspectValue(field: FieldPlan, message: Message, origin: Origin, context: ConfigContext): boolean {
  const value = field.get(message);
  const { checks, descriptor } = field;
  switch (descriptor.fieldKind) {
    case 'list': {
      if (!Array.isArray(value)) return false;
      checkValue(checks.container, value, field, undefined, origin, context);
      if (value.length === 0) return false;
      for (let index = 0; index < value.length; index++) {
        inspectElement(field, value[index], index, message, origin, context);
      }
      break;
    }
    case 'map': {
      if (typeof value !== 'object' || value === null) return false;
      checkValue(checks.container, value, field, undefined, origin, context);
      const entries = Object.entries(value);
      if (entries.length === 0) return false;
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
        if (checks.required && !field.inOneof)
          context.report('error', origin, field.name, 'RMR0201', `${field.name} is required`);
        return false;
      }
      checkValue(checks.value, value, field, undefined, origin, context);
      if (field.unwrapped || field.jsonObject) noteCelText(value, context);
      if (!field.unwrapped && !field.jsonObject) inspectNested(field, value, undefined, message, origin, context);
      break;
    }
    default: {
      if (value === undefined) return false;
      if (typeof value === 'string') noteCelText(value, context);
      checkValue(checks.value, value, field, undefined, origin, context);
      if (descriptor.enum !== undefined) checkEnumValue(field, value, undefined, origin, context);
      if (!field.inOneof && isDefault(value)) return false;
    }
  }
  return true;
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
  // `config: {}` in a FilterConfig only switches a filter on or off.
  const isSwitch = owner.$typeName === 'envoy.config.route.v3.FilterConfig' && any.typeUrl === '';
  if (isExtensionSlot(field) && !isSwitch && !checkExtension(any, owner, context)) return;
  const message = alreadyUnpacked(any);
  const descriptor = message && registry().getMessage(message.$typeName);
  if (message === undefined || descriptor === undefined) return;
  const at = originOf(message) ?? origin;
  // Envoy does not check the rules of certificate validators: SPIFFE's ask for trust domains where bundles are enough.
  if (origin.parent?.field === 'custom_validator_config')
    context.withoutRules(() => inspect(message, descriptor, at, context));
  // Nor those of load-balancing policies.
  else if (origin.parent?.parent?.field === 'policies')
    context.withLenientRules(() => inspect(message, descriptor, at, context));
  else inspect(message, descriptor, at, context);
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

/** Envoy counts time in 64-bit nanoseconds: about 292 years. */
const longestDuration = (1n << 63n) - 1n;

/** Envoy refuses a negative or endless duration wherever it reads one. */
function checkDuration(duration: Duration, origin: Origin, context: ConfigContext): void {
  const nanoseconds = toNanoseconds(duration);
  if (nanoseconds >= 0n && nanoseconds <= longestDuration) return;
  const problem =
    nanoseconds < 0n ? 'must not be negative' : `must not be longer than ${longestDuration / 1_000_000_000n}s`;
  context.report('error', origin, '', 'RMR0207', `${origin.field} ${problem}, and ${durationText(duration)} is`);
}

function isDefault(value: unknown): boolean {
  if (value === 0 || value === '' || value === false || value === 0n) return true;
  return value instanceof Uint8Array && value.length === 0;
}
