// Owns one body that is decompressed: where it is broken, or grows beyond the ratio that the library allows, what was read
// so far is all that goes on, and what still comes is dropped.
import type { Counter } from '../../../observability/stats/api.ts';
import { BodyTransform, type TransformedOutput } from './body-transform.ts';
import type { CompressionLibrary } from './library.ts';

const nothing = Buffer.alloc(0);

export class InflationGuard implements TransformedOutput {
  readonly #output: TransformedOutput;
  readonly #errors: Counter;
  readonly #ratio: number;
  readonly #transform: BodyTransform;
  #bytesIn = 0;
  #bytesOut = 0;
  #broken = false;
  #ended = false;
  #trailers = false;

  constructor(library: CompressionLibrary, output: TransformedOutput, errors: Counter) {
    this.#output = output;
    this.#errors = errors;
    this.#ratio = library.maxInflateRatio;
    this.#transform = new BodyTransform(library.createStream(), this);
  }

  /** From the filter (`data` borrowed) into the library. */
  receive(data: Buffer, endStream: boolean): void {
    this.#bytesIn += data.length;
    this.#ended ||= endStream;
    if (!this.#broken) this.#transform.write(data, endStream);
    else if (endStream) this.#output.write(nothing, true);
  }

  /** Answers whether the trailers must wait. */
  onTrailers(): boolean {
    if (this.#broken) return false;
    this.#trailers = true;
    this.#transform.onTrailers();
    return true;
  }

  destroy(): void {
    this.#broken = true;
    this.#transform.destroy();
  }

  /** From the library. */
  write(data: Buffer, endStream: boolean): void {
    if (this.#broken) return;
    this.#bytesOut += data.length;
    this.#output.write(data, endStream);
    if (!endStream && this.#bytesOut > this.#ratio * this.#bytesIn && !this.#broken) {
      this.#transform.abandon();
      this.onTransformError();
    }
  }

  releaseTrailers(): void {
    this.#output.releaseTrailers();
  }

  pauseSource(pause: boolean): void {
    this.#output.pauseSource(pause);
  }

  onTransformError(): void {
    this.#broken = true;
    this.#errors.inc();
    if (this.#trailers) this.#output.releaseTrailers();
    else if (this.#ended) this.#output.write(nothing, true);
  }
}
