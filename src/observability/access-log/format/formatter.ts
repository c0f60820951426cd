// Owns compiled formats: literals and operators in turn, made once, run for each line (DESIGN 3.1, point 8).
//
// Lines are strings that V8 joins by reference; the file's buffer takes them in one write, which flattens them. Writing the
// bytes one by one into a buffer from here was tried: the same for a JSON line of 676 bytes (1.6 to 1.8 µs of CPU time,
// bench/micro/access-log.ts), slower for a text line (0.85 against 0.6).
import { jsonNumber } from '../../../base/number-text.ts';
import { nearest } from '../../../config/diagnostics/suggest.ts';
import type { LogContext } from '../context.ts';
import { escapeJson, quoteJson, toByteString } from './bytes.ts';
import { FormatError } from './error.ts';
import type { Operator, OperatorOptions } from './operator.ts';
import { coalesce } from './operators/coalesce.ts';
import { operators, refusedOperators } from './operators/index.ts';
import { type OperatorCall, parseFormat } from './parser.ts';

export interface FormatOptions extends OperatorOptions {
  /** Values that do not exist are empty (text) or left out (JSON) instead of `-` and null. */
  readonly omitEmptyValues?: boolean;
}

export interface Formatter {
  /** A byte string; what it was made from is not kept. */
  format(context: LogContext): string;
}

/** One value of a line: how an operator's answer is written at its place. */
type Slot = (context: LogContext) => string;

/** Text between slots: `literals` has one more than `slots`. */
class CompiledFormat implements Formatter {
  readonly #literals: readonly string[];
  readonly #slots: readonly Slot[];

  constructor(literals: readonly string[], slots: readonly Slot[]) {
    this.#literals = literals;
    this.#slots = slots;
  }

  format(context: LogContext): string {
    const literals = this.#literals;
    const slots = this.#slots;
    let text = literals[0] as string;
    for (let i = 0; i < slots.length; i++) {
      text += (slots[i] as Slot)(context);
      text += literals[i + 1] as string;
    }
    return text;
  }
}

/** Collects literals and slots; literals next to each other become one. */
class Builder {
  readonly #literals: string[] = [''];
  readonly #slots: Slot[] = [];

  literal(text: string): void {
    this.#literals[this.#literals.length - 1] += text;
  }

  slot(slot: Slot): void {
    this.#slots.push(slot);
    this.#literals.push('');
  }

  build(): Formatter {
    return new CompiledFormat(this.#literals, this.#slots);
  }
}

/** A text format. Throws `FormatError`. */
export function compileFormat(format: string, options: FormatOptions): Formatter {
  const builder = new Builder();
  const empty = options.omitEmptyValues === true ? '' : '-';
  for (const segment of parseFormat(format)) {
    if (segment.kind === 'literal') {
      builder.literal(toByteString(segment.text));
      continue;
    }
    const operator = makeOperator(segment, options);
    builder.slot((context) => operator.text(context) ?? empty);
  }
  return builder.build();
}

/** Values of a JSON format: strings are formats, everything else stands for itself. */
export type JsonFormatValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonFormatValue[]
  | { readonly [key: string]: JsonFormatValue };

/**
 * A JSON format: an object whose strings are formats. One operator alone gives a value of its type, otherwise a string.
 * Keys come in order, as Envoy writes them. The line ends with a line feed. Throws `FormatError` with `path` before the text.
 */
export function compileJsonFormat(
  format: { readonly [key: string]: JsonFormatValue },
  options: FormatOptions,
): Formatter {
  if (options.omitEmptyValues === true) {
    const root = compileOmitting(format, options, '');
    return { format: (context) => `${root(context) ?? '{}'}\n` };
  }
  const builder = new Builder();
  compileValue(format, options, builder, '');
  builder.literal('\n');
  return builder.build();
}

function sortedEntries(object: { readonly [key: string]: JsonFormatValue }): [string, JsonFormatValue][] {
  return Object.entries(object)
    .map(([key, value]): [string, JsonFormatValue] => [toByteString(key), value])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function compileValue(value: JsonFormatValue, options: FormatOptions, builder: Builder, path: string): void {
  if (typeof value === 'string') {
    compileString(value, options, builder, path);
  } else if (isList(value)) {
    builder.literal('[');
    value.forEach((item, i) => {
      if (i > 0) builder.literal(',');
      compileValue(item, options, builder, `${path}[${i}]`);
    });
    builder.literal(']');
  } else if (typeof value === 'object' && value !== null) {
    builder.literal('{');
    sortedEntries(value).forEach(([key, item], i) => {
      builder.literal(`${i > 0 ? ',' : ''}${quoteJson(key)}:`);
      compileValue(item, options, builder, path === '' ? key : `${path}.${key}`);
    });
    builder.literal('}');
  } else {
    builder.literal(typeof value === 'number' ? jsonNumber(value) : JSON.stringify(value));
  }
}

function compileString(format: string, options: FormatOptions, builder: Builder, path: string): void {
  const segments = within(path, () => parseFormat(format));
  const [first] = segments;
  if (segments.length === 1 && first?.kind === 'operator') {
    const operator = within(path, () => makeOperator(first, options));
    builder.slot((context) => operator.json(context));
    return;
  }
  const empty = options.omitEmptyValues === true ? '' : '-';
  builder.literal('"');
  for (const segment of segments) {
    if (segment.kind === 'literal') {
      builder.literal(escapeJson(toByteString(segment.text)));
    } else {
      const operator = within(path, () => makeOperator(segment, options));
      builder.slot((context) => escapeJson(operator.text(context) ?? empty));
    }
  }
  builder.literal('"');
}

/** For omit_empty_values: null leaves a key out. Objects that end up empty go as well, lists stay. */
type Omitting = (context: LogContext) => string | null;

function compileOmitting(value: JsonFormatValue, options: FormatOptions, path: string): Omitting {
  if (isList(value)) {
    const items = value.map((item, i) => compileOmitting(item, options, `${path}[${i}]`));
    return (context) => `[${present(items, context).join(',')}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const members = sortedEntries(value).map(([key, item]): Omitting => {
      const prefix = `${quoteJson(key)}:`;
      const inner = compileOmitting(item, options, path === '' ? key : `${path}.${key}`);
      return (context) => {
        const text = inner(context);
        return text === null ? null : prefix + text;
      };
    });
    return (context) => {
      const texts = present(members, context);
      return texts.length === 0 ? null : `{${texts.join(',')}}`;
    };
  }
  const builder = new Builder();
  compileValue(value, options, builder, path);
  const formatter = builder.build();
  return (context) => {
    const text = formatter.format(context);
    return text === 'null' ? null : text;
  };
}

function present(parts: readonly Omitting[], context: LogContext): string[] {
  const texts: string[] = [];
  for (const part of parts) {
    const text = part(context);
    if (text !== null) texts.push(text);
  }
  return texts;
}

function isList(value: JsonFormatValue): value is readonly JsonFormatValue[] {
  return Array.isArray(value);
}

function makeOperator(call: OperatorCall, options: OperatorOptions): Operator {
  if (call.name === 'COALESCE') return coalesce(call, options, makeOperator);
  if (Object.hasOwn(operators, call.name))
    return (operators[call.name] as NonNullable<(typeof operators)[string]>)(call, options);
  const reason = refusedOperators.get(call.name);
  if (reason !== undefined) throw new FormatError(`the operator ${call.name} is refused: ${reason}`, call.position);
  const guess = nearest(call.name, Object.keys(operators));
  const hint = guess === undefined ? '' : `; did you mean ${guess}?`;
  throw new FormatError(`there is no operator ${call.name} (position ${call.position})${hint}`, call.position);
}

/** Says at which key of a JSON format the error is. */
function within<Result>(path: string, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    if (error instanceof FormatError && path !== '') throw new FormatError(`${path}: ${error.message}`, error.position);
    throw error;
  }
}
