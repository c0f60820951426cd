// Owns the way of one body through a compression stream of node:zlib, which works beside the event loop: bytes go in as they
// come, and out when they are ready. While the stream has more than it can take its source is asked to pause, so that what
// waits here stays bounded.
import type { Transform } from 'node:stream';

/** Where the transformed bytes go. */
export interface TransformedOutput {
  write(data: Buffer, endStream: boolean): void;
  /** Everything is out, and trailers had been announced: they may go. */
  releaseTrailers(): void;
  pauseSource(pause: boolean): void;
  /** The body cannot be transformed; nothing more comes. */
  onTransformError(): void;
}

const nothing = Buffer.alloc(0);

export class BodyTransform {
  readonly #stream: Transform;
  readonly #output: TransformedOutput;
  #destroyed = false;
  #ended = false;
  #paused = false;
  #trailers = false;

  constructor(stream: Transform, output: TransformedOutput) {
    this.#stream = stream;
    this.#output = output;
    stream.on('data', (data: Buffer) => {
      if (!this.#destroyed) output.write(data, false);
    });
    stream.on('drain', () => this.#resume());
    stream.on('end', () => this.#onEnd());
    stream.on('error', () => this.#onError());
  }

  /** `data` is borrowed. */
  write(data: Buffer, endStream: boolean): void {
    if (this.#destroyed || this.#ended) return;
    if (data.length > 0 && !this.#stream.write(Buffer.from(data)) && !this.#paused) {
      this.#paused = true;
      this.#output.pauseSource(true);
    }
    if (endStream) this.#end();
  }

  /** The trailers must wait until the rest is out. */
  onTrailers(): void {
    this.#trailers = true;
    this.#end();
  }

  /** Gives the body up; the source may go on. */
  abandon(): void {
    this.#resume();
    this.destroy();
  }

  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.#stream.destroy();
  }

  #end(): void {
    this.#ended = true;
    this.#stream.end();
  }

  #resume(): void {
    if (!this.#paused || this.#destroyed) return;
    this.#paused = false;
    this.#output.pauseSource(false);
  }

  #onEnd(): void {
    if (this.#destroyed) return;
    this.#resume();
    if (this.#trailers) this.#output.releaseTrailers();
    else this.#output.write(nothing, true);
  }

  #onError(): void {
    if (this.#destroyed) return;
    this.#resume();
    this.#destroyed = true;
    this.#output.onTransformError();
  }
}
