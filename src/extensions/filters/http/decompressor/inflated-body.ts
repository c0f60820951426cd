// Owns one body on its way through the filter: the library, and the sizes that are told behind it.
import type { HeaderMap } from '../../../../http/headers/api.ts';
import { InflationGuard } from '../../../common/compression/inflation-guard.ts';
import type { TrailedOutput } from '../../../common/compression/outputs.ts';
import type { DecompressorSettings } from './settings.ts';
import { SizedOutput } from './sizes.ts';

export class InflatedBody {
  readonly #sizes: SizedOutput;
  readonly #guard: InflationGuard;

  constructor({ library, errors, sizeNames }: DecompressorSettings, output: TrailedOutput) {
    this.#sizes = new SizedOutput(output, sizeNames);
    this.#guard = new InflationGuard(library, this.#sizes, errors);
  }

  receive(data: Buffer, endStream: boolean): void {
    this.#sizes.countCompressed(data.length);
    this.#guard.receive(data, endStream);
  }

  /** Answers whether the trailers must wait. */
  onTrailers(trailers: HeaderMap): boolean {
    this.#sizes.takeTrailers(trailers);
    const wait = this.#guard.onTrailers();
    if (!wait) this.#sizes.describe(trailers);
    return wait;
  }

  destroy(): void {
    this.#guard.destroy();
  }
}
