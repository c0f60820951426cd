// A fake of what takes transformed bodies: keeps them, and tells when they end.
import type { TransformedOutput } from '../../src/extensions/common/compression/body-transform.ts';

export class Collected implements TransformedOutput {
  readonly chunks: Buffer[] = [];
  readonly pauses: boolean[] = [];
  readonly ended: Promise<string>;
  hasEnded = false;
  #finish!: (how: string) => void;

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#finish = (how) => {
        this.hasEnded = true;
        resolve(how);
      };
    });
  }
  write(data: Buffer, endStream: boolean): void {
    this.chunks.push(data);
    if (endStream) this.#finish('end');
  }
  releaseTrailers(): void {
    this.#finish('trailers');
  }
  pauseSource(pause: boolean): void {
    this.pauses.push(pause);
  }
  onTransformError(): void {
    this.#finish('error');
  }
}
