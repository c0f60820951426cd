// Reads envoy.http.early_header_mutation.header_mutation.
import type { Message } from '@bufbuild/protobuf';
import type { ConfigContext } from '../../../../config/api.ts';
import type { HeaderMutation as RuleMessage } from '../../../../generated/envoy/config/common/mutation_rules/v3/mutation_rules_pb.d.ts';
import type { HeaderMutation } from '../../../../generated/envoy/extensions/http/early_header_mutation/header_mutation/v3/header_mutation_pb.d.ts';
import type { EarlyHeaderMutationFactory } from '../../../../http/connection-manager/api.ts';
import { readStringMatcher } from '../../../../matchers/api.ts';
import { readRequestHeaderRules } from '../../../../router/api.ts';
import { HeaderMutations, type Mutation, RemoveOnMatch } from './header-mutations.ts';

export const factory: EarlyHeaderMutationFactory = {
  create(message: Message, config: ConfigContext) {
    const mutations: Mutation[] = [];
    for (const rule of (message as HeaderMutation).mutations) {
      const mutation = readMutation(rule, config);
      if (mutation !== null) mutations.push(mutation);
    }
    return new HeaderMutations(mutations);
  },
};

/** Null after an error was reported, and for a rule that does nothing. */
function readMutation(rule: RuleMessage, config: ConfigContext): Mutation | null {
  const { action } = rule;
  switch (action.case) {
    case 'append':
      if (!isAllowed(action.value.header?.key ?? '')) return refuse(rule, 'append', config);
      return readRequestHeaderRules([action.value], [], config);
    case 'remove':
      if (!isAllowed(action.value)) return refuse(rule, 'remove', config);
      return readRequestHeaderRules([], [action.value], config);
    case 'removeOnMatch': {
      // PGV asks for the matcher.
      const matcher = action.value.keyMatcher && readStringMatcher(action.value.keyMatcher, config);
      return matcher === undefined ? null : new RemoveOnMatch(matcher);
    }
    case undefined:
      return null;
  }
}

function isAllowed(name: string): boolean {
  return !name.startsWith(':') && name.toLowerCase() !== 'host';
}

function refuse(rule: RuleMessage, field: string, config: ConfigContext): null {
  config.error(rule, field, 'RMR0701', 'pseudo-headers and host cannot be changed by header rules');
  return null;
}
