// Owns matcher trees (xds.type.matcher.v3.Matcher): predicates in a list, or a value looked up in a map (match-maps.ts), down
// to an action. Made once from configuration; whoever uses them says what they look at (Data) and what actions are. Asked of
// Envoy 1.40: a branch without an answer is left for the next entry of a list, the next wider entry of a map, and at last for
// on_no_match; an input of which nothing can be known ends the whole tree without an answer.
import type { CelExpression } from '../../observability/cel/api.ts';
import type { ValueMatcher } from '../value-matcher.ts';

/** A byte string; null: there is none, which matches nothing; undefined: nothing can be known of it here. */
export type InputValue = string | null | undefined;

/** What gives a text. */
export interface TextInput<Data> {
  readonly kind: 'text';
  value(data: Data): InputValue;
}

/** What gives a JSON value, for metadata matchers only: to all others there is no value. */
export interface JsonInput<Data> {
  readonly kind: 'json';
  /** Undefined where there is none. */
  json(data: Data): unknown;
}

/** What gives attributes, for CEL expressions only, which take nothing else. */
export interface AttributesInput<Data> {
  readonly kind: 'attributes';
  /** Undefined: the expression looked at what is not there yet. */
  matches(data: Data, expression: CelExpression): boolean | undefined;
}

export type DataInput<Data> = TextInput<Data> | JsonInput<Data> | AttributesInput<Data>;

/** A test of an input's text: string matchers, and those of value-tests.ts. */
export interface ValueTest {
  matches(value: string): boolean;
}

/** A tree, or a leaf of it. */
export interface MatchNode<Data, Action> {
  /** Null: nothing found, and what stands behind may be asked. Undefined: it ends here. */
  find(data: Data): Action | null | undefined;
}

export class ActionNode<Data, Action> implements MatchNode<Data, Action> {
  readonly #action: Action;
  constructor(action: Action) {
    this.#action = action;
  }
  find(): Action {
    return this.#action;
  }
}

export interface Predicate<Data> {
  /** Undefined: an input of it cannot be known. */
  matches(data: Data): boolean | undefined;
}

export class ValuePredicate<Data> implements Predicate<Data> {
  readonly #input: TextInput<Data>;
  readonly #test: ValueTest;
  constructor(input: TextInput<Data>, test: ValueTest) {
    this.#input = input;
    this.#test = test;
  }
  matches(data: Data): boolean | undefined {
    const value = this.#input.value(data);
    return value === undefined ? undefined : value !== null && this.#test.matches(value);
  }
}

export class JsonPredicate<Data> implements Predicate<Data> {
  readonly #input: JsonInput<Data>;
  readonly #matcher: ValueMatcher;
  readonly #invert: boolean;
  constructor(input: JsonInput<Data>, matcher: ValueMatcher, invert: boolean) {
    this.#input = input;
    this.#matcher = matcher;
    this.#invert = invert;
  }
  matches(data: Data): boolean {
    return this.#matcher.matches(this.#input.json(data)) !== this.#invert;
  }
}

export class CelPredicate<Data> implements Predicate<Data> {
  readonly #input: AttributesInput<Data>;
  readonly #expression: CelExpression;
  constructor(input: AttributesInput<Data>, expression: CelExpression) {
    this.#input = input;
    this.#expression = expression;
  }
  matches(data: Data): boolean | undefined {
    return this.#input.matches(data, this.#expression);
  }
}

export class AnyPredicate<Data> implements Predicate<Data> {
  readonly #predicates: readonly Predicate<Data>[];
  constructor(predicates: readonly Predicate<Data>[]) {
    this.#predicates = predicates;
  }
  /** One that matches decides, also behind one that cannot be known. */
  matches(data: Data): boolean | undefined {
    let answer: boolean | undefined = false;
    for (let i = 0; i < this.#predicates.length; i++) {
      const matches = (this.#predicates[i] as Predicate<Data>).matches(data);
      if (matches === true) return true;
      if (matches === undefined) answer = undefined;
    }
    return answer;
  }
}

export class EveryPredicate<Data> implements Predicate<Data> {
  readonly #predicates: readonly Predicate<Data>[];
  constructor(predicates: readonly Predicate<Data>[]) {
    this.#predicates = predicates;
  }
  /** The first that does not match, or cannot be known, decides. */
  matches(data: Data): boolean | undefined {
    for (let i = 0; i < this.#predicates.length; i++) {
      const matches = (this.#predicates[i] as Predicate<Data>).matches(data);
      if (matches !== true) return matches;
    }
    return true;
  }
}

export class NotPredicate<Data> implements Predicate<Data> {
  readonly #predicate: Predicate<Data>;
  constructor(predicate: Predicate<Data>) {
    this.#predicate = predicate;
  }
  matches(data: Data): boolean | undefined {
    const matches = this.#predicate.matches(data);
    return matches === undefined ? undefined : !matches;
  }
}

export interface ListEntry<Data, Action> {
  readonly predicate: Predicate<Data>;
  readonly node: MatchNode<Data, Action>;
}

export class MatchList<Data, Action> implements MatchNode<Data, Action> {
  readonly #entries: readonly ListEntry<Data, Action>[];
  readonly #otherwise: MatchNode<Data, Action> | null;

  constructor(entries: readonly ListEntry<Data, Action>[], otherwise: MatchNode<Data, Action> | null) {
    this.#entries = entries;
    this.#otherwise = otherwise;
  }

  find(data: Data): Action | null | undefined {
    for (let i = 0; i < this.#entries.length; i++) {
      const { predicate, node } = this.#entries[i] as ListEntry<Data, Action>;
      const matches = predicate.matches(data);
      if (matches === undefined) return undefined;
      if (!matches) continue;
      const found = node.find(data);
      if (found !== null) return found;
    }
    return this.#otherwise === null ? null : this.#otherwise.find(data);
  }
}
