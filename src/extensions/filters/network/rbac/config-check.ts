// Owns what the network filter refuses of rules, as Envoy does: tests of request headers, wherever they stand. Other rules
// that only a request could answer (url_path, uri_template) are taken, and match no connection.
import type { Message } from '@bufbuild/protobuf';
import type { ConfigContext } from '../../../../config/api.ts';
import type { Permission, Principal, RBAC } from '../../../../generated/envoy/config/rbac/v3/rbac_pb.d.ts';

/** True after each was reported. */
export function hasHttpRules(rules: RBAC, context: ConfigContext): boolean {
  let found = false;
  const report = (message: Message): void => {
    found = true;
    const hint = 'match headers with envoy.filters.http.rbac, behind the HTTP connection manager';
    context.error(message, 'header', 'RMR0705', 'a connection has no request headers', hint);
  };
  for (const { permissions, principals } of Object.values(rules.policies)) {
    for (const permission of permissions) checkPermission(permission, report);
    for (const principal of principals) checkPrincipal(principal, report);
  }
  return found;
}

function checkPermission(message: Permission, report: (message: Message) => void): void {
  const { rule } = message;
  if (rule.case === 'header') report(message);
  else if (rule.case === 'notRule') checkPermission(rule.value, report);
  else if (rule.case === 'andRules' || rule.case === 'orRules') {
    for (const inner of rule.value.rules) checkPermission(inner, report);
  }
}

function checkPrincipal(message: Principal, report: (message: Message) => void): void {
  const { identifier: id } = message;
  if (id.case === 'header') report(message);
  else if (id.case === 'notId') checkPrincipal(id.value, report);
  else if (id.case === 'andIds' || id.case === 'orIds') {
    for (const inner of id.value.ids) checkPrincipal(inner, report);
  }
}
