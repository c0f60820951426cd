// What the listener layer offers to listener filters, network-filter extensions and the server.
import type { Message } from '@bufbuild/protobuf';
import type { IpAddress } from '../base/address.ts';
import type { ConfigContext } from '../config/api.ts';
import { type ExtensionCategory, extensionCategory } from '../config/extension-registry.ts';
import type { ConnectionManagerContext } from '../http/connection-manager/api.ts';
import type { FilterStatus, NetworkFilterFactory } from '../network/api.ts';
import type { DatagramSent, UdpReceiver, UdpSocket } from '../network/udp-socket.ts';
import type { StatsScope } from '../observability/stats/api.ts';
import type { ProcessServices, TrafficDirection } from '../upstream/services.ts';
import type { AcceptedConnection } from './accepted-connection.ts';

export { FilterStatus } from '../network/api.ts';
export type { DatagramSent, UdpReceiver, UdpSocket } from '../network/udp-socket.ts';
export type { FilterStateObject } from '../observability/stream-info.ts';
export type { AcceptedConnection } from './accepted-connection.ts';

/** What a network filter's configuration may use while it is built, and its filters afterwards. */
export interface NetworkFilterContext extends ConnectionManagerContext {}

/** A network filter extension. */
export interface NetworkFilterConfigFactory {
  readonly terminal: boolean;
  /** Undefined after an error was reported to `context.config`. */
  create(message: Message, context: NetworkFilterContext): NetworkFilterFactory | undefined;
}

export const networkFilterCategory: ExtensionCategory<NetworkFilterConfigFactory> =
  extensionCategory<NetworkFilterConfigFactory>('envoy.filters.network');

// --- listener filters ----------------------------------------------------------------------------------------------

/** The first bytes of a connection, which its filter chain will see again but for what a filter drains. */
export interface PeekedBytes {
  /** Everything read and not drained. Borrowed. */
  readonly bytes: Buffer;
  /** Takes bytes off the beginning: what stands behind never sees them (a PROXY header). */
  drain(length: number): void;
}

export interface ListenerFilterCallbacks {
  readonly accepted: AcceptedConnection;
  /** After StopIteration: goes on to the next filter, or (false) closes the connection. */
  continue(accept: boolean): void;
  /** Closes the connection; `details` for the log. */
  close(details: string): void;
}

/** Looks at a connection before its filter chain is chosen; one object for each connection. */
export interface ListenerFilter {
  /** Bytes that it needs to see at most; 0: `onData` is never called. May grow while it waits. */
  readonly maxReadBytes: number;
  /** Continue: nothing to wait for. StopIteration: `onData` is called as bytes come, or the filter calls `continue`. */
  onAccept(callbacks: ListenerFilterCallbacks): FilterStatus;
  /** StopIteration: more is needed. With `maxReadBytes` bytes at hand it must decide. */
  onData(peeked: PeekedBytes): FilterStatus;
  /** The connection ended while this filter waited. */
  onClose?(): void;
}

/** Made once for each listener. */
export interface ListenerFilterFactory {
  createFilter(): ListenerFilter;
}

export interface ListenerFilterContext {
  readonly services: ProcessServices;
  readonly config: ConfigContext;
  /** `listener.ADDRESS.` */
  readonly scope: StatsScope;
  readonly direction: TrafficDirection;
}

export interface ListenerFilterConfigFactory {
  /** Undefined after an error was reported to `context.config`. */
  create(message: Message, context: ListenerFilterContext): ListenerFilterFactory | undefined;
}

export const listenerFilterCategory: ExtensionCategory<ListenerFilterConfigFactory> =
  extensionCategory<ListenerFilterConfigFactory>('envoy.filters.listener');

// --- filters of UDP listeners --------------------------------------------------------------------------------------

/** A socket of a UDP listener. */
export interface UdpListenSocket {
  readonly localAddress: IpAddress;
  /** `address` as a datagram brought it. */
  sendTo(data: Buffer, port: number, address: string, sent: DatagramSent): void;
}

export interface UdpListenerFilterCallbacks {
  readonly listenerName: string;
  /** A socket to one peer. Never throws. */
  connect(peer: IpAddress, receiver: UdpReceiver): UdpSocket;
}

/** Sees every datagram of a listener; one object for as long as a version of the listener is in force. */
export interface UdpListenerFilter {
  /** `data` is the filter's to keep. Continue: the next filter sees it too. */
  onDatagram(data: Buffer, address: string, port: number, socket: UdpListenSocket): FilterStatus;
  /** A socket of the listener could not be read from. */
  onReceiveError(): void;
  /** Nothing is called afterwards. */
  destroy(): void;
}

/** Made once for each version of a listener. */
export interface UdpListenerFilterFactory {
  createFilter(callbacks: UdpListenerFilterCallbacks): UdpListenerFilter;
  /** The version is over: its filters are destroyed already. */
  destroy?(): void;
}

export interface UdpListenerFilterConfigFactory {
  /** Undefined after an error was reported to `context.config`. */
  create(message: Message, context: ListenerFilterContext): UdpListenerFilterFactory | undefined;
}

export const udpListenerFilterCategory: ExtensionCategory<UdpListenerFilterConfigFactory> =
  extensionCategory<UdpListenerFilterConfigFactory>('envoy.filters.udp_listener');
export { udpDatagramLimit } from './udp-datagram-limit.ts';
