// Owns the choice of the pool that an attempt takes its connection from: HTTP's, or of plain connections for a tunnel that
// ends here, and what the request asks of the connection.
import type { Protocol } from '../http/codec/api.ts';
import type { RequestHeaders } from '../http/headers/header-map.ts';
import type { ProxiedConnection } from '../network/api.ts';
import type { DownstreamConnectionInfo, StreamInfo } from '../observability/stream-info.ts';
import { type Cluster, type Host, type HttpPool, type Priority, streamTransportOptions } from '../upstream/api.ts';
import type { ForwardRoute } from './api.ts';
import { endsHere, TcpUpstreamPool } from './tcp-upstream.ts';

/** Null, and counted, when there may be no more pools. */
export function poolFor(
  cluster: Cluster,
  host: Host,
  priority: Priority,
  route: ForwardRoute,
  headers: RequestHeaders,
  streamInfo: StreamInfo,
): HttpPool | null {
  const { tellsOfClients, poolPerDownstreamConnection } = cluster.info;
  const proxied = tellsOfClients ? proxiedConnection(streamInfo.connection) : null;
  const options = streamTransportOptions(streamInfo, proxied, poolPerDownstreamConnection);
  const { connect } = route;
  if (connect === null || !endsHere(connect, headers))
    return cluster.httpPool(host, priority, streamInfo.protocol as Protocol, options);
  return new TcpUpstreamPool(cluster.tcpPool(host, priority, options), connect, streamInfo.connection);
}

function proxiedConnection(connection: DownstreamConnectionInfo): ProxiedConnection {
  const { remoteAddress, directRemoteAddress, localAddress } = connection;
  return { source: remoteAddress ?? directRemoteAddress, destination: localAddress, values: [] };
}
