// Owns matcher trees (xds.type.matcher.v3.Matcher): predicates in a list, or a value looked up in a map, down to an action.
// Made once from configuration; whoever uses them says what actions are. Asked of Envoy 1.40: a branch without an answer
// is left for the next entry of a list, the next shorter prefix of a map, and at last for on_no_match.
import type { HeaderMap } from '../../http/headers/header-map.ts';
import type { StreamInfo } from '../../observability/stream-info.ts';
import type { StringMatcher } from '../string-matcher.ts';

/** What inputs may look at. */
export interface MatchData {
  readonly headers: HeaderMap;
  readonly streamInfo: StreamInfo;
}

export interface DataInput {
  /** A byte string; undefined: there is no such value, which matches nothing. */
  value(data: MatchData): string | undefined;
}

/** A tree, or a leaf of it. */
export interface MatchNode<Action> {
  find(data: MatchData): Action | null;
}

export class ActionNode<Action> implements MatchNode<Action> {
  readonly #action: Action;
  constructor(action: Action) {
    this.#action = action;
  }
  find(): Action {
    return this.#action;
  }
}

export interface Predicate {
  matches(data: MatchData): boolean;
}

export class ValuePredicate implements Predicate {
  readonly #input: DataInput;
  readonly #matcher: StringMatcher;
  constructor(input: DataInput, matcher: StringMatcher) {
    this.#input = input;
    this.#matcher = matcher;
  }
  matches(data: MatchData): boolean {
    const value = this.#input.value(data);
    return value !== undefined && this.#matcher.matches(value);
  }
}

export class AnyPredicate implements Predicate {
  readonly #predicates: readonly Predicate[];
  constructor(predicates: readonly Predicate[]) {
    this.#predicates = predicates;
  }
  matches(data: MatchData): boolean {
    for (let i = 0; i < this.#predicates.length; i++) if ((this.#predicates[i] as Predicate).matches(data)) return true;
    return false;
  }
}

export class EveryPredicate implements Predicate {
  readonly #predicates: readonly Predicate[];
  constructor(predicates: readonly Predicate[]) {
    this.#predicates = predicates;
  }
  matches(data: MatchData): boolean {
    for (let i = 0; i < this.#predicates.length; i++)
      if (!(this.#predicates[i] as Predicate).matches(data)) return false;
    return true;
  }
}

export class NotPredicate implements Predicate {
  readonly #predicate: Predicate;
  constructor(predicate: Predicate) {
    this.#predicate = predicate;
  }
  matches(data: MatchData): boolean {
    return !this.#predicate.matches(data);
  }
}

export interface ListEntry<Action> {
  readonly predicate: Predicate;
  readonly node: MatchNode<Action>;
}

export class MatchList<Action> implements MatchNode<Action> {
  readonly #entries: readonly ListEntry<Action>[];
  readonly #otherwise: MatchNode<Action> | null;

  constructor(entries: readonly ListEntry<Action>[], otherwise: MatchNode<Action> | null) {
    this.#entries = entries;
    this.#otherwise = otherwise;
  }

  find(data: MatchData): Action | null {
    for (let i = 0; i < this.#entries.length; i++) {
      const { predicate, node } = this.#entries[i] as ListEntry<Action>;
      if (!predicate.matches(data)) continue;
      const found = node.find(data);
      if (found !== null) return found;
    }
    return this.#otherwise === null ? null : this.#otherwise.find(data);
  }
}

export class ExactMap<Action> implements MatchNode<Action> {
  readonly #input: DataInput;
  readonly #nodes: ReadonlyMap<string, MatchNode<Action>>;
  readonly #otherwise: MatchNode<Action> | null;

  /** Keys are byte strings. */
  constructor(input: DataInput, nodes: ReadonlyMap<string, MatchNode<Action>>, otherwise: MatchNode<Action> | null) {
    this.#input = input;
    this.#nodes = nodes;
    this.#otherwise = otherwise;
  }

  find(data: MatchData): Action | null {
    const value = this.#input.value(data);
    const found = value === undefined ? null : (this.#nodes.get(value)?.find(data) ?? null);
    return found ?? (this.#otherwise === null ? null : this.#otherwise.find(data));
  }
}

export class PrefixMap<Action> implements MatchNode<Action> {
  readonly #input: DataInput;
  readonly #nodes: ReadonlyMap<string, MatchNode<Action>>;
  /** Longest first: a value is cut to each of them and looked up, so the cost is by lengths, not by prefixes. */
  readonly #lengths: readonly number[];
  readonly #otherwise: MatchNode<Action> | null;

  constructor(input: DataInput, nodes: ReadonlyMap<string, MatchNode<Action>>, otherwise: MatchNode<Action> | null) {
    this.#input = input;
    this.#nodes = nodes;
    this.#lengths = [...new Set([...nodes.keys()].map((prefix) => prefix.length))].sort((a, b) => b - a);
    this.#otherwise = otherwise;
  }

  find(data: MatchData): Action | null {
    const value = this.#input.value(data);
    if (value !== undefined) {
      for (let i = 0; i < this.#lengths.length; i++) {
        const length = this.#lengths[i] as number;
        if (length > value.length) continue;
        const found = this.#nodes.get(value.slice(0, length))?.find(data) ?? null;
        if (found !== null) return found;
      }
    }
    return this.#otherwise === null ? null : this.#otherwise.find(data);
  }
}
