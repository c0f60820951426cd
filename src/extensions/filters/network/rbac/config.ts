// Owns the way from envoy.extensions.filters.network.rbac.v3.RBAC to the filter.
import type { Message } from '@bufbuild/protobuf';
import { durationMs } from '../../../../base/duration.ts';
import type { RBAC as Rules } from '../../../../generated/envoy/config/rbac/v3/rbac_pb.d.ts';
import type {
  RBAC,
  RBAC_EnforcementType,
} from '../../../../generated/envoy/extensions/filters/network/rbac/v3/rbac_pb.d.ts';
import type { Matcher } from '../../../../generated/xds/type/matcher/v3/matcher_pb.d.ts';
import type { NetworkFilterConfigFactory, NetworkFilterContext } from '../../../../listener/api.ts';
import { readPolicyEngine } from '../../../common/rbac/config.ts';
import { connectionInputs, readTreeEngine } from '../../../common/rbac/config-tree.ts';
import { RbacRules, type RulesKind } from '../../../common/rbac/rules.ts';
import { RuleStats } from '../../../common/rbac/stats.ts';
import { hasHttpRules } from './config-check.ts';
import { RbacNetworkFilter, type RbacNetworkSettings } from './filter.ts';

const continuous: RBAC_EnforcementType = 1;

export const factory: NetworkFilterConfigFactory = {
  terminal: false,
  create(message: Message, context) {
    const settings = readSettings(message as RBAC, context);
    if (settings === undefined) return undefined;
    const { timers } = context.services;
    return { createFilter: () => new RbacNetworkFilter(settings, timers) };
  },
};

/** Undefined when something was wrong and reported. */
function readSettings(message: RBAC, context: NetworkFilterContext): RbacNetworkSettings | undefined {
  const { config, services } = context;
  const { statPrefix, shadowRulesStatPrefix } = message;
  const read = (kind: RulesKind, prefix: string, rules: Rules | undefined, tree: Matcher | undefined) => {
    if (rules === undefined && tree === undefined) return null;
    if (rules !== undefined && hasHttpRules(rules, config)) return undefined;
    // As Envoy: a tree takes the place of policies beside it.
    const policies = rules && readPolicyEngine(rules, config);
    const engine = tree === undefined ? policies : readTreeEngine(tree, services, config, connectionInputs);
    return engine && new RbacRules(engine, kind, prefix);
  };
  const enforced = read('enforced', '', message.rules, message.matcher);
  const shadow = read('shadow', shadowRulesStatPrefix, message.shadowRules, message.shadowMatcher);
  if (enforced === undefined || shadow === undefined) return undefined;
  // Not under the listener's name: filters with one prefix count together.
  const scope = services.stats.scope(`${statPrefix}${statPrefix.endsWith('.') ? '' : '.'}rbac.`);
  return {
    enforced,
    shadow,
    enforcedStats: new RuleStats(scope, '', 'enforced'),
    shadowStats: new RuleStats(scope, shadowRulesStatPrefix, 'shadow'),
    continuous: message.enforcementType === continuous,
    delayDenyMs: Math.floor(durationMs(message.delayDeny, 0)),
  };
}
