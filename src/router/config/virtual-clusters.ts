// Reads the virtual clusters of a virtual host.
import type { VirtualHost } from '../../generated/envoy/config/route/v3/route_components_pb.d.ts';
import { readHeaderMatcher } from '../../matchers/config.ts';
import type { HeaderMatcher } from '../../matchers/header-matcher.ts';
import { PreparedVirtualCluster, VirtualClusterTable } from '../route-table/virtual-clusters.ts';
import type { RouteBuild } from './context.ts';

/** Null without any. */
export function readVirtualClusters(host: VirtualHost, build: RouteBuild): VirtualClusterTable | null {
  if (host.virtualClusters.length === 0) return null;
  const prefixOf = (name: string) => `vhost.${host.name}.vcluster.${name}.`;
  const clusters = host.virtualClusters.map((cluster) => {
    if (cluster.headers.length === 0) {
      build.config.error(cluster, 'headers', 'RMR0600', 'A virtual cluster needs headers to tell its requests by');
    }
    const matchers = cluster.headers
      .map((header) => readHeaderMatcher(header, build.config))
      .filter((matcher): matcher is HeaderMatcher => matcher !== undefined);
    return new PreparedVirtualCluster(cluster.name, matchers, build.stats, prefixOf(cluster.name));
  });
  return new VirtualClusterTable(clusters, new PreparedVirtualCluster('', [], build.stats, prefixOf('other')));
}
