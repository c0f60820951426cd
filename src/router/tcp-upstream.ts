// Owns the plain TCP side of a request that ends here (CONNECT, or POST where the route allows it): to the attempt it is
// a pool and a stream like HTTP's, whose answer is a 200 as soon as the connection is there.
import {
  BytesMeter,
  type ClientStream,
  ResetReason,
  type ResponseDecoder,
  type StreamCallbacks,
} from '../http/codec/api.ts';
import { type HeaderMap, type RequestHeaders, ResponseHeaders } from '../http/headers/header-map.ts';
import { proxyProtocolHeader } from '../network/proxy-protocol-header.ts';
import type { DownstreamConnectionInfo } from '../observability/stream-info.ts';
import type {
  Cancellable,
  Host,
  HttpPool,
  PoolCallbacks,
  PoolFailureReason,
  TcpConnection,
  TcpConnectionUser,
  TcpPool,
  TcpPoolCallbacks,
} from '../upstream/api.ts';
import type { ConnectTermination } from './api.ts';

const noBytes = Buffer.alloc(0);

/** Whether this request is the beginning of a tunnel that ends here. */
export function endsHere(connect: ConnectTermination | null, { method }: RequestHeaders): boolean {
  return connect !== null && (method === 'CONNECT' || (connect.allowPost && method === 'POST'));
}

/** The pool of a host's plain connections, as the attempt wants it. */
export class TcpUpstreamPool implements HttpPool {
  readonly #pool: TcpPool;
  readonly #settings: ConnectTermination;
  readonly #downstream: DownstreamConnectionInfo;

  constructor(pool: TcpPool, settings: ConnectTermination, downstream: DownstreamConnectionInfo) {
    this.#pool = pool;
    this.#settings = settings;
    this.#downstream = downstream;
  }

  newStream(decoder: ResponseDecoder, callbacks: PoolCallbacks): Cancellable | null {
    const { proxyProtocol } = this.#settings;
    const { remoteAddress, directRemoteAddress, localAddress } = this.#downstream;
    const preface =
      proxyProtocol === 0
        ? noBytes
        : proxyProtocolHeader(proxyProtocol, remoteAddress ?? directRemoteAddress, localAddress);
    return this.#pool.newConnection(new TcpUpstream(decoder, callbacks, preface));
  }
}

class TcpUpstream implements ClientStream, TcpPoolCallbacks, TcpConnectionUser {
  callbacks: StreamCallbacks | null = null;
  readonly bytesMeter = new BytesMeter();
  readonly #decoder: ResponseDecoder;
  readonly #pool: PoolCallbacks;
  /** What the host gets before the client's bytes. */
  readonly #preface: Buffer;
  /** Null before it is there, and when it has ended. */
  #connection: TcpConnection | null = null;
  #requestEnded = false;
  #responseEnded = false;

  constructor(decoder: ResponseDecoder, pool: PoolCallbacks, preface: Buffer) {
    this.#decoder = decoder;
    this.#pool = pool;
    this.#preface = preface;
  }

  // --- pool ------------------------------------------------------------------------------------------------------------

  onTcpPoolReady(connection: TcpConnection, host: Host): void {
    this.#connection = connection;
    connection.user = this;
    this.#pool.onPoolReady(this, host, connection);
  }

  onPoolFailure(reason: PoolFailureReason, details: string, host: Host | null): void {
    this.#pool.onPoolFailure(reason, details, host);
  }

  // --- the request -----------------------------------------------------------------------------------------------------

  /** The headers were for us; the client hears that the tunnel stands. */
  encodeHeaders(_headers: RequestHeaders, endStream: boolean): void {
    this.bytesMeter.wireBytesSent += this.#preface.length;
    this.bytesMeter.headerBytesSent += this.#preface.length;
    this.#connection?.write(this.#preface, endStream);
    this.#requestEnded = endStream;
    this.#decoder.decodeHeaders(new ResponseHeaders(200), false);
  }

  encodeData(data: Buffer, endStream: boolean): void {
    if (this.#connection === null) return;
    this.bytesMeter.wireBytesSent += data.length;
    this.#connection.write(data, endStream);
    if (endStream) this.#endRequest();
  }

  encodeTrailers(_trailers: HeaderMap): void {
    this.#connection?.write(noBytes, true);
    this.#endRequest();
  }

  #endRequest(): void {
    this.#requestEnded = true;
    if (this.#responseEnded) this.#release();
  }

  resetStream(reason: ResetReason): void {
    const connection = this.#connection;
    if (connection === null) return;
    this.#connection = null;
    connection.abandon();
    this.callbacks?.onResetStream(reason, '');
  }

  readDisable(disable: boolean): void {
    this.#connection?.readDisable(disable);
  }

  // --- the host --------------------------------------------------------------------------------------------------------

  onTcpData(data: Buffer, endStream: boolean): void {
    this.bytesMeter.wireBytesReceived += data.length;
    if (endStream) {
      this.#responseEnded = true;
      if (this.#requestEnded) this.#release();
    }
    this.#decoder.decodeData(data, endStream);
  }

  #release(): void {
    const connection = this.#connection;
    this.#connection = null;
    connection?.release();
  }

  onTcpClosed(): void {
    this.#connection = null;
    this.callbacks?.onResetStream(ResetReason.ConnectionTermination, '');
  }

  onAboveWriteBufferHighWatermark(): void {
    this.callbacks?.onAboveWriteBufferHighWatermark();
  }

  onBelowWriteBufferLowWatermark(): void {
    this.callbacks?.onBelowWriteBufferLowWatermark();
  }
}
