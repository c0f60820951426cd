// What the network layer offers to codecs, network filters and listeners: connections with watermarks and the
// network-filter chain. Nothing here knows HTTP.
import type { Socket } from 'node:net';
import type { Address, IpAddress } from '../base/address.ts';
import type { StatsScope } from '../observability/stats/api.ts';
import type {
  DetectedCloseType,
  DownstreamConnectionInfo,
  FilterStateMap,
  StreamInfo,
  TlsConnectionInfo,
} from '../observability/stream-info.ts';
import type { ProxyProtocolTlv } from './proxy-protocol-header.ts';

export type { SocketOption } from './listen-socket.ts';
export { type ProxyProtocolTlv, proxyProtocolHeader } from './proxy-protocol-header.ts';
export { openTransparent } from './transparent.ts';

export const ConnectionEvent = {
  /** Ready for bytes: an upstream connection is established, a transport socket (TLS) has shaken hands. */
  Connected: 0,
  /** The peer closed (FIN with nothing left to do, or RST). */
  RemoteClose: 1,
  /** We closed. */
  LocalClose: 2,
} as const;
export type ConnectionEvent = (typeof ConnectionEvent)[keyof typeof ConnectionEvent];

export const CloseType = {
  /** Throw pending output away. */
  NoFlush: 0,
  /** Write what is pending, then close. */
  Flush: 1,
  /** Write what is pending, send FIN, wait for the peer's FIN at most `delayed_close_timeout`, so that it reads our answer before a RST. */
  FlushAndDelay: 2,
  /** Close with RST. */
  Abort: 3,
} as const;
export type CloseType = (typeof CloseType)[keyof typeof CloseType];

export interface ConnectionCallbacks {
  /** Exactly one of RemoteClose and LocalClose ends every connection. */
  onConnectionEvent(event: ConnectionEvent): void;
  /** Output that the peer has not taken exceeds the limit; stop producing. */
  onAboveWriteBufferHighWatermark(): void;
  /** It fell below half of the limit. */
  onBelowWriteBufferLowWatermark(): void;
}

/** Receives what a connection reads. */
export interface ConnectionReader {
  /** `data` is borrowed; empty when only the end is told. `endStream`: the peer half-closed, nothing more comes. */
  onData(data: Buffer, endStream: boolean): void;
}

export interface OutputProgress {
  /** Bytes of output in all, those of the present turn with them. */
  readonly given: number;
  /** What the kernel has taken of these. */
  readonly taken: number;
}

export interface Connection {
  readonly id: number;
  readonly localAddress: Address;
  readonly remoteAddress: Address;
  readonly closed: boolean;
  /** ALPN result; empty without TLS. */
  readonly nextProtocol: string;
  /** Null without TLS, and before the handshake. */
  readonly tls: TlsConnectionInfo | null;
  /** Why the transport failed, in words (`connection refused`, a TLS reason); empty while it has not. */
  readonly transportFailureReason: string;
  /** Copied into the connection's output, which is written once for each turn of the event loop. Text is one character per byte. */
  writeLatin1(text: string): void;
  /** Borrowed `data` (valid until the call returns). */
  writeBuffer(data: Buffer): void;
  /** Writes what is gathered now instead of at the end of the turn. */
  flush(): void;
  /** Half-closes after pending output. */
  endWrite(): void;
  close(type: CloseType, details?: string): void;
  /** Counts: bytes are read while no disable is outstanding. */
  readDisable(disable: boolean): void;
  /** The one receiver of bytes: a filter chain (downstream), a codec's owner (upstream). */
  setReader(reader: ConnectionReader): void;
  addCallbacks(callbacks: ConnectionCallbacks): void;
  removeCallbacks(callbacks: ConnectionCallbacks): void;
  /** Milliseconds to wait for the peer's FIN in CloseType.FlushAndDelay; 0: none. */
  setDelayedCloseTimeout(milliseconds: number): void;
  /** The peer's FIN ends its direction alone (L4 proxying), instead of the connection (HTTP, the default). */
  enableHalfClose?(): void;
  /** The peer's FIN ends its direction alone. */
  readonly halfClose?: boolean;
  /** Milliseconds without a byte taken after which a closing connection stops waiting; a second when not told. */
  setFlushPatience?(milliseconds: number): void;
  /** Bytes of output above which the high-watermark callbacks fire; 0 means no limit. */
  setBufferLimit(bytes: number): void;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** How far the output has come; absent where it cannot be told. */
  readonly outgoing?: OutputProgress;
  /** For logs; absent where it cannot be told. */
  readonly detectedCloseType?: DetectedCloseType;
  /** Why we closed it (`details` of close); empty while we have not. */
  readonly localCloseReason?: string;
  /** Known when the connection has ended: we gave up waiting for the peer (delayed_close_timeout). */
  readonly delayedCloseTimedOut?: boolean;
}

// --- transport sockets ---------------------------------------------------------------------------------------------

/** A connection as its transport socket sees it. */
export interface TransportConnection extends Connection {
  /**
   * Puts a socket around the present one, which is paused and holds unread the bytes that were taken off it. From now on
   * the connection reads and writes through what `wrap` returns; nothing is written before `markConnected`.
   */
  wrapSocket(wrap: (socket: Socket) => Socket): void;
  /** Written to the present socket before all other bytes. */
  writeAhead(bytes: Buffer): void;
  /** The handshake is over. */
  markConnected(tls?: TlsConnectionInfo | null, nextProtocol?: string): void;
  /** The handshake failed: closes the connection. `reason` is for logs, never for the peer. */
  failTransport(reason: string): void;
}

/** What stands between accepted sockets and their connections' bytes. Made once for each filter chain. */
export interface DownstreamTransport {
  /** TLS from the first byte on. */
  readonly secure?: boolean;
  /** Secrets that must be there before the listener takes traffic. */
  readonly ready?: Promise<void> | undefined;
  /** Called once for each connection, with its socket attached and not yet reading. */
  start(connection: TransportConnection): void;
  /** The chain is gone and its last connection has ended. */
  destroy?(): void;
}

/** What one upstream connection asks of its transport socket. */
export interface UpstreamTransportOptions {
  /** Hostname of the endpoint; empty: none. For auto_host_sni. */
  readonly hostname: string;
  /** ALPN where none is configured: what the connection will speak. */
  readonly fallbackProtocols?: readonly string[];
  /** What the streams that it is for ask of it; null or absent: nothing. */
  readonly streams?: StreamTransportOptions | null;
}

/**
 * What a request, or a connection that is proxied, asks of the upstream connection that carries it (transport socket
 * options of the API's documentation). upstream/stream-transport.ts makes them.
 */
export interface StreamTransportOptions {
  /** Streams share a connection only where it is equal. */
  readonly key: string;
  /** In the place of the configured server name (SNI); empty: that one. */
  readonly serverName: string;
  /** One of these must be in the peer's certificate, besides what is configured; none: all the same. */
  readonly subjectAltNames: readonly string[];
  /** ALPN in the place of what is configured; none: that. */
  readonly applicationProtocols: readonly string[];
  /** What the upstream connection knows of its streams, for logs; null: nothing. */
  readonly filterState: FilterStateMap | null;
  /** Whose connection is forwarded; null: nobody's. */
  readonly proxied: ProxiedConnection | null;
  /** Where the connection comes from, instead of the cluster's own source address; null: from there. */
  readonly source: UpstreamSource | null;
}

/** An address that is not this host's, to connect from. */
export interface UpstreamSource {
  /** Its port is 0: any. */
  readonly address: IpAddress;
  /** Streams share a connection only where it is equal. */
  readonly key: string;
  /** A socket that may be bound to it; its descriptor. Throws in words. */
  openSocket(family: 4 | 6): number;
}

/** Whose connection is forwarded, for a PROXY header. */
export interface ProxiedConnection {
  readonly source: Address;
  readonly destination: Address;
  readonly values: readonly ProxyProtocolTlv[];
}

/** A cluster's transport socket before the cluster is made. */
export interface UpstreamTransportSource {
  /** What it was made from: compared by value to tell a changed cluster from a repeated one. */
  readonly message: unknown;
  /** Peers choose a protocol by ALPN. */
  readonly negotiates: boolean;
  /** `scope`: the cluster's. */
  open(scope: StatsScope): UpstreamTransport;
}

/** What stands between a cluster's sockets and its connections' bytes. */
export interface UpstreamTransport {
  /** What it writes depends on the client: no connection serves two. */
  readonly perDownstream?: boolean;
  /** Secrets that must be there before the cluster takes traffic. */
  readonly ready?: Promise<void> | undefined;
  /** Called once for each connection, when its socket is connected. */
  start(connection: TransportConnection, options: UpstreamTransportOptions): void;
  destroy?(): void;
}

// --- network filters -----------------------------------------------------------------------------------------------

export const FilterStatus = {
  /** Go on to the next filter. */
  Continue: 0,
  /** Stop; the filter calls `continueReading` when the next may run. Bytes are kept meanwhile, up to the buffer limit, then reading stops. */
  StopIteration: 1,
} as const;
export type FilterStatus = (typeof FilterStatus)[keyof typeof FilterStatus];

export interface ReadFilterCallbacks {
  readonly connection: Connection;
  readonly info: DownstreamConnectionInfo;
  /** Of the connection, not of a request on it; made when first asked for. */
  readonly streamInfo: StreamInfo;
  continueReading(): void;
}

/** A filter of the bytes from downstream. The last one of a chain is terminal: it never continues. */
export interface ReadFilter {
  initialize(callbacks: ReadFilterCallbacks): void;
  /** Called once, before any data. */
  onNewConnection(): FilterStatus;
  /** `data` is borrowed. `endStream`: the peer half-closed. */
  onData(data: Buffer, endStream: boolean): FilterStatus;
}

/** Made once for each filter chain, shared by its connections. */
export interface NetworkFilterFactory {
  createFilter(): ReadFilter;
  /** Resources that must be ready before the listener takes traffic (RDS). */
  readonly ready?: Promise<void>;
  /** The chain is gone and its last connection has ended. */
  destroy?(): void;
}

/** envoy.config.core.v3.TcpKeepalive. Node sets only the time; probes and interval need `node:ffi` (DESIGN 3.4). */
export interface TcpKeepalive {
  readonly timeSeconds: number;
  readonly intervalSeconds: number | undefined;
  readonly probes: number | undefined;
}
