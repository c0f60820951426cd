/**
 * Owns the question which extensions a configuration names, and whether they are implemented. An extension is found by the
 * type of its configuration, as in Envoy; the names beside it (`name: envoy.filters.http.router`) mean nothing.
 */
import type { Message } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import type { ConfigContext } from '../context.ts';
import { originOf } from '../origin.ts';
import type { FieldPlan, MessagePlan } from '../plan.ts';
import { isOneof, propertyOf } from '../property.ts';
import { registry } from '../registry.ts';
import { unavailable } from '../unavailable.ts';
import { heldTypeName, typedConfigHint } from '../unpacked.ts';

const slotNames = new Set([
  'typed_config',
  'typed_per_filter_config',
  'typed_extension_protocol_options',
  'retry_policy_typed_config',
  'per_filter_config',
  'default_config',
  'api_listener',
]);

/** Whether an Any in this field configures an extension (and is not a resource, metadata or another's private matter). */
export function isExtensionSlot(field: FieldPlan): boolean {
  if (slotNames.has(field.name)) return true;
  const message = field.descriptor.parent.typeName;
  return (
    (message === 'envoy.config.route.v3.FilterConfig' && field.name === 'config') ||
    (message === 'envoy.config.route.v3.FilterAction' && field.name === 'action')
  );
}

/** False when the extension is not there, which has been reported: what it holds is then of no interest. */
export function checkExtension(any: Any, owner: Message, context: ConfigContext): boolean {
  const name = heldTypeName(any);
  if (name === '') {
    context.error(any, '', 'RMR0308', 'Nothing says which extension this is: typed_config is empty', typedConfigHint);
    return false;
  }
  // A wrapper around an extension's configuration, which is asked for itself.
  if (name === 'envoy.config.route.v3.FilterConfig') return true;
  const known = context.options.knownExtensions;
  if (registry().getMessage(name) === undefined) {
    context.error(any, '', 'RMR0109', `The API has no extension ${JSON.stringify(name)}`);
    return false;
  }
  if (isClusterSpecifier(any) && !(known?.has(name) && name.startsWith(clusterSpecifiers))) return false;
  if (known === undefined || known.has(name)) return true;
  const origin = originOf(any);
  if (isOptional(owner)) {
    context.report('warning', origin, '', 'RMR0307', `${name} is not implemented yet and, being optional, passed over`);
    return false;
  }
  if (isOneOfSeveralPolicies(any)) return false;
  const why = unavailable(name);
  if (why !== undefined) context.report('error', origin, '', 'RMR0304', `${name}: ${why.reason}`, why.advice);
  else context.report('error', origin, '', 'RMR0304', `The extension ${name} is not implemented yet`);
  return false;
}

/** HttpFilter and FilterConfig may say that Envoy should go on without the filter when it does not know it. */
function isOptional(owner: Message): boolean {
  return propertyOf(owner, 'isOptional') === true;
}

/**
 * LoadBalancingPolicy.policies is a list of which the first known one is taken; whoever builds the cluster says when none
 * is (semantic/cluster.ts).
 */
function isOneOfSeveralPolicies(any: Any): boolean {
  return originOf(any)?.parent?.parent?.field === 'policies';
}

const clusterSpecifiers = 'envoy.extensions.router.cluster_specifiers.';

/** An optional one of an unknown kind leaves routes out, which the reader of routes says (router/config/cluster-specifier.ts). */
function isClusterSpecifier(any: Any): boolean {
  const owner = originOf(any)?.parent?.parent?.field;
  return owner === 'cluster_specifier_plugins' || owner === 'inline_cluster_specifier_plugin';
}

/** A message such as Filter: `name` beside `oneof config_type { typed_config … }`, of which nothing is set. */
export function checkUntypedExtension(message: Message, plan: MessagePlan, context: ConfigContext): void {
  const field = plan.byName.get('typed_config');
  if (field === undefined || !field.inOneof || !plan.byName.has('name') || isOptional(message)) return;
  const choice = propertyOf(message, field.property);
  if (!isOneof(choice) || choice.case !== undefined) return;
  const name = propertyOf(message, 'name');
  const text = `The extension ${JSON.stringify(name)} has no typed_config, by whose type it would be found`;
  context.error(message, '', 'RMR0308', text, typedConfigHint);
}
