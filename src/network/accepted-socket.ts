// Owns the one undocumented use of Node: giving an accepted socket an `onread` buffer. Public API allows it for sockets
// we connect only; here it saves 4 of 32 µs a request (DESIGN 3.1, 3.7). A test fails when a Node release changes it;
// without it the data events of the accepted socket serve.
import { Socket, type SocketConstructorOpts } from 'node:net';
import type { SocketConnection } from './socket-connection.ts';

interface WithHandle {
  _handle?: { reading?: boolean } | null;
}

/**
 * Binds an accepted socket, paused by `pauseOnConnect`, to its connection and, unless a transport socket will,
 * starts reading. Returns whether the fast road was taken.
 */
export function attachAccepted(accepted: Socket, connection: SocketConnection, read = true): boolean {
  const handle = (accepted as WithHandle)._handle;
  // Looked at for each socket: one that ended before it was accepted says nothing about the next.
  if (handle !== null && typeof handle === 'object' && handle.reading !== true) {
    // The accepted Socket must not act on the handle any more, nor emit for it.
    (accepted as WithHandle)._handle = null;
    // The types know a BoundSocket there; the constructor takes any handle ("private", its comment says).
    const options: SocketConstructorOpts = { onread: connection.onreadOptions(), allowHalfOpen: true };
    const socket = new Socket(Object.assign(options, { handle }));
    connection.attach(socket, true, true);
    if (read) begin(socket, connection);
    else socket.pause();
    return true;
  }
  connection.attach(accepted, false, true);
  if (read) begin(accepted, connection);
  return false;
}

function begin(socket: Socket, connection: SocketConnection): void {
  start(socket, connection);
  connection.closeIfDue();
}

/** A new Socket reads from its birth. */
function start(socket: Socket, connection: SocketConnection): void {
  if (connection.readDisabled) socket.pause();
  else socket.resume();
}
