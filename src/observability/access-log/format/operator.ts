// Owns what an operator is: one value of a stream, as text for text formats and as a JSON value for JSON formats. An
// operator is made once for each place in a format; its methods run for each line.
import type { CelFunctions } from '../../cel/functions.ts';
import type { HeaderNameResolver, LogContext } from '../context.ts';
import { escapeJson, jsonOf, quoteJson, toByteString } from './bytes.ts';
import { FormatError } from './error.ts';
import type { OperatorCall } from './parser.ts';

export type { OperatorCall } from './parser.ts';

export interface Operator {
  /** A byte string; undefined when there is no such value (`-` in text, null in JSON). */
  text(context: LogContext): string | undefined;
  /** A JSON value, `null` when there is none. */
  json(context: LogContext): string;
}

export interface OperatorOptions {
  readonly headerName: HeaderNameResolver;
  /** What a formatter `envoy.formatter.cel` enables for expressions. */
  readonly celFunctions?: CelFunctions;
}

export type OperatorFactory = (call: OperatorCall, options: OperatorOptions) => Operator;
export type OperatorTable = Readonly<Record<string, OperatorFactory>>;

/** A value that is a byte string already: headers and what was made of them. */
export class BytesOperator implements Operator {
  readonly #read: (context: LogContext) => string | undefined;
  readonly #maxLength: number;

  constructor(read: (context: LogContext) => string | undefined, maxLength = Number.POSITIVE_INFINITY) {
    this.#read = read;
    this.#maxLength = maxLength;
  }

  text(context: LogContext): string | undefined {
    const value = this.#read(context);
    return value === undefined || value.length <= this.#maxLength ? value : value.slice(0, this.#maxLength);
  }

  json(context: LogContext): string {
    const value = this.text(context);
    return value === undefined ? 'null' : quoteJson(value);
  }
}

/** A name from configuration: UTF-16, empty when there is none. The same few names come again and again. */
export class NameOperator implements Operator {
  readonly #read: (context: LogContext) => string;
  #lastName = '';
  #lastText = '';
  #lastJson = 'null';

  constructor(read: (context: LogContext) => string) {
    this.#read = read;
  }

  text(context: LogContext): string | undefined {
    const name = this.#read(context);
    if (name !== this.#lastName) this.#keep(name);
    return name === '' ? undefined : this.#lastText;
  }

  json(context: LogContext): string {
    const name = this.#read(context);
    if (name !== this.#lastName) this.#keep(name);
    return this.#lastJson;
  }

  #keep(name: string): void {
    this.#lastName = name;
    this.#lastText = toByteString(name);
    this.#lastJson = name === '' ? 'null' : quoteJson(this.#lastText);
  }
}

/** Text of our own making that JSON never has to escape: addresses, flags, times. Undefined when there is none. */
export class PlainOperator implements Operator {
  readonly text: (context: LogContext) => string | undefined;

  constructor(read: (context: LogContext) => string | undefined) {
    this.text = read;
  }

  json(context: LogContext): string {
    const value = this.text(context);
    return value === undefined ? 'null' : `"${value}"`;
  }
}

/** A whole number; below 0 when there is none. */
export class NumberOperator implements Operator {
  readonly #read: (context: LogContext) => number;

  constructor(read: (context: LogContext) => number) {
    this.#read = read;
  }

  text(context: LogContext): string | undefined {
    const value = this.#read(context);
    return value < 0 ? undefined : `${value}`;
  }

  json(context: LogContext): string {
    const value = this.#read(context);
    return value < 0 ? 'null' : `${value}`;
  }
}

/** A value of metadata: any JSON value; undefined when there is none. Strings are bare in text. */
export class ValueOperator implements Operator {
  readonly #read: (context: LogContext) => unknown;
  readonly #maxLength: number;

  constructor(read: (context: LogContext) => unknown, maxLength = Number.POSITIVE_INFINITY) {
    this.#read = read;
    this.#maxLength = maxLength;
  }

  text(context: LogContext): string | undefined {
    const value = this.#read(context);
    if (value === undefined || value === null) return undefined;
    const text = typeof value === 'string' ? toByteString(value) : jsonOf(value);
    return text.length <= this.#maxLength ? text : text.slice(0, this.#maxLength);
  }

  json(context: LogContext): string {
    const value = this.#read(context);
    if (typeof value !== 'string') return jsonOf(value);
    return quoteJson(toByteString(value).slice(0, this.#maxLength));
  }
}

/** The same for every line. */
export class ConstantOperator implements Operator {
  readonly #text: string;
  readonly #json: string;

  constructor(text: string) {
    this.#text = toByteString(text);
    this.#json = quoteJson(this.#text);
  }

  text(): string {
    return this.#text;
  }

  json(): string {
    return this.#json;
  }
}

// --- what operators accept ------------------------------------------------------------------------------------------

/** For operators that take nothing in parentheses and no length. */
export function bare(call: OperatorCall): void {
  if (call.parameters !== '' || call.maxLength !== undefined) {
    throw new FormatError(`${call.name} takes no parameters and no length`, call.position);
  }
}

export function noLength(call: OperatorCall): void {
  if (call.maxLength !== undefined) throw new FormatError(`${call.name} takes no length`, call.position);
}

export function needsParameters(call: OperatorCall, meaning: string): string {
  if (call.parameters === '') throw new FormatError(`${call.name} needs ${meaning} in parentheses`, call.position);
  return call.parameters;
}

/** Rows of a table for operators without parameters. */
export function plain(read: (context: LogContext) => string | undefined): OperatorFactory {
  return (call) => {
    bare(call);
    return new PlainOperator(read);
  };
}

export function bytes(read: (context: LogContext) => string | undefined): OperatorFactory {
  return (call) => {
    bare(call);
    return new BytesOperator(read);
  };
}

export function name(read: (context: LogContext) => string): OperatorFactory {
  return (call) => {
    bare(call);
    return new NameOperator(read);
  };
}

export function number(read: (context: LogContext) => number): OperatorFactory {
  return (call) => {
    bare(call);
    return new NumberOperator(read);
  };
}

export { escapeJson };
