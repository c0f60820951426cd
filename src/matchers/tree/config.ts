// Owns how xds.type.matcher.v3.Matcher becomes a tree. A reader answers undefined when it reported an error. Which inputs
// and actions may stand in a tree is its user's to say (routes take fewer than others: TreeUser).
import type { Message } from '@bufbuild/protobuf';
import type { ConfigContext } from '../../config/api.ts';
import type { FilterStateInput as FilterStateInputMessage } from '../../generated/envoy/extensions/matching/common_inputs/network/v3/network_inputs_pb.d.ts';
import type { HttpRequestHeaderMatchInput } from '../../generated/envoy/type/matcher/v3/http_inputs_pb.d.ts';
import type { TypedExtensionConfig } from '../../generated/xds/core/v3/extension_pb.d.ts';
import type {
  Matcher,
  Matcher_MatcherList_Predicate,
  Matcher_MatcherList_Predicate_SinglePredicate,
  Matcher_OnMatch,
} from '../../generated/xds/type/matcher/v3/matcher_pb.d.ts';
import type { StringMatcher as XdsStringMatcher } from '../../generated/xds/type/matcher/v3/string_pb.d.ts';
import { pinnedName } from '../../http/headers/name.ts';
import { toByteString } from '../byte-string.ts';
import { compileRegex, RegexError } from '../regex.ts';
import { RegexStringMatcher, type StringMatcher, stringMatcher } from '../string-matcher.ts';
import { FilterStateInput, RequestHeaderInput } from './inputs.ts';
import {
  ActionNode,
  AnyPredicate,
  type DataInput,
  EveryPredicate,
  ExactMap,
  type ListEntry,
  MatchList,
  type MatchNode,
  NotPredicate,
  type Predicate,
  PrefixMap,
  ValuePredicate,
} from './match-tree.ts';

export interface TreeUser<Action> {
  /** What an action's message means; undefined (and reported) when it has no place here. */
  action(message: Message): Action | undefined;
  /** What an input's message reads; undefined (and reported) likewise. */
  input(message: Message): DataInput | undefined;
}

export function readMatchTree<Action>(
  message: Matcher,
  user: TreeUser<Action>,
  context: ConfigContext,
): MatchNode<Action> | undefined {
  const otherwise = message.onNoMatch === undefined ? null : readOnMatch(message.onNoMatch, user, context);
  const { matcherType } = message;
  if (otherwise === undefined) return undefined;
  if (matcherType.case === 'matcherList') {
    const entries: ListEntry<Action>[] = [];
    for (const { predicate, onMatch } of matcherType.value.matchers) {
      // Required by the API's own rules.
      const condition = predicate && readPredicate(predicate, user, context);
      const node = onMatch && readOnMatch(onMatch, user, context);
      if (condition !== undefined && node !== undefined) entries.push({ predicate: condition, node });
    }
    return new MatchList(entries, otherwise);
  }
  if (matcherType.case === undefined) return new MatchList([], otherwise);
  const { input: inputConfig, treeType } = matcherType.value;
  const input = readInput(inputConfig, user, context);
  if (treeType.case !== 'exactMatchMap' && treeType.case !== 'prefixMatchMap') {
    context.error(
      matcherType.value,
      'custom_match',
      'RMR0304',
      'Custom matchers of matcher trees are not implemented yet',
    );
    return undefined;
  }
  const nodes = new Map<string, MatchNode<Action>>();
  for (const [key, onMatch] of Object.entries(treeType.value.map)) {
    const node = readOnMatch(onMatch, user, context);
    if (node !== undefined) nodes.set(toByteString(key), node);
  }
  if (input === undefined) return undefined;
  return treeType.case === 'exactMatchMap'
    ? new ExactMap(input, nodes, otherwise)
    : new PrefixMap(input, nodes, otherwise);
}

function readOnMatch<Action>(
  message: Matcher_OnMatch,
  user: TreeUser<Action>,
  context: ConfigContext,
): MatchNode<Action> | undefined {
  if (message.keepMatching) {
    context.error(message, 'keep_matching', 'RMR0600', 'keep_matching has no place here, in Envoy neither');
    return undefined;
  }
  const { onMatch } = message;
  if (onMatch.case === 'matcher') return readMatchTree(onMatch.value, user, context);
  const unpacked = onMatch.case === 'action' ? unpack(onMatch.value, context) : undefined;
  const action = unpacked && user.action(unpacked);
  return action === undefined ? undefined : new ActionNode(action);
}

function readPredicate<Action>(
  message: Matcher_MatcherList_Predicate,
  user: TreeUser<Action>,
  context: ConfigContext,
): Predicate | undefined {
  const { matchType } = message;
  switch (matchType.case) {
    case 'singlePredicate':
      return readSingle(matchType.value, user, context);
    case 'orMatcher':
    case 'andMatcher': {
      const all = matchType.value.predicate.map((inner) => readPredicate(inner, user, context));
      const predicates = all.filter((predicate) => predicate !== undefined);
      return matchType.case === 'orMatcher' ? new AnyPredicate(predicates) : new EveryPredicate(predicates);
    }
    case 'notMatcher': {
      const predicate = readPredicate(matchType.value, user, context);
      return predicate && new NotPredicate(predicate);
    }
    case undefined:
      // Required by the API's own rules.
      return undefined;
  }
}

function readSingle<Action>(
  message: Matcher_MatcherList_Predicate_SinglePredicate,
  user: TreeUser<Action>,
  context: ConfigContext,
): Predicate | undefined {
  const input = readInput(message.input, user, context);
  if (message.matcher.case === 'customMatch') {
    context.error(message, 'custom_match', 'RMR0304', 'Custom matchers of matcher trees are not implemented yet');
    return undefined;
  }
  const matcher = message.matcher.value && readText(message.matcher.value, context);
  return input && matcher && new ValuePredicate(input, matcher);
}

function readText(message: XdsStringMatcher, context: ConfigContext): StringMatcher | undefined {
  const { matchPattern, ignoreCase } = message;
  switch (matchPattern.case) {
    case 'exact':
    case 'prefix':
    case 'suffix':
    case 'contains':
      return stringMatcher(matchPattern.case, matchPattern.value, ignoreCase);
    case 'safeRegex':
      try {
        return new RegexStringMatcher(compileRegex(matchPattern.value.regex));
      } catch (error) {
        if (!(error instanceof RegexError)) throw error;
        context.error(matchPattern.value, 'regex', 'RMR0603', error.message);
        return undefined;
      }
    case 'custom':
      context.error(message, 'custom', 'RMR0304', 'Custom string matchers are not implemented yet');
      return undefined;
    case undefined:
      // Required by the API's own rules.
      return undefined;
  }
}

function readInput<Action>(
  config: TypedExtensionConfig | undefined,
  user: TreeUser<Action>,
  context: ConfigContext,
): DataInput | undefined {
  const message = config && unpack(config, context);
  return message && user.input(message);
}

function unpack(config: TypedExtensionConfig, context: ConfigContext): Message | undefined {
  return config.typedConfig === undefined ? undefined : context.unpack(config.typedConfig);
}

/** The inputs that there are; undefined, without a report, for others. */
export function requestInput(message: Message): DataInput | undefined {
  switch (message.$typeName) {
    case 'envoy.type.matcher.v3.HttpRequestHeaderMatchInput':
      return new RequestHeaderInput(pinnedName((message as HttpRequestHeaderMatchInput).headerName.toLowerCase()));
    case 'envoy.extensions.matching.common_inputs.network.v3.FilterStateInput': {
      const { key, field } = message as FilterStateInputMessage;
      return field === '' ? new FilterStateInput(key) : undefined;
    }
    default:
      return undefined;
  }
}
