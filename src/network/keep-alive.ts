// Owns TCP keep-alive on a socket, as the system would do it: what configuration leaves open is Linux's default, where
// libuv's would be 1 second and 10 probes.
import type { Socket } from 'node:net';
import type { TcpKeepalive } from './api.ts';

const defaultIntervalSeconds = 75;
const defaultProbes = 9;

/** The socket must be connected. */
export function keepAlive(socket: Socket, { timeSeconds, intervalSeconds, probes }: TcpKeepalive): void {
  socket.setKeepAlive(
    true,
    timeSeconds * 1000,
    (intervalSeconds ?? defaultIntervalSeconds) * 1000,
    probes ?? defaultProbes,
  );
}
