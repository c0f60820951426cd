// Owns what a matched route leads to before any upstream is asked: an answer of its own, or a cluster, or the reply that
// says why there is none.
import type { DecoderFilterCallbacks } from '../http/filter/api.ts';
import type { RequestHeaders } from '../http/headers/header-map.ts';
import { Names } from '../http/headers/name.ts';
import { ResponseFlag } from '../observability/response-flags.ts';
import type { Cluster } from '../upstream/api.ts';
import type { DirectResponseRoute, ForwardRoute, NonForwardingRoute, RedirectRoute, RouteMatchContext } from './api.ts';
import type { RouterStats } from './stats.ts';

export function answerNoRoute(callbacks: DecoderFilterCallbacks, stats: RouterStats): void {
  stats.noRoute.inc();
  callbacks.streamInfo.setFlag(ResponseFlag.NoRouteFound);
  callbacks.sendLocalReply({ status: 404, body: '', details: 'route_not_found', cause: callbacks.explainNoRoute() });
}

/** The route answers by itself. */
export function answerDirectly(
  route: RedirectRoute | DirectResponseRoute,
  headers: RequestHeaders,
  callbacks: DecoderFilterCallbacks,
  stats: RouterStats,
): void {
  stats.rqDirectResponse.inc();
  const isRedirect = route.kind === 'redirect';
  const location = isRedirect ? route.location(headers, callbacks.streamInfo) : ownLocation(route.status, headers);
  if (isRedirect) stats.rqRedirect.inc();
  callbacks.sendLocalReply({
    status: route.status,
    body: isRedirect ? '' : route.body(headers, callbacks.streamInfo),
    bodyIsBytes: true,
    details: 'direct_response',
    modifyHeaders: (response) => {
      if (location !== '') response.set(Names.location, location);
      route.finalizeResponse(response, callbacks.streamInfo, headers);
      if (isRedirect || route.contentType === '') return;
      response.remove(Names.contentType);
      response.append(Names.contentType, route.contentType);
    },
  });
}

/** As Envoy: a direct response whose status has a Location names the request's own target; empty: none. */
function ownLocation(status: number, { scheme, authority, path }: RequestHeaders): string {
  const has = status === 201 || (status >= 300 && status < 400);
  return has && path !== '' ? `${scheme}://${authority}${path}` : '';
}

/** The route is there for filters; a request that comes as far as the router has no way to go. */
export function refuseToForward(
  route: NonForwardingRoute,
  callbacks: DecoderFilterCallbacks,
  stats: RouterStats,
): void {
  stats.noCluster.inc();
  callbacks.streamInfo.setFlag(ResponseFlag.NoClusterFound);
  callbacks.sendLocalReply({
    status: 503,
    body: '',
    details: 'cluster_not_found',
    cause: `route '${route.name}' has non_forwarding_action: it leads to no cluster`,
  });
}

/** Null after a local reply. */
export function selectCluster(
  route: ForwardRoute,
  headers: RequestHeaders,
  callbacks: DecoderFilterCallbacks,
  stats: RouterStats,
): Cluster | null {
  const { streamInfo } = callbacks;
  const context: RouteMatchContext = { headers, streamInfo, randomValue: callbacks.randomValue };
  const handle = route.selectCluster(context);
  const cluster = handle.cluster;
  if (cluster === null) {
    stats.noCluster.inc();
    streamInfo.setFlag(ResponseFlag.NoClusterFound);
    callbacks.sendLocalReply({
      status: route.clusterNotFoundStatus,
      body: '',
      details: 'cluster_not_found',
      cause: `route '${route.name}' names cluster '${handle.name}', which is unknown or still warming`,
    });
    return null;
  }
  streamInfo.clusterName = handle.name;
  streamInfo.clusterMetadata = cluster.info.metadata;
  return cluster;
}
