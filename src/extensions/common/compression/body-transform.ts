// Owns the way of one body through a compression stream of node:zlib, which works beside the event loop: bytes go in as they
// come, and out when they are ready. While the stream has more than it can take its source is asked to pause, so that what
// waits here stays bounded.
import type { BodyStream } from './library.ts';

/** Where the transformed bytes go. */
export interface TransformedOutput {
  write(data: Buffer, endStream: boolean): void;
  /** Everything is out, and trailers had been announced: they may go. */
  releaseTrailers(): void;
  pauseSource(pause: boolean): void;
  /** The body cannot be transformed; nothing more comes. */
  onTransformError(code: string): void;
}

const nothing = Buffer.alloc(0);

export class BodyTransform {
  readonly #stream: BodyStream;
  readonly #output: TransformedOutput;
  #destroyed = false;
  #ended = false;
  /** The stream has read all it cares for; the source may still send. */
  #finished = false;
  #given = 0;
  #paused = false;
  #trailers = false;

  constructor(stream: BodyStream, output: TransformedOutput) {
    this.#stream = stream;
    this.#output = output;
    stream.on('data', (data: Buffer) => {
      if (!this.#destroyed) output.write(data, false);
    });
    stream.on('drain', () => this.#resume());
    stream.on('end', () => {
      this.#finished = true;
      if (this.#ended) this.#onEnd();
    });
    stream.on('error', (error: NodeJS.ErrnoException) => this.#onError(error.code ?? ''));
  }

  /** `data` is borrowed. */
  write(data: Buffer, endStream: boolean): void {
    if (this.#destroyed || this.#ended) return;
    this.#given += data.length;
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

  /** At the end: bytes behind the end of the data, which the stream did not read. */
  get unread(): number {
    return this.#given - this.#stream.bytesWritten;
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
    if (this.#ended || this.#destroyed) return;
    this.#ended = true;
    this.#stream.end();
    if (this.#finished) this.#onEnd();
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

  #onError(code: string): void {
    if (this.#destroyed) return;
    this.#resume();
    this.#destroyed = true;
    this.#output.onTransformError(code);
  }
}
