// Owns the far side in a tunnel: the bytes follow an HTTP CONNECT, or are the bodies of a POST and its answer.
import {
  type ClientStream,
  Protocol,
  ResetReason,
  type ResponseDecoder,
  type StreamCallbacks,
} from '../../../../http/codec/api.ts';
import { type HeaderMap, RequestHeaders, type ResponseHeaders } from '../../../../http/headers/api.ts';
import { contextWithoutResponse } from '../../../../observability/access-log/api.ts';
import { ResponseFlag, type StreamInfo } from '../../../../observability/api.ts';
import {
  type Cancellable,
  type Host,
  type HttpPool,
  type PoolCallbacks,
  PoolFailureReason,
  type UpstreamConnectionInfo,
} from '../../../../upstream/api.ts';
import { PropagatedFields, propagatedHeadersKey, propagatedTrailersKey } from './propagated-fields.ts';
import type { TunnelSettings } from './tunnel-settings.ts';
import type { Upstream, UpstreamOwner } from './upstream.ts';

const noBytes = Buffer.alloc(0);

export class TunnelUpstream implements Upstream, PoolCallbacks, ResponseDecoder, StreamCallbacks {
  /** The connection is not for one client alone: what ended this one is not its reason. */
  readonly takesReason = false;
  readonly #settings: TunnelSettings;
  readonly #streamInfo: StreamInfo;
  #owner: UpstreamOwner | null;
  #waiting: Cancellable | null = null;
  #stream: ClientStream | null = null;
  #host: Host | null = null;
  #connection: UpstreamConnectionInfo | null = null;
  #established = false;
  #requestEnded = false;
  #responseEnded = false;

  constructor(owner: UpstreamOwner, settings: TunnelSettings, streamInfo: StreamInfo) {
    this.#owner = owner;
    this.#settings = settings;
    this.#streamInfo = streamInfo;
  }

  /** May fail, and tell so, before it returns. */
  start(pool: HttpPool): void {
    this.#waiting = pool.newStream(this, this);
  }

  // --- pool ----------------------------------------------------------------------------------------------------------

  onPoolReady(stream: ClientStream, host: Host, connection: UpstreamConnectionInfo): void {
    this.#waiting = null;
    this.#stream = stream;
    stream.callbacks = this;
    stream.closesWithRequest = true;
    this.#host = host;
    this.#connection = connection;
    const request = this.#makeRequest();
    if (request === null) this.#fail('tunnel_hostname_invalid');
    else stream.encodeHeaders(request, false);
  }

  onPoolFailure(reason: PoolFailureReason, details: string, host: Host | null): void {
    this.#waiting = null;
    this.#owner?.onUpstreamFailed(reason, details, host);
  }

  /** Null: what the connection says makes no hostname (a server name is the client's word). */
  #makeRequest(): RequestHeaders | null {
    const { hostname, usePost, postPath, headers } = this.#settings;
    const streamInfo = this.#streamInfo;
    const request = new RequestHeaders();
    request.authority = hostname.format(contextWithoutResponse(streamInfo));
    if (!isToken(request.authority)) return null;
    request.method = usePost ? 'POST' : 'CONNECT';
    if (usePost) {
      request.path = postPath;
      request.scheme = 'http';
    }
    headers?.applyToRequest(request, streamInfo);
    return request;
  }

  // --- the answer ----------------------------------------------------------------------------------------------------

  decode1xxHeaders(): void {}

  decodeHeaders(headers: ResponseHeaders, endStream: boolean): void {
    const owner = this.#owner;
    if (owner === null) return;
    if (this.#settings.propagateHeaders) {
      this.#streamInfo.setFilterState(propagatedHeadersKey, PropagatedFields.ofHeaders(headers));
    }
    if (headers.status < 200 || headers.status > 299) {
      this.#fail(`tunnel_response:${headers.status}`);
      return;
    }
    this.#established = true;
    owner.onUpstreamConnected(this, this.#host as Host, this.#connection as UpstreamConnectionInfo);
    if (endStream) this.#endResponse(noBytes);
  }

  decodeData(data: Buffer, endStream: boolean): void {
    if (endStream) this.#endResponse(data);
    else this.#owner?.onUpstreamData(data, false);
  }

  decodeTrailers(trailers: HeaderMap): void {
    if (this.#settings.propagateTrailers) {
      this.#streamInfo.setFilterState(propagatedTrailersKey, PropagatedFields.of(trailers));
    }
    this.#endResponse(noBytes);
  }

  #endResponse(data: Buffer): void {
    this.#responseEnded = true;
    this.#owner?.onUpstreamData(data, true);
    if (this.#requestEnded) this.#end();
  }

  // --- the request ---------------------------------------------------------------------------------------------------

  write(data: Buffer, endStream: boolean): void {
    const stream = this.#stream;
    if (stream === null) return;
    stream.encodeData(data, endStream);
    if (!endStream) return;
    this.#requestEnded = true;
    if (this.#responseEnded) this.#end();
  }

  readDisable(disable: boolean): void {
    this.#stream?.readDisable(disable);
  }

  // --- the end -------------------------------------------------------------------------------------------------------

  /** Both directions are over. A connection of HTTP/1 goes with them: whoever is behind the tunnel has seen its end. */
  #end(): void {
    const owner = this.#owner;
    if (this.#connection?.protocol === Protocol.Http2) this.#leave();
    else this.#reset();
    this.#owner = null;
    owner?.onUpstreamClosed(false);
  }

  #fail(details: string): void {
    const owner = this.#owner;
    const host = this.#host;
    this.#reset();
    this.#owner = null;
    owner?.onUpstreamFailed(PoolFailureReason.RemoteConnectionFailure, details, host);
  }

  #reset(): void {
    this.#leave()?.resetStream(ResetReason.LocalReset);
  }

  #leave(): ClientStream | null {
    const stream = this.#stream;
    this.#stream = null;
    if (stream === null) return null;
    stream.callbacks = null;
    this.#count(stream);
    return stream;
  }

  #count({ bytesMeter }: ClientStream): void {
    this.#owner?.onTunnelBytes(bytesMeter.wireBytesSent, bytesMeter.wireBytesReceived);
  }

  onResetStream(reason: ResetReason): void {
    const stream = this.#stream;
    const owner = this.#owner;
    this.#stream = null;
    if (stream !== null) this.#count(stream);
    this.#owner = null;
    if (this.#established) {
      if (reason === ResetReason.RemoteReset) this.#streamInfo.setFlag(ResponseFlag.UpstreamRemoteReset);
      owner?.onUpstreamClosed(false);
    } else owner?.onUpstreamFailed(PoolFailureReason.RemoteConnectionFailure, '', this.#host);
  }

  onDownstreamClosed(): void {
    this.#waiting?.cancel();
    this.#waiting = null;
    this.#reset();
    this.#owner = null;
  }

  onAboveWriteBufferHighWatermark(): void {
    this.#owner?.onUpstreamAboveHighWatermark();
  }

  onBelowWriteBufferLowWatermark(): void {
    this.#owner?.onUpstreamBelowLowWatermark();
  }
}

/** Nothing that would end a line or a word of the request. */
function isToken(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code <= 0x20 || code === 0x7f) return false;
  }
  return text.length > 0;
}
