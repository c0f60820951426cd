// Owns the outcome of a unary call: one message, or why there is none.
import type { Metadata } from './metadata.ts';
import { GrpcCode, type GrpcStatus, localStatus } from './status.ts';
import type { GrpcStreamCallbacks } from './stream.ts';

/** Exactly one of them is called, once. */
export interface UnaryCallbacks {
  /** The receiver's to keep. */
  onSuccess(response: Buffer, trailers: Metadata): void;
  onFailure(status: GrpcStatus, trailers: Metadata): void;
}

export class UnaryCall implements GrpcStreamCallbacks {
  readonly #callbacks: UnaryCallbacks;
  /** The last one, should a peer send several, as in Envoy. */
  #response: Buffer | null = null;

  constructor(callbacks: UnaryCallbacks) {
    this.#callbacks = callbacks;
  }

  onMessage(message: Buffer): void {
    this.#response = message;
  }

  onStatus(status: GrpcStatus, trailers: Metadata): void {
    const response = this.#response;
    if (status.code !== GrpcCode.Ok) this.#callbacks.onFailure(status, trailers);
    else if (response !== null) this.#callbacks.onSuccess(response, trailers);
    else
      this.#callbacks.onFailure(localStatus(GrpcCode.Internal, 'the peer ended the call without an answer'), trailers);
  }
}
