// A SocketConnection and the plain socket at its other end, over the kernel.
import { createServer, type Server, type Socket } from 'node:net';
import type { Test } from 'tap';
import { ipAddress, pipeAddress } from '../../src/base/address.ts';
import { attachAccepted } from '../../src/network/accepted-socket.ts';
import { type ConnectionCallbacks, ConnectionEvent, type ConnectionReader } from '../../src/network/api.ts';
import { SocketConnection } from '../../src/network/socket-connection.ts';
import { RawClient } from './client.ts';
import { FakeTimers } from './fake-timers.ts';

/** Writes down what a connection tells. */
export class Watcher implements ConnectionCallbacks, ConnectionReader {
  readonly events: string[] = [];
  received = '';
  bytes = 0;
  ends = 0;
  onBytes: (data: Buffer) => void = () => {};

  onConnectionEvent(event: ConnectionEvent): void {
    this.events.push(Object.entries(ConnectionEvent).find(([, value]) => value === event)?.[0] ?? '?');
  }
  onAboveWriteBufferHighWatermark(): void {
    this.events.push('above');
  }
  onBelowWriteBufferLowWatermark(): void {
    this.events.push('below');
  }
  onData(data: Buffer, endStream: boolean): void {
    this.received += data.toString('latin1', 0, 100);
    this.bytes += data.length;
    if (endStream) this.ends++;
    this.onBytes(data);
  }
}

export interface Pair {
  readonly connection: SocketConnection;
  readonly watcher: Watcher;
  readonly peer: RawClient;
  readonly timers: FakeTimers;
  /** Whether the accepted socket reads into our own memory. */
  readonly fast: boolean;
}

export interface PairOptions {
  /** Listen there instead of on TCP. */
  readonly path?: string;
  readonly halfClose?: boolean;
  readonly delayedCloseTimeoutMs?: number;
  /** Before the socket is attached. */
  prepare?(connection: SocketConnection): void;
  attach?(socket: Socket, connection: SocketConnection): boolean;
}

export async function socketPair(t: Test, options: PairOptions = {}): Promise<Pair> {
  const accepted = Promise.withResolvers<Socket>();
  const server: Server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, accepted.resolve);
  const listening = Promise.withResolvers<void>();
  if (options.path === undefined) server.listen(0, '127.0.0.1', listening.resolve);
  else server.listen(options.path, listening.resolve);
  await listening.promise;
  const bound = server.address();
  const peer = new RawClient(t, bound !== null && typeof bound === 'object' ? bound.port : (bound ?? 0));
  const socket = await accepted.promise;
  server.close();
  const where = options.path === undefined ? ipAddress('127.0.0.1', 1) : pipeAddress(options.path);
  const timers = new FakeTimers();
  const connection = new SocketConnection({
    localAddress: where,
    remoteAddress: where,
    timers,
    delayedCloseTimeoutMs: options.delayedCloseTimeoutMs ?? 0,
    halfClose: options.halfClose ?? false,
  });
  const watcher = new Watcher();
  connection.addCallbacks(watcher);
  connection.setReader(watcher);
  options.prepare?.(connection);
  const fast = (options.attach ?? attachAccepted)(socket, connection);
  t.teardown(() => connection.close(0));
  return { connection, watcher, peer, timers, fast };
}
