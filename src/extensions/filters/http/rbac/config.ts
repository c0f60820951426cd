// Owns the way from envoy.extensions.filters.http.rbac.v3.RBAC and RBACPerRoute to the filter.
import type { Message } from '@bufbuild/protobuf';
import type { ConfigContext } from '../../../../config/api.ts';
import type { RBAC as Rules } from '../../../../generated/envoy/config/rbac/v3/rbac_pb.d.ts';
import type { RBAC, RBACPerRoute } from '../../../../generated/envoy/extensions/filters/http/rbac/v3/rbac_pb.d.ts';
import type { Matcher } from '../../../../generated/xds/type/matcher/v3/matcher_pb.d.ts';
import type { FilterPair, HttpFilterConfigFactory } from '../../../../http/filter/api.ts';
import { readPolicyEngine } from '../../../common/rbac/config.ts';
import { readTreeEngine, type TreeServices } from '../../../common/rbac/config-tree.ts';
import { RbacRules, type RulesKind } from '../../../common/rbac/rules.ts';
import { RuleStats } from '../../../common/rbac/stats.ts';
import { RbacFilter, type RbacSettings } from './filter.ts';

export const factory: HttpFilterConfigFactory = {
  terminal: false,
  create(message: Message, context) {
    const rbac = message as RBAC;
    const settings = readSettings(rbac, context.services, context.config);
    if (settings === undefined) return undefined;
    const scope = context.scope.scope('rbac.');
    const stats = {
      enforced: new RuleStats(scope, rbac.rulesStatPrefix, 'enforced'),
      shadow: new RuleStats(scope, rbac.shadowRulesStatPrefix, 'shadow'),
    };
    return {
      name: context.name,
      terminal: false,
      disabledByDefault: context.disabled,
      createFilters: (): FilterPair => ({ decoder: new RbacFilter(settings, stats), encoder: null }),
    };
  },
  // Without rules of its own a route lets everything pass.
  readRouteConfig: (message: Message, config, services) => {
    const { rbac } = message as RBACPerRoute;
    return rbac === undefined
      ? { enforced: null, shadow: null, trackPolicies: false }
      : readSettings(rbac, services, config);
  },
};

/** Undefined when something was wrong and reported. */
function readSettings(message: RBAC, services: TreeServices, config: ConfigContext): RbacSettings | undefined {
  const read = (kind: RulesKind, prefix: string, rules: Rules | undefined, tree: Matcher | undefined) => {
    if (rules === undefined && tree === undefined) return null;
    // As Envoy: a tree takes the place of policies beside it.
    const policies = rules && readPolicyEngine(rules, config);
    const engine = tree === undefined ? policies : readTreeEngine(tree, services, config);
    return engine && new RbacRules(engine, kind, prefix);
  };
  const { rulesStatPrefix, shadowRulesStatPrefix } = message;
  const enforced = read('enforced', rulesStatPrefix, message.rules, message.matcher);
  const shadow = read('shadow', shadowRulesStatPrefix, message.shadowRules, message.shadowMatcher);
  if (enforced === undefined || shadow === undefined) return undefined;
  return { enforced, shadow, trackPolicies: message.trackPerRuleStats };
}
