// Owns where transformed bodies go: on through the filters behind, counted, one class for each direction.
import type { DecoderFilterCallbacks, EncoderFilterCallbacks } from '../../../http/filter/api.ts';
import type { HeaderMap } from '../../../http/headers/api.ts';
import type { Counter } from '../../../observability/stats/api.ts';
import type { TransformedOutput } from './body-transform.ts';

/** ResetReason.LocalReset: we gave the stream up. */
const localReset = 0;

/** Its body may be ended with trailers that came with nobody. */
export interface TrailedOutput extends TransformedOutput {
  writeTrailers(trailers: HeaderMap): void;
}

export class DecodedOutput implements TrailedOutput {
  readonly #callbacks: DecoderFilterCallbacks;
  readonly #bytes: Counter;

  constructor(callbacks: DecoderFilterCallbacks, bytes: Counter) {
    this.#callbacks = callbacks;
    this.#bytes = bytes;
  }

  write(data: Buffer, endStream: boolean): void {
    this.#bytes.add(data.length);
    this.#callbacks.injectDecodedData(data, endStream);
  }

  writeTrailers(trailers: HeaderMap): void {
    this.#callbacks.injectDecodedTrailers(trailers);
  }

  releaseTrailers(): void {
    this.#callbacks.continueDecoding();
  }

  pauseSource(pause: boolean): void {
    if (pause) this.#callbacks.onDecoderAboveWriteBufferHighWatermark();
    else this.#callbacks.onDecoderBelowWriteBufferLowWatermark();
  }

  onTransformError(): void {
    this.#callbacks.resetStream(localReset);
  }
}

export class EncodedOutput implements TrailedOutput {
  readonly #callbacks: EncoderFilterCallbacks;
  readonly #bytes: Counter;

  constructor(callbacks: EncoderFilterCallbacks, bytes: Counter) {
    this.#callbacks = callbacks;
    this.#bytes = bytes;
  }

  write(data: Buffer, endStream: boolean): void {
    this.#bytes.add(data.length);
    this.#callbacks.injectEncodedData(data, endStream);
  }

  writeTrailers(trailers: HeaderMap): void {
    this.#callbacks.injectEncodedTrailers(trailers);
  }

  releaseTrailers(): void {
    this.#callbacks.continueEncoding();
  }

  pauseSource(pause: boolean): void {
    if (pause) this.#callbacks.onEncoderAboveWriteBufferHighWatermark();
    else this.#callbacks.onEncoderBelowWriteBufferLowWatermark();
  }

  onTransformError(): void {
    this.#callbacks.resetStream(localReset);
  }
}
