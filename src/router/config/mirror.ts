// Reads request_mirror_policies.
import type { RouteAction_RequestMirrorPolicy } from '../../generated/envoy/config/route/v3/route_components_pb.d.ts';
import { pinnedName } from '../../http/headers/name.ts';
import { readRuntimeFraction } from '../../matchers/config.ts';
import type { MirrorPolicy } from '../api.ts';
import { type ClusterSelector, HeaderCluster, NamedCluster } from '../route-table/cluster-selector.ts';
import type { HeaderRules } from '../route-table/header-rules.ts';
import type { RouteBuild } from './context.ts';
import { readRequestHeaderRules } from './header-rules.ts';

export function readMirrorPolicies(
  messages: readonly RouteAction_RequestMirrorPolicy[],
  build: RouteBuild,
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

function readCluster(message: RouteAction_RequestMirrorPolicy, build: RouteBuild): ClusterSelector {
  const { cluster, clusterHeader } = message;
  if (cluster === '') return new HeaderCluster(build.clusters, pinnedName(clusterHeader));
  build.clusterNames.add(cluster);
  if (build.settings.validateClusters && !build.clusters.has(cluster) && !build.config.comingClusters.has(cluster)) {
    build.config.error(message, 'cluster', 'RMR0405', `There is no cluster '${cluster}'`);
  }
  return new NamedCluster(build.clusters.handle(cluster));
}

/** One after another, as they stand. */
function readMutations(message: RouteAction_RequestMirrorPolicy, build: RouteBuild): readonly HeaderRules[] {
  const mutations: HeaderRules[] = [];
  for (const mutation of message.requestHeadersMutations) {
    const { action } = mutation;
    if (action.case === 'removeOnMatch') {
      build.config.error(
        mutation,
        'remove_on_match',
        'RMR0306',
        'remove_on_match is not implemented here yet',
        'use remove',
      );
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
