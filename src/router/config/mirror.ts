// Reads request_mirror_policies.
import type { Runtime } from '../../base/runtime.ts';
import type { ConfigContext } from '../../config/api.ts';
import type { RouteAction_RequestMirrorPolicy } from '../../generated/envoy/config/route/v3/route_components_pb.d.ts';
import type { RequestHeaders } from '../../http/headers/header-map.ts';
import { pinnedName } from '../../http/headers/name.ts';
import { readRuntimeFraction, readStringMatcher } from '../../matchers/config.ts';
import type { StringMatcher } from '../../matchers/string-matcher.ts';
import type { ClusterManager } from '../../upstream/api.ts';
import type { MirrorPolicy, RequestMutation } from '../api.ts';
import { type ClusterSelector, HeaderCluster, NamedCluster } from '../route-table/cluster-selector.ts';
import { readRequestHeaderRules } from './header-rules.ts';

/** What the policies of routes and of clusters are read with. */
export interface MirrorBuild {
  readonly clusters: ClusterManager;
  readonly runtime: Runtime;
  readonly config: ConfigContext;
  /** Takes the clusters that are named. */
  readonly clusterNames: Set<string> | null;
  readonly validateClusters: boolean;
}

export function readMirrorPolicies(
  messages: readonly RouteAction_RequestMirrorPolicy[],
  build: MirrorBuild,
): readonly MirrorPolicy[] {
  return messages.map((message) => ({
    cluster: readCluster(message, build),
    fraction:
      message.runtimeFraction === undefined ? null : readRuntimeFraction(message.runtimeFraction, build.runtime),
    appendSuffix: !message.disableShadowHostSuffixAppend,
    hostRewrite: message.hostRewriteLiteral,
    mutations: readMutations(message, build),
  }));
}

function readCluster(message: RouteAction_RequestMirrorPolicy, build: MirrorBuild): ClusterSelector {
  const { cluster, clusterHeader } = message;
  if (cluster === '') return new HeaderCluster(build.clusters, pinnedName(clusterHeader));
  build.clusterNames?.add(cluster);
  if (build.validateClusters && !build.clusters.has(cluster) && !build.config.comingClusters.has(cluster)) {
    build.config.error(message, 'cluster', 'RMR0405', `There is no cluster '${cluster}'`);
  }
  return new NamedCluster(build.clusters.handle(cluster));
}

/** One after another, as they stand. */
function readMutations(message: RouteAction_RequestMirrorPolicy, build: MirrorBuild): readonly RequestMutation[] {
  const mutations: RequestMutation[] = [];
  for (const mutation of message.requestHeadersMutations) {
    const { action } = mutation;
    if (action.case === 'removeOnMatch') {
      const { keyMatcher } = action.value;
      const matcher = keyMatcher && readStringMatcher(keyMatcher, build.config);
      if (matcher !== undefined) mutations.push(new RemovalByName(matcher));
      continue;
    }
    const rules =
      action.case === 'append'
        ? readRequestHeaderRules([action.value], [], build.config)
        : readRequestHeaderRules([], action.case === 'remove' ? [action.value] : [], build.config);
    if (rules !== null) mutations.push(rules);
  }
  return mutations;
}

/** Every header whose name the matcher takes. */
class RemovalByName implements RequestMutation {
  readonly #matcher: StringMatcher;

  constructor(matcher: StringMatcher) {
    this.#matcher = matcher;
  }

  applyToRequest(headers: RequestHeaders): void {
    for (const name of headers.allNames()) if (this.#matcher.matches(name.name)) headers.remove(name);
  }
}
