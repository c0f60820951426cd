// Owns COALESCE: the first of several operators that has a value. Its parameters are JSON:
// `{"operators": ["HOSTNAME", {"command": "REQ", "param": "x-a", "max_length": 3}]}`.
import { errorText } from '../../../../base/error-text.ts';
import type { LogContext } from '../../context.ts';
import { quoteJson } from '../bytes.ts';
import { FormatError } from '../error.ts';
import { needsParameters, type Operator, type OperatorOptions } from '../operator.ts';
import type { OperatorCall } from '../parser.ts';

export type MakeOperator = (call: OperatorCall, options: OperatorOptions) => Operator;

class CoalesceOperator implements Operator {
  readonly #operators: readonly Operator[];
  readonly #maxLength: number;

  constructor(operators: readonly Operator[], maxLength: number) {
    this.#operators = operators;
    this.#maxLength = maxLength;
  }

  text(context: LogContext): string | undefined {
    for (const operator of this.#operators) {
      const text = operator.text(context);
      if (text !== undefined) return text.length <= this.#maxLength ? text : text.slice(0, this.#maxLength);
    }
    return undefined;
  }

  json(context: LogContext): string {
    for (const operator of this.#operators) {
      const json = operator.json(context);
      if (json === 'null') continue;
      // Only texts are cut.
      return json[0] === '"' ? quoteJson((operator.text(context) ?? '').slice(0, this.#maxLength)) : json;
    }
    return 'null';
  }
}

/** `make` makes the operators of the list, which may be any. */
export function coalesce(call: OperatorCall, options: OperatorOptions, make: MakeOperator): Operator {
  const wrong = (words: string): FormatError => new FormatError(`COALESCE: ${words}`, call.position);
  const text = needsParameters(call, 'JSON with a list of operators');
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch (error) {
    throw wrong(`the parameters are not JSON: ${errorText(error)}`);
  }
  const list = isObject(config) ? config['operators'] : undefined;
  if (!Array.isArray(list) || list.length === 0) throw wrong(`'operators' must be a list that is not empty`);
  const operators = list.map((entry: unknown, index) => {
    const inner = readEntry(entry, call.position);
    if (typeof inner === 'string') throw wrong(`operator ${index}: ${inner}`);
    try {
      return make(inner, options);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      throw wrong(`operator ${index}: ${error.message}`);
    }
  });
  return new CoalesceOperator(operators, call.maxLength ?? Number.POSITIVE_INFINITY);
}

/** The call, or what is wrong with the entry. */
function readEntry(entry: unknown, position: number): OperatorCall | string {
  if (typeof entry === 'string')
    return { kind: 'operator', name: entry, parameters: '', maxLength: undefined, position };
  if (!isObject(entry)) return `it is neither the name of an operator nor an object with 'command'`;
  const { command, param, max_length: maxLength } = entry;
  if (typeof command !== 'string') return `'command' must be the name of an operator`;
  if (param !== undefined && typeof param !== 'string') return `'param' must be a string`;
  if (maxLength === undefined) return { kind: 'operator', name: command, parameters: param ?? '', maxLength, position };
  if (typeof maxLength !== 'number' || !Number.isInteger(maxLength) || maxLength <= 0) {
    return `'max_length' must be a whole number above 0`;
  }
  return { kind: 'operator', name: command, parameters: param ?? '', maxLength, position };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
