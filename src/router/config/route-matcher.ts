// Reads VirtualHost.matcher: a tree whose actions are routes, or lists of them.
import type { Message } from '@bufbuild/protobuf';
import { checkRoute } from '../../config/semantic/route.ts';
import type {
  Route,
  RouteList as RouteListMessage,
} from '../../generated/envoy/config/route/v3/route_components_pb.d.ts';
import type { Matcher } from '../../generated/xds/type/matcher/v3/matcher_pb.d.ts';
import { readMatchTree, TreeUser } from '../../matchers/tree/config.ts';
import { routeInput } from '../../matchers/tree/config-inputs.ts';
import type { RequestData } from '../../matchers/tree/inputs.ts';
import type { DataInput, MatchNode } from '../../matchers/tree/match-tree.ts';
import type { RequestView } from '../route-table/request-view.ts';
import { RouteList } from '../route-table/route-list.ts';
import type { RouteEntry } from '../route-table/virtual-host.ts';
import type { RouteBuild } from './context.ts';
import { type RouteParents, readRoute } from './route.ts';

const routeType = 'envoy.config.route.v3.Route';
const listType = 'envoy.config.route.v3.RouteList';

export interface RouteMatcher {
  readonly tree: MatchNode<RequestData, RouteList>;
  /** All routes of the tree. */
  readonly entries: readonly RouteEntry[];
}

/** Undefined when an error was reported. */
export function readRouteMatcher(
  message: Matcher,
  parents: RouteParents,
  request: RequestView,
  build: RouteBuild,
): RouteMatcher | undefined {
  const user = new RouteTreeUser(parents, request, build);
  const tree = readMatchTree(message, user, build.config);
  return tree && { tree, entries: user.entries };
}

class RouteTreeUser extends TreeUser<RequestData, RouteList> {
  readonly code = 'RMR0600';
  readonly entries: RouteEntry[] = [];
  readonly #parents: RouteParents;
  readonly #request: RequestView;
  readonly #build: RouteBuild;

  constructor(parents: RouteParents, request: RequestView, build: RouteBuild) {
    super(build, build.config);
    this.#parents = parents;
    this.#request = request;
    this.#build = build;
  }

  action(message: Message): RouteList | undefined {
    switch (message.$typeName) {
      case routeType:
        return this.#list([message as Route]);
      case listType:
        return this.#list((message as RouteListMessage).routes);
      default: {
        const text = `${message.$typeName} is no action of a virtual host's matcher: ${routeType} and ${listType} are`;
        return this.refuse(message, text);
      }
    }
  }

  #list(routes: readonly Route[]): RouteList {
    const entries: RouteEntry[] = [];
    for (const route of routes) {
      checkRoute(route, this.#build.settings.maxDirectResponseBodyBytes, this.#build.config);
      const entry = readRoute(route, this.#parents, this.#build);
      if (entry !== undefined) entries.push(entry);
    }
    this.entries.push(...entries);
    return new RouteList(entries, this.#request);
  }

  /** As Envoy: routes are found by request headers, filter state and the environment only. */
  input(message: Message): DataInput<RequestData> | undefined {
    const hint = 'request headers, filter state and environment variables can';
    return routeInput(message) ?? this.refuse(message, `${message.$typeName} cannot be asked for a route`, hint);
  }
}
