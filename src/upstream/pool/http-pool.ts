// Owns the HTTP connections to one host for one priority, of one protocol, or of the one that each connection agrees on.
import type { ResponseDecoder } from '../../http/codec/api.ts';
import type { StreamTransportOptions } from '../../network/api.ts';
import type { Cancellable, HttpPool, PoolCallbacks, Priority } from '../api.ts';
import type { UpstreamHost } from '../host.ts';
import type { HostPools } from '../host-pools.ts';
import { ConnectionPool } from './connection-pool.ts';
import type { PoolCluster, PoolEnvironment } from './environment.ts';
import { HttpConnection } from './http-connection.ts';

/** What is spoken on connections of a pool; 'alpn': what the host chooses of the two. */
export type PoolProtocol = 'http1' | 'http2' | 'alpn';

export class HttpConnectionPool
  extends ConnectionPool<HttpConnection, ResponseDecoder, PoolCallbacks>
  implements HttpPool
{
  readonly #pools: HostPools<HttpConnectionPool>;
  readonly #protocol: PoolProtocol;

  /** `pools`: those of the host that it belongs to. */
  constructor(
    environment: PoolEnvironment,
    cluster: PoolCluster,
    host: UpstreamHost,
    pools: HostPools<HttpConnectionPool>,
    protocol: PoolProtocol,
    priority: Priority,
    key: string,
    options: StreamTransportOptions | null,
  ) {
    super(environment, cluster, host, priority, key, options);
    this.#pools = pools;
    this.#protocol = protocol;
  }

  newStream(decoder: ResponseDecoder, callbacks: PoolCallbacks, fresh = false): Cancellable | null {
    return this.add(decoder, callbacks, fresh);
  }

  protected connect(): HttpConnection {
    const { environment, cluster, host, priority, options } = this;
    return new HttpConnection(this, environment, cluster, host, this.#protocol, priority, options);
  }

  /** It counts as one of the cluster's pools. */
  protected onOccupied(occupied: boolean): void {
    const { connectionPools } = this.cluster.circuitBreakers[this.priority];
    if (occupied) connectionPools.inc();
    else connectionPools.dec();
    this.#pools.onOccupied(this.priority, this.key, this, occupied);
  }
}
