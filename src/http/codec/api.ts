// The codec interface: HTTP/1.1 and HTTP/2 behind the same shapes, server and client alike.
// A codec turns bytes of one connection into streams and back. It knows nothing of routes, clusters or filters.
//
// Ownership: a `data` buffer handed to any method here is borrowed: valid until the call returns. Whoever keeps it
// copies it. Header maps change hands: the receiver owns them.

import type { HeaderMap, RequestHeaders, ResponseHeaders } from '../headers/header-map.ts';
import type { PreserveCaseSettings } from '../headers/header-spelling.ts';

export const Protocol = { Http10: 0, Http11: 1, Http2: 2, Http3: 3 } as const;
export type Protocol = (typeof Protocol)[keyof typeof Protocol];

/** Why a stream ended before its time. Names and meanings are Envoy's StreamResetReason. */
export const ResetReason = {
  /** We gave it up (timeout, downstream gone). */
  LocalReset: 0,
  LocalRefusedStreamReset: 1,
  /** The peer reset it. */
  RemoteReset: 2,
  RemoteRefusedStreamReset: 3,
  /** The connection could not be made by our side's limits or was refused by the peer. */
  LocalConnectionFailure: 4,
  RemoteConnectionFailure: 5,
  ConnectionTimeout: 6,
  /** An established connection ended under the stream. */
  ConnectionTermination: 7,
  /** A circuit breaker or queue limit. */
  Overflow: 8,
  ConnectError: 9,
  ProtocolError: 10,
  OverloadManager: 11,
  Http1PrematureUpstreamHalfClose: 12,
} as const;
export type ResetReason = (typeof ResetReason)[keyof typeof ResetReason];

/** Details of a reset that says that the peer never began to work on the stream: it may be sent again anywhere. */
export const unheardDetails = 'http2.goaway';

/** What is wrong with the peer's bytes; the connection cannot go on. */
export interface CodecError {
  /** Response-code details, e.g. `http1.codec_error`, `http1.invalid_url`. Envoy's contract. */
  readonly details: string;
  /** For the log, in words, naming the offending octets' place. */
  readonly message: string;
  /** Status that a server answers with before closing: 400, 413, 426, 431. */
  readonly status: number;
  /** HTTP/2: the peer is no offender against the protocol, but does too much of something. */
  readonly flood?: boolean;
}

/** Where a codec writes. `network/connection.ts` implements it: gathered and flushed once for each loop turn. */
export interface OutputSink {
  /** Text of one character per byte. */
  writeLatin1(text: string): void;
  /** Borrowed: copied, or taken by reference where the read buffer allows it (network/read-buffer.ts). */
  writeBuffer(data: Buffer): void;
}

/** The connection under a codec, as far as the codec may see it. */
export interface CodecConnection extends OutputSink {
  /** Octets of output in all, and those of them that the kernel has taken; absent where it cannot be told. */
  readonly outgoing?: { readonly given: number; readonly taken: number };
  /** Counts: each `true` needs its `false`. While disabled no bytes are read, so the peer is held back by TCP. */
  readDisable(disable: boolean): void;
}

export interface StreamCallbacks {
  /** The stream is dead: no further call in either direction. */
  onResetStream(reason: ResetReason, details: string): void;
  /** Output for the peer piles up: stop feeding this stream until the low watermark. */
  onAboveWriteBufferHighWatermark(): void;
  onBelowWriteBufferLowWatermark(): void;
}

/** One exchange on a connection, seen from either side. */
export interface Stream {
  /** The callbacks of whoever feeds or owns the stream; null detaches. */
  callbacks: StreamCallbacks | null;
  /** Ends the stream at once. On HTTP/1 the connection cannot be used again. `onResetStream` is called with LocalReset... reasons as given. */
  resetStream(reason: ResetReason): void;
  /** Counts: holds back the peer's body bytes of this stream (its data callbacks stop soon after). */
  readDisable(disable: boolean): void;
  /** Bytes on the wire of this stream: received and sent, header and body parts. */
  readonly bytesMeter: BytesMeter;
}

export class BytesMeter {
  wireBytesReceived = 0;
  wireBytesSent = 0;
  headerBytesReceived = 0;
  headerBytesSent = 0;
}

// --- server side ---------------------------------------------------------------------------------------------------

/** Receives a request (implemented by the connection manager's stream). */
export interface RequestDecoder {
  /** The protocol of the message stands in `ServerStream.protocol`. */
  decodeHeaders(headers: RequestHeaders, endStream: boolean): void;
  decodeData(data: Buffer, endStream: boolean): void;
  /** Always ends the request. */
  decodeTrailers(trailers: HeaderMap): void;
  /**
   * The request is malformed: the codec asks for an error response; the connection closes after it. Called instead of,
   * or after, decodeHeaders. `headers` has what could be parsed, null when nothing could.
   */
  onMalformed(error: CodecError, headers: RequestHeaders | null): void;
}

/** Sends a response. Calls come in the order 1xx*, headers, data*, trailers?; the last has ended the response. */
export interface ServerStream extends Stream {
  readonly protocol: Protocol;
  encode1xxHeaders(headers: ResponseHeaders): void;
  encodeHeaders(headers: ResponseHeaders, endStream: boolean): void;
  encodeData(data: Buffer, endStream: boolean): void;
  encodeTrailers(trailers: HeaderMap): void;
  /**
   * HTTP/2: the response is over, and the rest of the request not wanted. True: parts of the response wait for the client's
   * window; behind them the stream ends, which `onStreamComplete` tells. False: nothing waits.
   */
  endWithOutput?(): boolean;
}

export interface ServerCodecCallbacks {
  /** A request begins; the answer receives its parts. */
  newStream(stream: ServerStream): RequestDecoder;
  /** Request and response are both complete (HTTP/1: the connection may be closed or carry the next). */
  onStreamComplete(stream: ServerStream): void;
  onGoAway(): void;
  /**
   * An error that was found outside of `dispatch`; means the same as if `dispatch` had returned it. HTTP/1: in bytes that
   * were held while a response was outstanding (the stream's `onMalformed` was called before).
   */
  onCodecError?(error: CodecError): void;
  /** HTTP/2: the connection is of no use any more, and is to be closed at once (`connection_keepalive`, floods). */
  onConnectionUseless?(details: string): void;
  /** HTTP/1: a bug of ours, outside of `dispatch`, already contained: the connection is to be closed at once. */
  onCodecException(): void;
}

export interface ServerCodec {
  readonly protocol: Protocol;
  /** Feeds bytes. Returns an error when the connection must end; the codec then ignores all further input. */
  dispatch(data: Buffer): CodecError | null;
  /** The peer half-closed: an incomplete message is an error, an idle connection just ends. */
  onEndOfInput(): CodecError | null;
  /** The connection is gone: all streams are reset with the reason. */
  onConnectionClosed(reason: ResetReason): void;
  /** Bytes of a request's head have come, but not all of it: no stream stands for them yet. */
  readonly headStarted: boolean;
  /** Makes the stream of a head that will not be completed (a timeout, the peer left); the codec reads no further. */
  openPartial(): void;
  /** No new requests after those in progress: HTTP/1 answers `connection: close`, HTTP/2 sends GOAWAY. */
  goAway(): void;
  /** Announces goAway (HTTP/2's first GOAWAY); HTTP/1 does nothing. */
  shutdownNotice(): void;
  onAboveWriteBufferHighWatermark(): void;
  onBelowWriteBufferLowWatermark(): void;
  readonly activeStreams: number;
  /** No further request can come: the owner closes the connection when the active streams are done. */
  readonly wantsClose: boolean;
}

// --- client side ---------------------------------------------------------------------------------------------------

/** Receives a response. */
export interface ResponseDecoder {
  decode1xxHeaders(headers: ResponseHeaders): void;
  decodeHeaders(headers: ResponseHeaders, endStream: boolean): void;
  decodeData(data: Buffer, endStream: boolean): void;
  decodeTrailers(trailers: HeaderMap): void;
}

/** Sends a request. */
export interface ClientStream extends Stream {
  /** HTTP/1: the end of the request closes the connection behind it, as Envoy ends a tunnel that is its own. */
  closesWithRequest?: boolean;
  encodeHeaders(headers: RequestHeaders, endStream: boolean): void;
  encodeData(data: Buffer, endStream: boolean): void;
  encodeTrailers(trailers: HeaderMap): void;
}

/** As its connection sees it. */
export interface CodecClientStream extends ClientStream {
  /** The whole request has been handed to the connection. */
  readonly requestComplete: boolean;
  readonly responseComplete: boolean;
}

export interface ClientCodecCallbacks {
  /**
   * Request sent and response received completely. `reusable` is false when the connection must not carry another
   * (connection: close, HTTP/1.0, body until close, an answer before the request body had gone up, bytes left over);
   * `announced` is true when the response itself said so.
   */
  onStreamComplete(stream: CodecClientStream, reusable: boolean, announced: boolean): void;
  /** HTTP/1: a request is over that the connection shall not outlive; what was written goes first. */
  onLastRequestEnd?(): void;
  /** HTTP/2: a stream ended before its time; `onStreamComplete` follows. */
  onStreamReset?(reason: ResetReason): void;
  /** The peer takes no further streams. */
  onGoAway(): void;
  /** HTTP/2: the connection is of no use any more, and is to be closed at once (`connection_keepalive`, floods). */
  onConnectionUseless?(details: string): void;
  /** HTTP/1: seconds from `Keep-Alive: timeout=` of the last response; the pool closes a little earlier (DESIGN 4). */
  onKeepAliveTimeout(seconds: number): void;
  /** HTTP/2: the peer's limit of concurrent streams changed. */
  onMaxStreamsChanged(max: number): void;
}

export interface ClientCodec {
  readonly protocol: Protocol;
  /** Only when the connection can carry another stream. */
  newStream(decoder: ResponseDecoder): ClientStream;
  dispatch(data: Buffer): CodecError | null;
  /** The peer half-closed: completes a body that runs until close, anything else incomplete is reset. */
  onEndOfInput(): CodecError | null;
  /** The peer reset the connection: a response that is incomplete by its own framing is an error of the protocol, as in Envoy. */
  onInputReset(): CodecError | null;
  /** HTTP/1: the exchange is a CONNECT, whose directions end each on their own. */
  readonly halfCloses: boolean;
  onConnectionClosed(reason: ResetReason): void;
  goAway(): void;
  onAboveWriteBufferHighWatermark(): void;
  onBelowWriteBufferLowWatermark(): void;
  readonly activeStreams: number;
}

// --- settings ------------------------------------------------------------------------------------------------------

/** A StringMatcher (matchers/), which stands in the same layer. */
export interface TokenMatcher {
  matches(token: string): boolean;
}

/** Limits and choices of HTTP/1 codecs (envoy.config.core.v3.Http1ProtocolOptions and HttpProtocolOptions). */
export interface Http1Settings {
  /** Answers 426 to HTTP/1.0 when false. */
  readonly acceptHttp10: boolean;
  /** Authority of an HTTP/1.0 request without Host; empty for none. */
  readonly defaultHostForHttp10: string;
  readonly allowAbsoluteUrl: boolean;
  /** Answers 403 to a target with the scheme https: nobody in front of this plain connection can have taken TLS off. */
  readonly refuseHttpsTarget: boolean;
  /** Accepts Content-Length beside `Transfer-Encoding: chunked`, dropping the length (RFC 9112 section 6.3). */
  readonly allowChunkedLength: boolean;
  readonly enableTrailers: boolean;
  /** Bytes of a head (request line or status line and fields): beyond it 431 from a server, protocol error from a client. */
  readonly maxHeadersBytes: number;
  readonly maxHeadersCount: number;
  readonly headersWithUnderscores: 'allow' | 'reject' | 'drop';
  /** Spelling of names on the wire, where the message does not bring its own. */
  readonly headerKeyFormat: 'lower' | 'proper';
  /** Messages read here keep their spelling of names; null: they do not. */
  readonly preserveCase: PreserveCaseSettings | null;
  /** Upgrades that a server takes no notice of, by token. */
  readonly ignoredUpgrades: readonly TokenMatcher[];
  readonly sendFullyQualifiedUrl: boolean;
  /** Upgrades the codec lets through as opaque bytes after 101; the connection manager decides by route. */
  readonly allowCustomMethods: boolean;
}

export const defaultHttp1Settings: Http1Settings = {
  acceptHttp10: false,
  defaultHostForHttp10: '',
  allowAbsoluteUrl: true,
  refuseHttpsTarget: false,
  allowChunkedLength: false,
  enableTrailers: false,
  maxHeadersBytes: 60 * 1024,
  maxHeadersCount: 100,
  headersWithUnderscores: 'allow',
  headerKeyFormat: 'lower',
  preserveCase: null,
  ignoredUpgrades: [],
  sendFullyQualifiedUrl: false,
  allowCustomMethods: false,
};

/** Counters of a codec under `http1.` (Envoy's names); the owner hands in what its scope made. */
export interface Http1CodecStats {
  readonly droppedHeadersWithUnderscores: { inc(): void };
  readonly metadataNotSupportedError: { inc(): void };
  readonly requestsRejectedWithUnderscoresInHeaders: { inc(): void };
  readonly responseFlood: { inc(): void };
}
