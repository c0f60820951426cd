// Owns the way from a matcher tree whose actions are envoy.config.rbac.v3.Action to an engine.
import type { Message } from '@bufbuild/protobuf';
import type { Runtime } from '../../../base/runtime.ts';
import type { ConfigContext } from '../../../config/api.ts';
import type { Action } from '../../../generated/envoy/config/rbac/v3/rbac_pb.d.ts';
import type { Matcher } from '../../../generated/xds/type/matcher/v3/matcher_pb.d.ts';
import {
  connectionInput,
  type DataInput,
  type RequestData,
  readMatchTree,
  requestInput,
  TreeUser,
} from '../../../matchers/api.ts';
import type { StatsScope } from '../../../observability/stats/api.ts';
import { actionOf } from './config.ts';
import { type NamedAction, TreeEngine } from './tree-engine.ts';

export interface TreeServices {
  readonly runtime: Runtime;
  /** Root of all statistics. */
  readonly stats: StatsScope;
}

/** What trees of one place may look at. */
export interface TreeInputs {
  readonly read: (message: Message) => DataInput<RequestData> | undefined;
  /** In words, for who asked for another. */
  readonly hint: string;
}

export const requestInputs: TreeInputs = {
  read: requestInput,
  hint: 'request headers, addresses and ports, the server name, names of the client certificate, filter state, dynamic metadata and CEL attributes are there',
};

/** For the network filter, as in Envoy. */
export const connectionInputs: TreeInputs = {
  read: connectionInput,
  hint: 'addresses and ports, the server name, names of the client certificate, filter state and dynamic metadata are there',
};

/** Undefined when something was wrong and reported. */
export function readTreeEngine(
  message: Matcher,
  services: TreeServices,
  context: ConfigContext,
  inputs: TreeInputs = requestInputs,
): TreeEngine | undefined {
  const user = new RbacTreeUser(services, context, inputs);
  const before = context.errorCount;
  const tree = readMatchTree(message, user, context);
  // Who is let in must not be decided by a part of the tree.
  return tree === undefined || context.errorCount > before ? undefined : new TreeEngine(tree, user.actions);
}

const actionType = 'envoy.config.rbac.v3.Action';

class RbacTreeUser extends TreeUser<RequestData, NamedAction> {
  readonly code = 'RMR0705';
  readonly actions: NamedAction[] = [];
  readonly #inputs: TreeInputs;

  constructor(services: TreeServices, context: ConfigContext, inputs: TreeInputs) {
    super(services, context);
    this.#inputs = inputs;
  }

  action(message: Message): NamedAction | undefined {
    if (message.$typeName !== actionType)
      return this.refuse(message, `${message.$typeName} is no action of rbac: ${actionType} is`);
    const { name, action } = message as Action;
    const leaf = { name, action: actionOf(action) };
    this.actions.push(leaf);
    return leaf;
  }

  input(message: Message): DataInput<RequestData> | undefined {
    const { read, hint } = this.#inputs;
    return read(message) ?? this.refuse(message, `rbac cannot look at ${message.$typeName} here`, hint);
  }
}
