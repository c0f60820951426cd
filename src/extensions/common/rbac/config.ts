// Owns the way from envoy.config.rbac.v3.RBAC to an engine of policies.
import { toByteString } from '../../../base/byte-string.ts';
import type { ConfigContext } from '../../../config/api.ts';
import type { Policy, RBAC } from '../../../generated/envoy/config/rbac/v3/rbac_pb.d.ts';
import { readCondition } from './config-condition.ts';
import { readPermission } from './config-permission.ts';
import { readPrincipal } from './config-principal.ts';
import { readEach } from './config-values.ts';
import { PolicyEngine, type RbacAction, type RbacPolicy } from './engine.ts';
import { AnyMatcher, type RbacMatcher } from './matcher.ts';

/** By envoy.config.rbac.v3.RBAC.Action. */
const actions: readonly RbacAction[] = ['allow', 'deny', 'log'];

export function actionOf(action: RBAC['action']): RbacAction {
  return actions[action] ?? 'allow';
}

/** Undefined when something was wrong and reported. */
export function readPolicyEngine(message: RBAC, context: ConfigContext): PolicyEngine | undefined {
  const entries = Object.entries(message.policies);
  const policies = entries
    .map(([name, policy]) => readPolicy(name, policy, context))
    .filter((policy) => policy !== undefined);
  if (policies.length !== entries.length) return undefined;
  policies.sort((a, b) => compareBytes(a.name, b.name));
  return new PolicyEngine(actionOf(message.action), policies);
}

function readPolicy(name: string, message: Policy, context: ConfigContext): RbacPolicy | undefined {
  const permissions = readEach(message.permissions, (permission) => readPermission(permission, context));
  const principals = readEach(message.principals, (principal) => readPrincipal(principal, context));
  const condition = readCondition(message, context);
  if (permissions === undefined || principals === undefined || condition === undefined) return undefined;
  return { name, permission: oneOf(permissions), principal: oneOf(principals), condition };
}

function oneOf(matchers: readonly RbacMatcher[]): RbacMatcher {
  const [first] = matchers;
  return matchers.length === 1 && first !== undefined ? first : new AnyMatcher(matchers);
}

function compareBytes(a: string, b: string): number {
  const [left, right] = [toByteString(a), toByteString(b)];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
