/** Owns what is said of a field that is set, for being set at all: deprecated, refused, without effect yet. */
import { type DescEnumValue, getOption } from '@bufbuild/protobuf';
import type { ConfigContext } from '../context.ts';
import type { Origin } from '../origin.ts';
import type { FieldPlan } from '../plan.ts';
import { registry } from '../registry.ts';

export function reportFieldStatus(field: FieldPlan, origin: Origin, context: ConfigContext): void {
  const fullName = `${field.descriptor.parent.typeName}.${field.name}`;
  if (field.disallowed) {
    context.report(
      'error',
      origin,
      field.name,
      'RMR0303',
      `${field.name} is deprecated and refused by default, as in Envoy`,
    );
  } else if (
    field.deprecated &&
    context.options.skipDeprecated !== true &&
    context.firstTime(`deprecated ${fullName}`)
  ) {
    const text = `${fullName} is deprecated; Envoy will remove it`;
    context.report('warning', origin, field.name, 'RMR0301', text, undefined, 'key');
  }
  const { status, reason } = field.coverage;
  if (status === 'refused' && context.options.skipCoverage !== true) {
    context.report('error', origin, field.name, 'RMR0306', `${field.name} is refused: ${reason}`, undefined, 'key');
  } else if (status === 'not-yet' && isSpoken(context) && context.firstTime(`coverage ${fullName}`)) {
    const text = `${fullName} has no effect yet${reason === '' ? '' : `: ${reason}`}`;
    context.report('warning', origin, field.name, 'RMR0305', text, undefined, 'key');
  }
}

function isSpoken(context: ConfigContext): boolean {
  return context.options.skipCoverage !== true && context.coverageMuted === 0;
}

/** Some enumerations have a deprecated value; where that is the default, leaving the field out chooses it too. */
export function checkEnumValue(
  field: FieldPlan,
  value: unknown,
  element: number | string | undefined,
  origin: Origin,
  context: ConfigContext,
): void {
  const descriptor = field.descriptor.enum?.values.find((candidate) => candidate.number === value);
  if (descriptor === undefined || !descriptor.deprecated) return;
  const at = origin.child(field.name, element);
  if (isDisallowed(descriptor)) {
    context.report(
      'error',
      at,
      '',
      'RMR0303',
      `${field.name}: ${descriptor.name} is deprecated and refused, as in Envoy`,
    );
  } else if (context.options.skipDeprecated !== true) {
    context.report(
      'warning',
      at,
      '',
      'RMR0302',
      `${field.name}: ${descriptor.name} is deprecated; Envoy will remove it`,
    );
  }
}

function isDisallowed(value: DescEnumValue): boolean {
  const option = registry().getExtension('envoy.annotations.disallowed_by_default_enum');
  return option !== undefined && getOption(value, option) === true;
}
