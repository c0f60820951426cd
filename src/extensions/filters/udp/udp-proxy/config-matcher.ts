// Reads UdpProxyConfig.matcher: a tree over the addresses of a datagram whose actions name clusters.
import type { Message } from '@bufbuild/protobuf';
import type { Route } from '../../../../generated/envoy/extensions/filters/udp/udp_proxy/v3/route_pb.d.ts';
import type { Matcher } from '../../../../generated/xds/type/matcher/v3/matcher_pb.d.ts';
import type { ListenerFilterContext } from '../../../../listener/api.ts';
import {
  type ConnectionData,
  connectionInput,
  type DataInput,
  type MatchNode,
  readMatchTree,
  TreeUser,
} from '../../../../matchers/api.ts';
import type { ClusterHandle } from '../../../../upstream/api.ts';

const routeAction = 'envoy.extensions.filters.udp.udp_proxy.v3.Route';
const network = 'envoy.extensions.matching.common_inputs.network.v3';

/** What is known of a datagram, in Envoy too. */
const inputs: ReadonlySet<string> = new Set([
  `${network}.DestinationIPInput`,
  `${network}.DestinationPortInput`,
  `${network}.SourceIPInput`,
  `${network}.SourcePortInput`,
  `${network}.NetworkNamespaceInput`,
  'envoy.extensions.matching.common_inputs.environment_variable.v3.Config',
]);

/** Undefined after errors were reported. `clusters` takes those that the tree names. */
export function readRouteTree(
  message: Matcher,
  context: ListenerFilterContext,
  clusters: ClusterHandle[],
): MatchNode<ConnectionData, ClusterHandle> | undefined {
  return readMatchTree(message, new RouteTreeUser(context, clusters), context.config);
}

class RouteTreeUser extends TreeUser<ConnectionData, ClusterHandle> {
  readonly code = 'RMR0500';
  readonly #services: ListenerFilterContext['services'];
  readonly #clusters: ClusterHandle[];

  constructor({ services, config }: ListenerFilterContext, clusters: ClusterHandle[]) {
    super(services, config);
    this.#services = services;
    this.#clusters = clusters;
  }

  action(message: Message): ClusterHandle | undefined {
    if (message.$typeName === routeAction) {
      const handle = this.#services.clusters.handle((message as Route).cluster);
      this.#clusters.push(handle);
      return handle;
    }
    return this.refuse(message, `${message.$typeName} names no cluster for datagrams: ${routeAction} does`);
  }

  input(message: Message): DataInput<ConnectionData> | undefined {
    const input = inputs.has(message.$typeName) ? connectionInput(message) : undefined;
    return input ?? this.refuse(message, `${message.$typeName} cannot be known of a datagram`);
  }
}
