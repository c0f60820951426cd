/**
 * Owns the API's own rules (protoc-gen-validate: the `validate.rules` option of a field), turned into functions once per
 * field. Covers every kind of rule that the API uses; test/unit/config/rules.test.ts fails when a new one appears.
 */
import { type DescField, getOption, hasOption } from '@bufbuild/protobuf';
import type {
  AnyRules,
  BoolRules,
  BytesRules,
  DurationRules,
  EnumRules,
  FieldRules,
  MapRules,
  RepeatedRules,
} from '../../generated/validate/validate_pb.d.ts';
import type { DiagnosticCode } from '../diagnostics/catalogue.ts';
import { registry } from '../registry.ts';
import { compileDurationRules } from './duration-rules.ts';
import { compileNumberRules, type NumberRules } from './number-rules.ts';
import { compileStringRules } from './string-rules.ts';

export type Violation = { readonly code: DiagnosticCode; readonly problem: string };

/** The first rule that the value breaks. */
export type ValueCheck = (value: unknown) => Violation | undefined;

export type FieldCheck = {
  /** The (message) field must be set. */
  readonly required: boolean;
  /** The rules inside the message are not looked at. */
  readonly skipNested: boolean;
  /** A singular value; of a field that is not set when it has a default (proto3 scalars). */
  readonly value?: ValueCheck;
  /** A list or map as a whole. */
  readonly container?: ValueCheck;
  /** Every entry of a list, every value of a map. */
  readonly element?: ValueCheck;
  readonly key?: ValueCheck;
};

const noRules: FieldCheck = { required: false, skipNested: false };

export function compileFieldRules(field: DescField): FieldCheck {
  const extension = registry().getExtension('validate.rules');
  if (extension === undefined || !hasOption(field, extension)) return noRules;
  const rules = getOption(field, extension);
  return isFieldRules(rules) ? compile(rules, field) : noRules;
}

function isFieldRules(value: unknown): value is FieldRules {
  return (
    typeof value === 'object' && value !== null && '$typeName' in value && value.$typeName === 'validate.FieldRules'
  );
}

function compile(rules: FieldRules, field: DescField): FieldCheck {
  const base = { required: rules.message?.required ?? false, skipNested: rules.message?.skip ?? false };
  const { type } = rules;
  switch (type.case) {
    case 'repeated':
      return { ...base, ...compileRepeated(type.value, field) };
    case 'map':
      return { ...base, ...compileMap(type.value, field) };
    case 'duration':
    case 'timestamp':
    case 'any':
      return {
        ...base,
        required: base.required || isRequired(type.value),
        ...optional('value', compileValue(rules, field)),
      };
    default:
      return { ...base, ...optional('value', compileValue(rules, field)) };
  }
}

function isRequired(rules: DurationRules | AnyRules | { required: boolean }): boolean {
  return rules.required;
}

/** exactOptionalPropertyTypes: an absent check is an absent property. */
function optional<K extends string>(key: K, check: ValueCheck | undefined): { [P in K]?: ValueCheck } {
  const part: { [P in K]?: ValueCheck } = {};
  if (check !== undefined) part[key] = check;
  return part;
}

function compileValue(rules: FieldRules, field: DescField): ValueCheck | undefined {
  const { type } = rules;
  switch (type.case) {
    case 'string':
      return compileStringRules(type.value);
    case 'bytes':
      return compileBytes(type.value);
    case 'bool':
      return compileBool(type.value);
    case 'enum':
      return compileEnum(type.value, field);
    case 'duration':
      return compileDurationRules(type.value);
    case 'float':
    case 'double':
    case 'int32':
    case 'int64':
    case 'uint32':
    case 'uint64':
    case 'sint32':
    case 'sint64':
    case 'fixed32':
    case 'fixed64':
    case 'sfixed32':
    case 'sfixed64': {
      const numberRules: NumberRules = type.value;
      return compileNumberRules(numberRules);
    }
    default:
      return undefined;
  }
}

function compileRepeated(rules: RepeatedRules, field: DescField): Partial<FieldCheck> {
  const element = rules.items === undefined ? undefined : compileValue(rules.items, field);
  const minimum = Number(rules.minItems);
  const maximum = Object.hasOwn(rules, 'maxItems') ? Number(rules.maxItems) : Number.POSITIVE_INFINITY;
  const container: ValueCheck = (value) => {
    if (!Array.isArray(value) || (rules.ignoreEmpty && value.length === 0)) return undefined;
    const bounds = checkCount(value.length, minimum, maximum, 'entry', 'entries');
    if (bounds !== undefined || !rules.unique) return bounds;
    const repeated = value.find((item, index) => value.indexOf(item) !== index);
    return repeated === undefined
      ? undefined
      : { code: 'RMR0205', problem: `must not hold ${JSON.stringify(repeated)} twice` };
  };
  const skipNested = rules.items?.message?.skip ?? false;
  return { container, ...optional('element', element), ...(skipNested ? { skipNested } : {}) };
}

function compileMap(rules: MapRules, field: DescField): Partial<FieldCheck> {
  const minimum = Number(rules.minPairs);
  const maximum = Object.hasOwn(rules, 'maxPairs') ? Number(rules.maxPairs) : Number.POSITIVE_INFINITY;
  const container: ValueCheck = (value) => {
    const count = typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
    if (rules.ignoreEmpty && count === 0) return undefined;
    return checkCount(count, minimum, maximum, 'entry', 'entries');
  };
  return {
    container,
    ...optional('key', rules.keys === undefined ? undefined : compileValue(rules.keys, field)),
    ...optional('element', rules.values === undefined ? undefined : compileValue(rules.values, field)),
  };
}

function checkCount(count: number, minimum: number, maximum: number, one: string, many: string): Violation | undefined {
  if (count < minimum) {
    if (count === 0) return { code: 'RMR0201', problem: `must hold at least ${minimum} ${minimum === 1 ? one : many}` };
    return { code: 'RMR0205', problem: `must hold at least ${minimum} ${many}, not ${count}` };
  }
  if (count > maximum) {
    return { code: 'RMR0205', problem: `must hold at most ${maximum} ${maximum === 1 ? one : many}, not ${count}` };
  }
  return undefined;
}

function compileBool(rules: BoolRules): ValueCheck | undefined {
  if (!Object.hasOwn(rules, 'const')) return undefined;
  return (value) =>
    value === rules.const ? undefined : { code: 'RMR0208', problem: `must be ${rules.const} when it is set` };
}

function compileBytes(rules: BytesRules): ValueCheck {
  const minimum = Number(rules.minLen);
  const maximum = Object.hasOwn(rules, 'maxLen') ? Number(rules.maxLen) : Number.POSITIVE_INFINITY;
  return (value) => {
    if (!(value instanceof Uint8Array) || (rules.ignoreEmpty && value.length === 0)) return undefined;
    if (value.length < minimum) return { code: 'RMR0204', problem: `must be at least ${minimum} bytes long` };
    return value.length > maximum ? { code: 'RMR0204', problem: `must be at most ${maximum} bytes long` } : undefined;
  };
}

function compileEnum(rules: EnumRules, field: DescField): ValueCheck {
  const names = new Map(field.enum?.values.map(({ number, name }) => [number, name]));
  const fixed = Object.hasOwn(rules, 'const') ? rules.const : undefined;
  const allowed = [...names.keys()].filter(
    (number) =>
      !rules.notIn.includes(number) &&
      (rules.in.length === 0 || rules.in.includes(number)) &&
      (fixed === undefined || fixed === number),
  );
  const choice = allowed.map((number) => names.get(number)).join(', ');
  return (value) => {
    if (typeof value !== 'number' || allowed.includes(value)) return undefined;
    // A number without a name is only refused where the API says so.
    if (!names.has(value) && !rules.definedOnly && rules.in.length === 0 && fixed === undefined) return undefined;
    return { code: 'RMR0206', problem: `must be one of ${choice}, not ${names.get(value) ?? value}` };
  };
}
