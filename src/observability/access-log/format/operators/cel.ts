// Owns the operators on CEL expressions: %CEL(expression):N%, always text, and %TYPED_CEL(expression)%, in JSON a value of
// its type. Without a value both are nothing.
import { CelExpression, CelSyntaxError } from '../../../cel/expression.ts';
import { bytesOf } from '../../../cel/text.ts';
import { celJson, celText, JsonNumber, type JsonValue } from '../../../cel/value.ts';
import type { LogContext } from '../../context.ts';
import { quoteJson } from '../bytes.ts';
import { FormatError } from '../error.ts';
import {
  BytesOperator,
  needsParameters,
  type OperatorCall,
  type OperatorOptions,
  type OperatorTable,
} from '../operator.ts';

class CelOperator extends BytesOperator {
  protected readonly expression: CelExpression;

  constructor(expression: CelExpression, maxLength: number) {
    super((context) => expression.use(context, celText), maxLength);
    this.expression = expression;
  }
}

class TypedCelOperator extends CelOperator {
  readonly #maxTextLength: number;

  constructor(expression: CelExpression, maxLength: number) {
    super(expression, maxLength);
    this.#maxTextLength = maxLength;
  }

  /** As Envoy: a length cuts what is a text in JSON, and nothing else. */
  override json(context: LogContext): string {
    const value = this.expression.use(context, celJson);
    if (value === undefined) return 'null';
    return typeof value === 'string' ? quoteJson(bytesOf(value).slice(0, this.#maxTextLength)) : write(value);
  }
}

function write(value: JsonValue): string {
  if (typeof value === 'string') return quoteJson(bytesOf(value));
  if (value instanceof JsonNumber) return value.text;
  if (value instanceof Map) {
    const members = [...(value as ReadonlyMap<string, JsonValue>)]
      .map(([key, item]): [string, JsonValue] => [bytesOf(key), item])
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => `${quoteJson(key)}:${write(item)}`);
    return `{${members.join(',')}}`;
  }
  if (Array.isArray(value)) return `[${(value as readonly JsonValue[]).map(write).join(',')}]`;
  return String(value);
}

function read(call: OperatorCall, options: OperatorOptions): CelExpression {
  const source = needsParameters(call, 'an expression');
  try {
    return new CelExpression(source, options.headerName, options.celFunctions);
  } catch (error) {
    if (!(error instanceof CelSyntaxError)) throw error;
    throw new FormatError(`${call.name}: ${error.message}`, call.position);
  }
}

export const celOperators: OperatorTable = {
  CEL: (call, options) => new CelOperator(read(call, options), call.maxLength ?? Number.POSITIVE_INFINITY),
  TYPED_CEL: (call, options) => new TypedCelOperator(read(call, options), call.maxLength ?? Number.POSITIVE_INFINITY),
};
