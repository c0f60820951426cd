// Reads lists of envoy.config.common.mutation_rules.v3.HeaderMutation.
import type { ConfigContext } from '../../../config/api.ts';
import type { HeaderMutation } from '../../../generated/envoy/config/common/mutation_rules/v3/mutation_rules_pb.d.ts';
import { pinnedName } from '../../../http/headers/api.ts';
import { readStringMatcher } from '../../../matchers/api.ts';
import type { FormatterSettings } from '../../../observability/access-log/api.ts';
import { readRequestHeaderRules, readResponseHeaderRules } from '../../../router/api.ts';
import { HeaderMutations, type Mutation, Removal, RemoveOnMatch } from './header-mutations.ts';

/** `side` says which fields are kept as one value. */
export function readHeaderMutations(
  rules: readonly HeaderMutation[],
  side: 'request' | 'response',
  config: ConfigContext,
  formatters: FormatterSettings = {},
): HeaderMutations {
  const mutations: Mutation[] = [];
  for (const rule of rules) {
    const mutation = readMutation(rule, side, config, formatters);
    if (mutation !== null) mutations.push(mutation);
  }
  return new HeaderMutations(mutations);
}

/** Null after an error was reported, and for a rule that does nothing. */
function readMutation(
  rule: HeaderMutation,
  side: 'request' | 'response',
  config: ConfigContext,
  formatters: FormatterSettings,
): Mutation | null {
  const { action } = rule;
  switch (action.case) {
    case 'append':
      if (!mayBeWritten(action.value.header?.key ?? '')) {
        config.error(rule, 'append', 'RMR0701', 'pseudo-headers and host may be removed, not written');
        return null;
      }
      return side === 'request'
        ? readRequestHeaderRules([action.value], [], config, formatters)
        : readResponseHeaderRules([action.value], config, formatters);
    case 'remove':
      // As Envoy also what a message cannot do without: it is not sent then.
      return new Removal(pinnedName(action.value));
    case 'removeOnMatch': {
      // PGV asks for the matcher.
      const matcher = action.value.keyMatcher && readStringMatcher(action.value.keyMatcher, config);
      return matcher === undefined ? null : new RemoveOnMatch(matcher);
    }
    case undefined:
      return null;
  }
}

function mayBeWritten(name: string): boolean {
  return !name.startsWith(':') && name.toLowerCase() !== 'host';
}
