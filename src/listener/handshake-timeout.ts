// Owns the limit on a transport socket's handshake (FilterChain.transport_socket_connect_timeout): who does not finish in time
// holds no connection.
import type { Timers } from '../base/timers.ts';
import { CloseType, type Connection, type ConnectionCallbacks } from '../network/api.ts';
import type { ListenerStats } from './stats.ts';

export function limitHandshake(
  connection: Connection,
  milliseconds: number,
  timers: Timers,
  stats: ListenerStats,
): void {
  if (connection.closed || connection.tls !== null) return;
  const timer = timers.schedule(milliseconds, {
    onTimer: () => {
      stats.downstreamCxTransportSocketConnectTimeout.inc();
      connection.close(CloseType.NoFlush, 'transport_socket_timeout');
    },
  });
  const callbacks: ConnectionCallbacks = {
    // Whatever comes first: the handshake is over, or the connection.
    onConnectionEvent: () => timer.cancel(),
    onAboveWriteBufferHighWatermark: () => undefined,
    onBelowWriteBufferLowWatermark: () => undefined,
  };
  connection.addCallbacks(callbacks);
}
