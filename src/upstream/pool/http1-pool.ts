// Owns the HTTP/1.1 connections to one host for one priority.
import type { ResponseDecoder } from '../../http/codec/api.ts';
import type { Cancellable, HttpPool, PoolCallbacks } from '../api.ts';
import { ConnectionPool } from './connection-pool.ts';
import { Http1Connection } from './http1-connection.ts';

export class Http1Pool extends ConnectionPool<Http1Connection, ResponseDecoder, PoolCallbacks> implements HttpPool {
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
    this.host.pools.onOccupied(this.priority, this.key, this, occupied);
  }
}
