// Owns how xds.type.matcher.v3.Matcher becomes a tree. A reader answers undefined when it reported an error. Which inputs
// and actions may stand in a tree is its user's to say (routes take fewer than others: TreeUser).
import type { Message } from '@bufbuild/protobuf';
import type { Runtime } from '../../base/runtime.ts';
import type { ConfigContext, DiagnosticCode } from '../../config/api.ts';
import type { TypedExtensionConfig } from '../../generated/xds/core/v3/extension_pb.d.ts';
import type {
  Matcher,
  Matcher_MatcherList_Predicate,
  Matcher_MatcherList_Predicate_SinglePredicate,
  Matcher_OnMatch,
} from '../../generated/xds/type/matcher/v3/matcher_pb.d.ts';
import type { StatsScope } from '../../observability/stats/api.ts';
import { toByteString } from '../byte-string.ts';
import { readStringMatcher } from '../config.ts';
import { readCustomMap } from './config-maps.ts';
import { readValueTest } from './config-value-tests.ts';
import { FixedInput } from './inputs.ts';
import { ExactMap, PrefixMap } from './match-maps.ts';
import {
  ActionNode,
  AnyPredicate,
  CelPredicate,
  type DataInput,
  EveryPredicate,
  type JsonInput,
  JsonPredicate,
  type ListEntry,
  MatchList,
  type MatchNode,
  NotPredicate,
  type Predicate,
  type TextInput,
  ValuePredicate,
} from './match-tree.ts';
import { neverMatches } from './value-tests.ts';

/** A place where a tree may stand: what it looks at, and what it decides. */
export abstract class TreeUser<Data, Action> {
  /** Code of what is reported. */
  abstract readonly code: DiagnosticCode;
  readonly runtime: Runtime;
  /** Root of all statistics. */
  readonly stats: StatsScope;
  protected readonly context: ConfigContext;

  constructor({ runtime, stats }: { readonly runtime: Runtime; readonly stats: StatsScope }, context: ConfigContext) {
    this.runtime = runtime;
    this.stats = stats;
    this.context = context;
  }

  /** What an action's message means; undefined (and reported) when it has no place here. */
  abstract action(message: Message): Action | undefined;
  /** What an input's message reads; undefined (and reported) likewise. */
  abstract input(message: Message): DataInput<Data> | undefined;

  protected refuse(message: Message, text: string, hint?: string): undefined {
    this.context.error(message, '', this.code, text, hint);
  }
}

export function readMatchTree<Data, Action>(
  message: Matcher,
  user: TreeUser<Data, Action>,
  context: ConfigContext,
): MatchNode<Data, Action> | undefined {
  return new TreeReader(user, context).tree(message);
}

/** To text matchers and maps a value that is no text is none. */
const noText = new FixedInput(null);

class TreeReader<Data, Action> {
  readonly #user: TreeUser<Data, Action>;
  readonly #context: ConfigContext;

  constructor(user: TreeUser<Data, Action>, context: ConfigContext) {
    this.#user = user;
    this.#context = context;
  }

  tree(message: Matcher): MatchNode<Data, Action> | undefined {
    const otherwise = message.onNoMatch === undefined ? null : this.#onMatch(message.onNoMatch);
    const { matcherType } = message;
    if (otherwise === undefined) return undefined;
    if (matcherType.case === 'matcherList') {
      const entries: ListEntry<Data, Action>[] = [];
      for (const { predicate, onMatch } of matcherType.value.matchers) {
        // Required by the API's own rules.
        const condition = predicate && this.#predicate(predicate);
        const node = onMatch && this.#onMatch(onMatch);
        if (condition !== undefined && node !== undefined) entries.push({ predicate: condition, node });
      }
      return new MatchList(entries, otherwise);
    }
    if (matcherType.case === undefined) return new MatchList([], otherwise);
    const { input: inputConfig, treeType } = matcherType.value;
    const input = this.#textInput(inputConfig);
    if (treeType.case === 'customMatch') {
      const custom = this.#unpack(treeType.value);
      if (custom === undefined) return undefined;
      const map = readCustomMap(custom, {
        context: this.#context,
        code: this.#user.code,
        onMatch: (inner) => this.#onMatch(inner),
      });
      return input && map?.(input, otherwise);
    }
    // Required by the API's own rules.
    if (treeType.case === undefined) return undefined;
    const nodes = new Map<string, MatchNode<Data, Action>>();
    for (const [key, onMatch] of Object.entries(treeType.value.map)) {
      const node = this.#onMatch(onMatch);
      if (node !== undefined) nodes.set(toByteString(key), node);
    }
    if (input === undefined) return undefined;
    return treeType.case === 'exactMatchMap'
      ? new ExactMap(input, nodes, otherwise)
      : new PrefixMap(input, nodes, otherwise);
  }

  #onMatch(message: Matcher_OnMatch): MatchNode<Data, Action> | undefined {
    if (message.keepMatching) {
      const text = 'keep_matching has no place here, in Envoy neither';
      this.#context.error(message, 'keep_matching', this.#user.code, text);
      return undefined;
    }
    const { onMatch } = message;
    if (onMatch.case === 'matcher') return this.tree(onMatch.value);
    const unpacked = onMatch.case === 'action' ? this.#unpack(onMatch.value) : undefined;
    const action = unpacked && this.#user.action(unpacked);
    return action === undefined ? undefined : new ActionNode(action);
  }

  #predicate(message: Matcher_MatcherList_Predicate): Predicate<Data> | undefined {
    const { matchType } = message;
    switch (matchType.case) {
      case 'singlePredicate':
        return this.#single(matchType.value);
      case 'orMatcher':
      case 'andMatcher': {
        const all = matchType.value.predicate.map((inner) => this.#predicate(inner));
        const predicates = all.filter((predicate) => predicate !== undefined);
        return matchType.case === 'orMatcher' ? new AnyPredicate(predicates) : new EveryPredicate(predicates);
      }
      case 'notMatcher': {
        const predicate = this.#predicate(matchType.value);
        return predicate && new NotPredicate(predicate);
      }
      case undefined:
        // Required by the API's own rules.
        return undefined;
    }
  }

  #single({ input: config, matcher }: Matcher_MatcherList_Predicate_SinglePredicate): Predicate<Data> | undefined {
    const input = this.#input(config);
    if (matcher.case === 'customMatch') {
      const custom = this.#unpack(matcher.value);
      const test = custom && readValueTest(custom, this.#user, this.#context);
      if (input === undefined || test === undefined) return undefined;
      if (input.kind === 'attributes' && test.kind === 'attributes') return new CelPredicate(input, test.expression);
      if (input.kind === 'attributes' || test.kind === 'attributes') return this.#misfit(config);
      if (test.kind === 'text') return new ValuePredicate(textOf(input), test.test);
      return input.kind === 'json'
        ? new JsonPredicate(input, test.matcher, test.invert)
        : new ValuePredicate(input, neverMatches);
    }
    const text = matcher.value && readStringMatcher(matcher.value, this.#context);
    if (input?.kind === 'attributes') return this.#misfit(config);
    return input && text && new ValuePredicate(textOf(input), text);
  }

  #textInput(config: TypedExtensionConfig | undefined): TextInput<Data> | undefined {
    const input = this.#input(config);
    if (input?.kind === 'attributes') return this.#misfit(config);
    return input && textOf(input);
  }

  #misfit(input: TypedExtensionConfig | undefined): undefined {
    const text = 'HttpAttributesCelMatchInput and CelMatcher go together, and neither with anything else';
    this.#context.error(input ?? {}, '', this.#user.code, text);
  }

  #input(config: TypedExtensionConfig | undefined): DataInput<Data> | undefined {
    const message = config && this.#unpack(config);
    return message && this.#user.input(message);
  }

  #unpack(config: TypedExtensionConfig): Message | undefined {
    return config.typedConfig === undefined ? undefined : this.#context.unpack(config.typedConfig);
  }
}

function textOf<Data>(input: TextInput<Data> | JsonInput<Data>): TextInput<Data> {
  return input.kind === 'text' ? input : noText;
}
