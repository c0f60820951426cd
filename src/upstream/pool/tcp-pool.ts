// Owns the plain connections to one host for one priority. Each is made for one user; only one whose user left before it
// was established is there for the next.
import type { StreamTransportOptions } from '../../network/api.ts';
import type { Cancellable, Priority, TcpPool, TcpPoolCallbacks } from '../api.ts';
import type { UpstreamHost } from '../host.ts';
import { ConnectionPool } from './connection-pool.ts';
import type { PoolCluster, PoolEnvironment } from './environment.ts';
import { PooledTcpConnection } from './tcp-connection.ts';

export class HostTcpPool extends ConnectionPool<PooledTcpConnection, null, TcpPoolCallbacks> implements TcpPool {
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

  newConnection(callbacks: TcpPoolCallbacks): Cancellable | null {
    return this.add(null, callbacks, false);
  }

  protected connect(): PooledTcpConnection {
    return new PooledTcpConnection(this, this.environment, this.cluster, this.host, this.priority, this.options);
  }

  protected onOccupied(occupied: boolean): void {
    this.host.tcpPools?.onOccupied(this.priority, this.#key, this, occupied);
  }
}
