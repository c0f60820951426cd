// Owns one call: messages both ways on one request, until a status ends it. A unary call is one of one message each way.
import { contain } from '../base/assert.ts';
import { HeaderMap, type ResponseHeaders } from '../http/headers/header-map.ts';
import type { OwnRequest, OwnRequestCallbacks, OwnRequestFailure } from '../router/api.ts';
import { type FramingError, frameMessage, MessageReader, type MessageSink } from './framing.ts';
import { Metadata } from './metadata.ts';
import { GrpcCode, type GrpcStatus, localStatus, statusOfFailure, statusOfHttp, statusOfTrailers } from './status.ts';

/** Called in this order; nothing after `onStatus`, nor after `cancel`. */
export interface GrpcStreamCallbacks {
  onInitialMetadata?(metadata: Metadata): void;
  /** The receiver's to keep. */
  onMessage(message: Buffer): void;
  /** Once. May come before the call that opens the stream returns. */
  onStatus(status: GrpcStatus, trailers: Metadata): void;
  onAboveWriteBufferHighWatermark?(): void;
  onBelowWriteBufferLowWatermark?(): void;
}

export interface GrpcStream {
  /** `endStream`: nothing more will be sent. */
  sendMessage(message: Uint8Array, endStream: boolean): void;
  /** Nothing more will be sent; the peer may go on. */
  closeLocal(): void;
  /** Gives the call up; nothing is called any more. */
  cancel(): void;
  /** Counts: holds back the peer's messages; those that are here already still come. */
  readDisable(disable: boolean): void;
  /** What was sent piles up: whoever can wait should. */
  readonly isAboveWriteBufferHighWatermark: boolean;
}

const noBytes = Buffer.alloc(0);
const noMetadata = new Metadata(new HeaderMap());

export class GrpcCall implements GrpcStream, OwnRequestCallbacks, MessageSink {
  readonly #callbacks: GrpcStreamCallbacks;
  readonly #reader: MessageReader;
  #request: OwnRequest | null = null;
  #closed = false;
  #localClosed = false;

  constructor(callbacks: GrpcStreamCallbacks, maxReceiveMessageLength: number) {
    this.#callbacks = callbacks;
    this.#reader = new MessageReader(maxReceiveMessageLength);
  }

  /** `request` has this call as its callbacks. */
  start(request: OwnRequest): void {
    this.#request = request;
    request.start(false);
  }

  /** There is nobody to call. */
  refuse(status: GrpcStatus): void {
    this.#finish(status, noMetadata);
  }

  sendMessage(message: Uint8Array, endStream: boolean): void {
    if (this.#closed || this.#localClosed) return;
    this.#localClosed = endStream;
    this.#request?.sendData(frameMessage(message), endStream);
  }

  closeLocal(): void {
    if (this.#closed || this.#localClosed) return;
    this.#localClosed = true;
    this.#request?.sendData(noBytes, true);
  }

  cancel(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#request?.cancel();
  }

  readDisable(disable: boolean): void {
    if (!this.#closed) this.#request?.readDisable(disable);
  }

  get isAboveWriteBufferHighWatermark(): boolean {
    return !this.#closed && this.#request?.isAboveWriteBufferHighWatermark === true;
  }

  // --- the response ----------------------------------------------------------------------------------------------------

  onResponseHeaders(headers: ResponseHeaders, endStream: boolean): void {
    if (this.#closed) return;
    // A response that is all head brings its status there (Trailers-Only).
    if (endStream) {
      this.#finish(statusOfTrailers(headers, headers.status), new Metadata(headers));
      return;
    }
    if (headers.status !== 200) {
      this.#giveUp(statusOfHttp(headers.status));
      return;
    }
    const callbacks = this.#callbacks;
    if (callbacks.onInitialMetadata === undefined) return;
    try {
      callbacks.onInitialMetadata(new Metadata(headers));
    } catch (error) {
      this.#bug(error);
    }
  }

  onResponseData(data: Buffer, endStream: boolean): void {
    if (this.#closed) return;
    const error: FramingError | null = this.#reader.read(data, this);
    if (this.#closed) return;
    if (error !== null) this.#giveUp(localStatus(error.code, error.cause));
    else if (endStream) this.#finish(statusOfTrailers(new HeaderMap(), 200), noMetadata);
  }

  onFramedMessage(message: Buffer): boolean {
    try {
      this.#callbacks.onMessage(message);
    } catch (error) {
      this.#bug(error);
    }
    return !this.#closed;
  }

  /** As in Envoy a message that was cut off by trailers is passed over: the status is the peer's word. */
  onResponseTrailers(trailers: HeaderMap): void {
    if (!this.#closed) this.#finish(statusOfTrailers(trailers, 200), new Metadata(trailers));
  }

  onRequestFailed(failure: OwnRequestFailure): void {
    if (!this.#closed) this.#finish(statusOfFailure(failure), noMetadata);
  }

  onAboveWriteBufferHighWatermark(): void {
    if (this.#closed) return;
    try {
      this.#callbacks.onAboveWriteBufferHighWatermark?.();
    } catch (error) {
      this.#bug(error);
    }
  }

  onBelowWriteBufferLowWatermark(): void {
    if (this.#closed) return;
    try {
      this.#callbacks.onBelowWriteBufferLowWatermark?.();
    } catch (error) {
      this.#bug(error);
    }
  }

  // --- the end ---------------------------------------------------------------------------------------------------------

  /** This side ends it: the peer is told that nobody listens any more. */
  #giveUp(status: GrpcStatus): void {
    this.#request?.cancel();
    this.#finish(status, noMetadata);
  }

  #finish(status: GrpcStatus, trailers: Metadata): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.#callbacks.onStatus(status, trailers);
    } catch (error) {
      contain('the end of a gRPC call', error);
    }
  }

  /** An exception of whoever made the call ends the call, and nothing else. */
  #bug(error: unknown): void {
    contain('a gRPC call', error);
    if (!this.#closed) this.#giveUp(localStatus(GrpcCode.Internal, 'a bug of ours, which the log names'));
  }
}
