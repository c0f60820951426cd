// Owns the HTTP/1.1 connections to one host for one priority.
import type { ResponseDecoder } from '../../http/codec/api.ts';
import type { StreamTransportOptions } from '../../network/api.ts';
import type { Cancellable, HttpPool, PoolCallbacks, Priority } from '../api.ts';
import type { UpstreamHost } from '../host.ts';
import { ConnectionPool } from './connection-pool.ts';
import type { PoolCluster, PoolEnvironment } from './environment.ts';
import { Http1Connection } from './http1-connection.ts';

export class Http1Pool extends ConnectionPool<Http1Connection, ResponseDecoder, PoolCallbacks> implements HttpPool {
  /** What the host knows it by. */
  readonly #key: string;

  constructor(
    environment: PoolEnvironment,
    cluster: PoolCluster,
    host: UpstreamHost,
    priority: Priority,
    key = '',
    options: StreamTransportOptions | null = null,
  ) {
    super(environment, cluster, host, priority, options);
    this.#key = key;
  }

  newStream(decoder: ResponseDecoder, callbacks: PoolCallbacks, fresh = false): Cancellable | null {
    return this.add(decoder, callbacks, fresh);
  }

  protected connect(): Http1Connection {
    return new Http1Connection(this, this.environment, this.cluster, this.host, this.priority, this.options);
  }

  /** It counts as one of the cluster's pools. */
  protected onOccupied(occupied: boolean): void {
    const { connectionPools } = this.cluster.circuitBreakers[this.priority];
    if (occupied) connectionPools.inc();
    else connectionPools.dec();
    this.host.pools.onOccupied(this.priority, this.#key, this, occupied);
  }
}
