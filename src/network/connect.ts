// Owns originating connections: a plain socket to an address, read through `onread`, and the transport socket (TLS) that
// starts on it when it is connected.
import { createConnection, type NetConnectOpts, Socket, type SocketConstructorOpts } from 'node:net';
import { type Address, ipAddress, pipeAddress } from '../base/address.ts';
import { errorText } from '../base/error-text.ts';
import { systemTimers, type Timers } from '../base/timers.ts';
import type { TcpKeepalive, UpstreamSource, UpstreamTransport, UpstreamTransportOptions } from './api.ts';
import { keepAlive } from './keep-alive.ts';
import { SocketConnection } from './socket-connection.ts';

export interface ConnectOptions {
  readonly address: Address;
  /** Source address; port 0 for any. */
  readonly bindAddress?: Address | null;
  readonly tcpKeepalive?: TcpKeepalive | null;
  /** Bytes; see Connection.setBufferLimit. */
  readonly bufferLimit?: number;
  readonly timers?: Timers;
  readonly halfClose?: boolean;
  /** Null: bytes go out as they are. */
  readonly transport?: UpstreamTransport | null;
  readonly transportOptions?: UpstreamTransportOptions;
}

const noTransportOptions: UpstreamTransportOptions = { hostname: '' };

const unknownAddress = ipAddress('0.0.0.0', 0);

/**
 * Starts to connect. The connection tells `Connected` or `RemoteClose` (with transportFailureReason) later, never before
 * this returned. Timeouts are the caller's.
 */
export function connect(options: ConnectOptions): SocketConnection {
  const address = options.address;
  const connection = new SocketConnection({
    localAddress: unknownAddress,
    remoteAddress: address,
    timers: options.timers ?? systemTimers,
    delayedCloseTimeoutMs: 0,
    halfClose: options.halfClose ?? false,
  });
  connection.setBufferLimit(options.bufferLimit ?? 0);
  let socket: Socket;
  try {
    const source = options.transportOptions?.streams?.source ?? null;
    socket =
      source === null
        ? createConnection(connectArguments(options, connection))
        : connectFrom(source, options, connection);
  } catch (error) {
    // An address that no socket can have: told like any other failure.
    queueMicrotask(() => connection.failTransport(errorText(error)));
    return connection;
  }
  connection.attach(socket, true, false);
  socket.once('connect', () => {
    if (address.kind === 'ip' && options.tcpKeepalive) keepAlive(socket, options.tcpKeepalive);
    if (address.kind === 'ip' && socket.localAddress !== undefined && socket.localPort !== undefined) {
      connection.localAddress = ipAddress(socket.localAddress, socket.localPort);
    } else if (address.kind === 'pipe') {
      connection.localAddress = pipeAddress('');
    }
    const { transport = null } = options;
    if (transport === null) connection.markConnected();
    else transport.start(connection, options.transportOptions ?? noTransportOptions);
  });
  return connection;
}

/** Through a socket that was made for it: Node's own could not be bound to that address. */
function connectFrom(source: UpstreamSource, options: ConnectOptions, connection: SocketConnection): Socket {
  const { address } = options;
  if (address.kind !== 'ip') throw new Error(`${address.text} cannot be connected from ${source.address.text}`);
  const settings = connectArguments({ ...options, bindAddress: source.address }, connection);
  const fd = source.openSocket(address.family);
  // It is not connected: nothing may be read from it yet.
  const made = { fd, manualStart: true } as SocketConstructorOpts;
  return new Socket({ ...made, ...settings }).connect(settings);
}

function connectArguments(options: ConnectOptions, connection: SocketConnection): NetConnectOpts {
  const { address, bindAddress } = options;
  const common = { onread: connection.onreadOptions(), allowHalfOpen: true, noDelay: true } as const;
  if (address.kind === 'pipe') {
    return {
      ...common,
      path: address.path.startsWith('@') ? `\0${address.path.slice(1)}` : address.path,
    } as NetConnectOpts;
  }
  if (address.kind === 'internal') throw new Error(`internal address ${address.text} cannot be connected by a socket`);
  return {
    ...common,
    host: address.address,
    port: address.port,
    family: address.family,
    // The address is a number already: no look-up, no happy eyeballs here.
    autoSelectFamily: false,
    ...(bindAddress?.kind === 'ip' ? { localAddress: bindAddress.address, localPort: bindAddress.port } : {}),
  } as NetConnectOpts;
}
