// Owns the operators on filter state: `KEY`, `KEY:PLAIN`, `KEY:TYPED`, `KEY:FIELD:NAME`.
import type { FilterStateObject } from '../../../stream-info.ts';
import type { LogContext } from '../../context.ts';
import { jsonOf, quoteJson } from '../bytes.ts';
import { FormatError } from '../error.ts';
import {
  BytesOperator,
  needsParameters,
  type Operator,
  type OperatorFactory,
  type OperatorTable,
} from '../operator.ts';

type StateReader = (context: LogContext) => ReadonlyMap<string, FilterStateObject> | null | undefined;

/** JSON of the object; of those that are a text, the text, which is a byte string already. */
class TypedStateOperator implements Operator {
  readonly #read: (context: LogContext) => FilterStateObject | undefined;
  readonly #maxLength: number;

  constructor(read: (context: LogContext) => FilterStateObject | undefined, maxLength: number) {
    this.#read = read;
    this.#maxLength = maxLength;
  }

  /** Also a text comes in quotes. */
  text(context: LogContext): string | undefined {
    const json = this.#json(context);
    return json === undefined || json.length <= this.#maxLength ? json : json.slice(0, this.#maxLength);
  }

  /** As Envoy: a length does not cut JSON. */
  json(context: LogContext): string {
    return this.#json(context) ?? 'null';
  }

  #json(context: LogContext): string | undefined {
    const object = this.#read(context);
    if (object === undefined || object.json === undefined) return undefined;
    return object.json === object.text && object.text !== undefined ? quoteJson(object.text) : jsonOf(object.json);
  }
}

/** A field may be a number: in JSON it stays one. */
class FieldOperator extends BytesOperator {
  readonly #field: (context: LogContext) => string | number | undefined;

  constructor(field: (context: LogContext) => string | number | undefined, maxLength: number) {
    super((context) => {
      const value = field(context);
      return value === undefined ? undefined : typeof value === 'string' ? value : String(value);
    }, maxLength);
    this.#field = field;
  }

  override json(context: LogContext): string {
    const value = this.#field(context);
    return typeof value === 'number' ? String(value) : super.json(context);
  }
}

function filterState(states: StateReader): OperatorFactory {
  return (call) => {
    const [key = '', type = 'TYPED', ...rest] = needsParameters(call, 'a key (KEY:PLAIN|TYPED|FIELD:NAME)').split(':');
    const wrong = (words: string): FormatError => new FormatError(`${call.name}: ${words}`, call.position);
    if (key === '') throw wrong('the key is empty');
    if (!['PLAIN', 'TYPED', 'FIELD'].includes(type)) throw wrong(`'${type}' is none of PLAIN, TYPED, FIELD`);
    const name = rest[0] ?? '';
    if (type === 'FIELD' && name === '') throw wrong('FIELD needs the name of a field (KEY:FIELD:NAME)');
    if (type !== 'FIELD' && rest.length > 0) throw wrong(`only FIELD takes the name of a field, not ${type}`);
    const read = (context: LogContext): FilterStateObject | undefined => states(context)?.get(key);
    const { maxLength = Number.POSITIVE_INFINITY } = call;
    if (type === 'TYPED') return new TypedStateOperator(read, maxLength);
    if (type === 'PLAIN') return new BytesOperator((context) => read(context)?.text, maxLength);
    return new FieldOperator((context) => read(context)?.field?.(name), maxLength);
  };
}

/** An object that a filter left for the log under its own name; as bytes. */
const requestInfo: OperatorFactory = (call) => {
  const key = needsParameters(call, 'a key');
  return new BytesOperator(({ streamInfo }) => streamInfo.filterState?.get(key)?.text, call.maxLength);
};

export const stateOperators: OperatorTable = {
  FILTER_STATE: filterState(({ streamInfo }) => streamInfo.filterState),
  UPSTREAM_FILTER_STATE: filterState(({ streamInfo }) => streamInfo.upstream?.filterState),
  STREAM_INFO_REQ: requestInfo,
};
