// Owns the begin of an attempt: the host, and the kind of far side that is made for it.
import { Protocol } from '../../../../http/codec/api.ts';
import type { NetworkFilterContext } from '../../../../listener/api.ts';
import type { ReadFilterCallbacks, StreamTransportOptions } from '../../../../network/api.ts';
import type { StreamInfo } from '../../../../observability/api.ts';
import {
  type Cluster,
  type Host,
  type LoadBalancerContext,
  loadBalancingMetadata,
  MetadataMatchCriteria,
  Priority,
  streamTransportOptions,
} from '../../../../upstream/api.ts';
import { tunnelDisabled } from './filter-state.ts';
import type { TcpProxySettings, TcpRoute } from './settings.ts';
import type { TcpProxyStats } from './stats.ts';
import { TcpUpstream } from './tcp-upstream.ts';
import { TunnelUpstream } from './tunnel.ts';
import type { Upstream, UpstreamOwner } from './upstream.ts';

export interface UpstreamServices {
  readonly services: NetworkFilterContext['services'];
  readonly settings: TcpProxySettings;
  readonly stats: TcpProxyStats;
}

/** `side` is to be known before `start`, which may succeed or fail at once. */
export interface Attempt {
  readonly side: Upstream;
  start(): void;
}

/** Null: no host. */
export function connectUpstream(
  shared: UpstreamServices,
  owner: UpstreamOwner,
  route: TcpRoute,
  cluster: Cluster,
  callbacks: ReadFilterCallbacks,
): Attempt | null {
  const { settings, services } = shared;
  const { streamInfo } = callbacks;
  const host = cluster.chooseHost(new Choice(route.metadataMatch, streamInfo));
  if (host === null) return null;
  const { tunnel } = settings;
  if (tunnel !== null && !tunnelDisabled(streamInfo)) {
    const pool = cluster.httpPool(host, Priority.Default, Protocol.Http11, streamTransportOptions(streamInfo));
    if (pool === null) return null;
    const side = new TunnelUpstream(owner, tunnel, streamInfo);
    return { side, start: () => side.start(pool) };
  }
  const side = new TcpUpstream(owner, {
    stats: shared.stats,
    timeouts: services.timeouts,
    clock: services.clock,
    idleTimeoutMs: settings.idleTimeoutMs,
  });
  return { side, start: () => side.start(cluster.tcpPool(host, Priority.Default, transportOptions(callbacks))) };
}

/** False: what is not there will not come by waiting either. */
export function looksUpHost(cluster: Cluster, streamInfo: StreamInfo): boolean {
  const lookup = cluster.lookUpHost?.(new Choice(null, streamInfo), { onHostLookedUp: () => {} }) ?? '';
  if (typeof lookup === 'string') return false;
  lookup.cancel();
  return true;
}

/** Without a PROXY header of its own the connection itself is what is forwarded. */
function transportOptions({ connection, streamInfo }: ReadFilterCallbacks): StreamTransportOptions | null {
  const { remoteAddress: source, localAddress: destination } = connection;
  return streamTransportOptions(streamInfo, { source, destination, values: [] });
}

/** What a balancer may know of a connection. */
class Choice implements LoadBalancerContext {
  readonly requestHeaders = null;
  readonly retryPriority = null;
  readonly hostSelectionAttempts = 1;
  readonly metadataMatch: MetadataMatchCriteria | null;
  readonly streamInfo: StreamInfo;

  constructor(ofRoute: MetadataMatchCriteria | null, streamInfo: StreamInfo) {
    this.streamInfo = streamInfo;
    const own = streamInfo.dynamicMetadata?.get(loadBalancingMetadata);
    this.metadataMatch =
      own === undefined ? ofRoute : ofRoute === null ? MetadataMatchCriteria.of(own) : ofRoute.merge(own);
  }

  hashKey(): bigint | null {
    return null;
  }

  shouldSelectAnotherHost(_host: Host): boolean {
    return false;
  }
}
