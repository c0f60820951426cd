// Owns one object of filter state that is made from a format when a stream or connection comes by.
import type { Formatter, LogContext } from '../../../observability/access-log/api.ts';
import type { ObjectKind } from './objects.ts';

export class FilterStateValue {
  readonly #key: string;
  readonly #kind: ObjectKind;
  readonly #format: Formatter;
  readonly #skipIfEmpty: boolean;
  readonly #shared: boolean;

  /** `shared`: with upstream connections. */
  constructor(key: string, kind: ObjectKind, format: Formatter, skipIfEmpty: boolean, shared: boolean) {
    this.#shared = shared;
    this.#key = key;
    this.#kind = kind;
    this.#format = format;
    this.#skipIfEmpty = skipIfEmpty;
  }

  /** Sets it on the stream of `context`; not when its text is none of its kind. */
  apply(context: LogContext): void {
    const text = this.#format.format(context);
    if (text === '' && this.#skipIfEmpty) return;
    const object = this.#kind.make(text);
    if (object !== undefined) context.streamInfo.setFilterState(this.#key, object, this.#shared);
  }
}

export function applyAll(values: readonly FilterStateValue[], context: LogContext): void {
  for (let i = 0; i < values.length; i++) (values[i] as FilterStateValue).apply(context);
}
