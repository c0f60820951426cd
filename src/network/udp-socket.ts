// Owns a UDP socket: bound, for a listener, or connected to one peer, for a session. What the kernel does not take at once is
// dropped, but for one datagram: libuv's queue behind a full socket has no bound of its own.
//
// Names are never looked up here: with a lookup that answers at once, bind, connect and send are done when they return.
import type { RemoteInfo, Socket, SocketOptions } from 'node:dgram';
import { type IpAddress, ipAddress } from '../base/address.ts';
import { errorText } from '../base/error-text.ts';
import { nativeCalls } from '../base/ffi.ts';
import { explainBind, type SocketOption } from './listen-socket.ts';

/** node:dgram costs memory: a proxy without UDP listeners never loads it (DESIGN 3.8). */
function createSocket(options: SocketOptions): Socket {
  return process.getBuiltinModule('node:dgram').createSocket({ ...options, lookup: asItStands });
}

function asItStands(
  address: string,
  family: unknown,
  callback: (error: null, address: string, family: number) => void,
): void {
  callback(null, address, typeof family === 'number' ? family : 0);
}

export interface UdpReceiver {
  /** Bytes: larger datagrams are dropped. */
  readonly maxDatagram: number;
  /** `data` is the receiver's to keep. `address` as the socket has it: an IPv4 peer of a dual-stack socket is mapped. */
  onDatagram(data: Buffer, address: string, port: number): void;
  /** One was larger than may come: it is gone. */
  onTooLarge(): void;
  /** Reading failed; of a connected socket also: nobody listens there (ICMP). The socket lives on. */
  onReceiveError(): void;
}

/** Once for each datagram: null and its length, or why it was not sent. Never before the call that sends returns. */
export type DatagramSent = (error: Error | null, bytes: number) => void;

export interface UdpBindOptions {
  readonly address: IpAddress;
  /** SO_REUSEPORT. */
  readonly reusePort: boolean;
  /** `::` also takes IPv4. */
  readonly ipv4Compat: boolean;
  readonly socketOptions: readonly SocketOption[];
}

const queueFull = new Error('the send queue of the socket is full');

export class UdpSocket {
  readonly #socket: Socket;
  #closed = false;

  private constructor(socket: Socket, receiver: UdpReceiver) {
    this.#socket = socket;
    socket.on('message', (data: Buffer, from: RemoteInfo) => {
      if (data.length > receiver.maxDatagram) receiver.onTooLarge();
      else receiver.onDatagram(data, from.address, from.port);
    });
    socket.on('error', () => receiver.onReceiveError());
  }

  /** Rejects with the system's error, in words that name the address. */
  static async bind(options: UdpBindOptions, receiver: UdpReceiver): Promise<UdpSocket> {
    const { address, reusePort, ipv4Compat, socketOptions } = options;
    const native = socketOptions.length === 0 ? null : await nativeCalls();
    const socket = createSocket({
      type: address.family === 6 ? 'udp6' : 'udp4',
      ipv6Only: address.family === 6 && !ipv4Compat,
      ...(reusePort ? { reusePort: true } : {}),
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', (error: NodeJS.ErrnoException) => {
        socket.close();
        reject(new Error(explainBind(error, address)));
      });
      socket.bind({ port: address.port, address: address.address, exclusive: true }, resolve);
    });
    socket.removeAllListeners('error');
    const refused = socketOptions.find(
      ({ level, name, value }) => native?.setSocketOption(descriptorOf(socket), level, name, value) === false,
    );
    if (refused !== undefined) {
      socket.close();
      const what = `level ${refused.level}, name ${refused.name}`;
      throw new Error(`cannot bind '${address.text}': the system refuses the socket option (${what})`);
    }
    return new UdpSocket(socket, receiver);
  }

  /** To one peer, from which alone it hears. Never throws: what cannot be sent is told to who sends. */
  static connect(peer: IpAddress, receiver: UdpReceiver): UdpSocket {
    const socket = createSocket({ type: peer.family === 6 ? 'udp6' : 'udp4' });
    const connected = new UdpSocket(socket, receiver);
    // An address without a route: each send fails.
    socket.connect(peer.port, peer.address, () => undefined);
    return connected;
  }

  /** Null where it has none (it could not be bound). */
  get localAddress(): IpAddress | null {
    try {
      const { address, port } = this.#socket.address();
      return ipAddress(address, port);
    } catch {
      return null;
    }
  }

  /** To the peer of a connected socket. */
  send(data: Buffer, sent: DatagramSent): void {
    if (this.#full(sent)) return;
    try {
      this.#socket.send(data, sent);
    } catch (error) {
      refuse(sent, error);
    }
  }

  sendTo(data: Buffer, port: number, address: string, sent: DatagramSent): void {
    if (this.#full(sent)) return;
    try {
      this.#socket.send(data, port, address, sent);
    } catch (error) {
      refuse(sent, error);
    }
  }

  #full(sent: DatagramSent): boolean {
    if (!this.#closed && this.#socket.getSendQueueCount() === 0) return false;
    refuse(sent, queueFull);
    return true;
  }

  /** Idempotent. Nothing is received afterwards. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.removeAllListeners('message');
    try {
      this.#socket.close();
    } catch {
      // It was never bound.
    }
  }
}

function refuse(sent: DatagramSent, error: unknown): void {
  process.nextTick(sent, error instanceof Error ? error : new Error(errorText(error)), 0);
}

interface SocketState {
  readonly handle?: { readonly fd?: number } | null;
}

/** The file descriptor, which node:dgram keeps under a symbol; -1: not known, and setsockopt fails. */
function descriptorOf(socket: Socket): number {
  for (const symbol of Object.getOwnPropertySymbols(socket)) {
    if (symbol.description !== 'state symbol') continue;
    const state = (socket as unknown as Record<symbol, SocketState>)[symbol];
    return state?.handle?.fd ?? -1;
  }
  return -1;
}
