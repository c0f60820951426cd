// Owns the way from envoy.extensions.filters.http.rbac.v3.RBAC and RBACPerRoute to the filter.
import type { Message } from '@bufbuild/protobuf';
import type { ConfigContext } from '../../../../config/api.ts';
import type { RBAC as Rules } from '../../../../generated/envoy/config/rbac/v3/rbac_pb.d.ts';
import type { RBAC, RBACPerRoute } from '../../../../generated/envoy/extensions/filters/http/rbac/v3/rbac_pb.d.ts';
import type { FilterPair, HttpFilterConfigFactory } from '../../../../http/filter/api.ts';
import { readRbacEngine } from '../../../common/rbac/config.ts';
import { RbacRules } from '../../../common/rbac/rules.ts';
import { RuleStats } from '../../../common/rbac/stats.ts';
import { RbacFilter, type RbacSettings } from './filter.ts';

export const factory: HttpFilterConfigFactory = {
  terminal: false,
  create(message: Message, context) {
    const rbac = message as RBAC;
    const settings = readSettings(rbac, context.config);
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
  readRouteConfig: (message: Message, config) => {
    const { rbac } = message as RBACPerRoute;
    return rbac === undefined ? { enforced: null, shadow: null, trackPolicies: false } : readSettings(rbac, config);
  },
};

/** Undefined when something was wrong and reported. */
function readSettings(message: RBAC, config: ConfigContext): RbacSettings | undefined {
  const enforced = readRules(message.rules, 'enforced', message.rulesStatPrefix, config);
  const shadow = readRules(message.shadowRules, 'shadow', message.shadowRulesStatPrefix, config);
  if (enforced === undefined || shadow === undefined) return undefined;
  return { enforced, shadow, trackPolicies: message.trackPerRuleStats };
}

/** Null where there are none. */
function readRules(
  message: Rules | undefined,
  kind: 'enforced' | 'shadow',
  prefix: string,
  config: ConfigContext,
): RbacRules | null | undefined {
  if (message === undefined) return null;
  const engine = readRbacEngine(message, config);
  return engine && new RbacRules(engine, kind, prefix);
}
