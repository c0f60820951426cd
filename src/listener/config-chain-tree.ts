// Reads Listener.filter_chain_matcher: a tree whose actions are names of filter chains.
import type { Message } from '@bufbuild/protobuf';
import type { StringValue } from '@bufbuild/protobuf/wkt';
import type { ConfigContext } from '../config/api.ts';
import type { Listener } from '../generated/envoy/config/listener/v3/listener_pb.d.ts';
import { connectionInput, type DataInput, readMatchTree, TreeUser } from '../matchers/api.ts';
import type { ProcessServices } from '../upstream/services.ts';
import {
  applicationProtocolInput,
  type ChainChoice,
  ChainTree,
  sourceTypeInput,
  transportProtocolInput,
} from './chain-tree.ts';

const nameAction = 'google.protobuf.StringValue';
const inputs = 'envoy.extensions.matching.common_inputs.network.v3';

/** Undefined after errors were reported. */
export function readChainTree(
  listener: Listener,
  services: ProcessServices,
  config: ConfigContext,
): ChainTree | undefined {
  const before = config.errorCount;
  const byName = new Map<string, number>();
  for (const [index, chain] of listener.filterChains.entries()) {
    if (chain.name === '') config.error(chain, 'name', 'RMR0500', 'filter_chain_matcher finds filter chains by name');
    else if (byName.has(chain.name)) {
      config.error(chain, 'name', 'RMR0500', `two filter chains have the name '${chain.name}'`);
    }
    byName.set(chain.name, index);
  }
  const message = listener.filterChainMatcher;
  const tree = message && readMatchTree(message, new ChainTreeUser(services, config), config);
  if (tree === undefined || config.errorCount > before) return undefined;
  return new ChainTree(tree, byName, listener.defaultFilterChain === undefined ? -1 : listener.filterChains.length);
}

class ChainTreeUser extends TreeUser<ChainChoice, string> {
  readonly code = 'RMR0500';

  action(message: Message): string | undefined {
    if (message.$typeName === nameAction) return (message as StringValue).value;
    return this.refuse(message, `${message.$typeName} names no filter chain: ${nameAction} does`);
  }

  input(message: Message): DataInput<ChainChoice> | undefined {
    switch (message.$typeName) {
      case `${inputs}.TransportProtocolInput`:
        return transportProtocolInput;
      case `${inputs}.ApplicationProtocolInput`:
        return applicationProtocolInput;
      case `${inputs}.SourceTypeInput`:
        return sourceTypeInput;
      default:
        break;
    }
    const text = `${message.$typeName} cannot be known of a connection that has no filter chain yet`;
    return connectionInput(message) ?? this.refuse(message, text);
  }
}
