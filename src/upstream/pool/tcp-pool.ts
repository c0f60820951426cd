// Owns the plain connections to one host for one priority. Each is made for one user; only one whose user left before it
// was established is there for the next.
import type { Cancellable, TcpPool, TcpPoolCallbacks } from '../api.ts';
import { ConnectionPool } from './connection-pool.ts';
import { PooledTcpConnection } from './tcp-connection.ts';

export class HostTcpPool extends ConnectionPool<PooledTcpConnection, null, TcpPoolCallbacks> implements TcpPool {
  newConnection(callbacks: TcpPoolCallbacks): Cancellable | null {
    return this.add(null, callbacks, false);
  }

  protected connect(): PooledTcpConnection {
    return new PooledTcpConnection(this, this.environment, this.cluster, this.host, this.priority, this.options);
  }

  protected onOccupied(occupied: boolean): void {
    this.host.tcpPools?.onOccupied(this.priority, this.key, this, occupied);
  }
}
