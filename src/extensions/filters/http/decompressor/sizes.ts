// Owns what the filter tells of one body in its trailers: how long it was, and how long it became. They go out where
// trailers may pass, and into the access log in any case.
import { HeaderMap, type NameInfo, pinnedName } from '../../../../http/headers/api.ts';
import type { TransformedOutput } from '../../../common/compression/body-transform.ts';
import type { TrailedOutput } from '../../../common/compression/outputs.ts';

export interface SizeNames {
  readonly compressed: NameInfo;
  readonly uncompressed: NameInfo;
}

/** `library`: the name that the configuration gives it. */
export function sizeNames(library: string): SizeNames {
  const prefix = `x-envoy-decompressor-${library.toLowerCase()}`;
  return {
    compressed: pinnedName(`${prefix}-compressed-bytes`),
    uncompressed: pinnedName(`${prefix}-uncompressed-bytes`),
  };
}

export class SizedOutput implements TransformedOutput {
  readonly #output: TrailedOutput;
  readonly #names: SizeNames;
  #compressed = 0;
  #uncompressed = 0;
  #trailers: HeaderMap | null = null;

  constructor(output: TrailedOutput, names: SizeNames) {
    this.#output = output;
    this.#names = names;
  }

  countCompressed(bytes: number): void {
    this.#compressed += bytes;
  }

  /** The body has trailers of its own: what is to be said goes there. */
  takeTrailers(trailers: HeaderMap): void {
    this.#trailers = trailers;
  }

  /** For trailers that do not wait. */
  describe(trailers: HeaderMap): void {
    trailers.append(this.#names.compressed, String(this.#compressed));
    trailers.append(this.#names.uncompressed, String(this.#uncompressed));
  }

  write(data: Buffer, endStream: boolean): void {
    this.#uncompressed += data.length;
    if (data.length > 0 || !endStream) this.#output.write(data, false);
    if (!endStream) return;
    const trailers = new HeaderMap();
    this.describe(trailers);
    this.#output.writeTrailers(trailers);
  }

  releaseTrailers(): void {
    if (this.#trailers !== null) this.describe(this.#trailers);
    this.#output.releaseTrailers();
  }

  pauseSource(pause: boolean): void {
    this.#output.pauseSource(pause);
  }

  onTransformError(code: string): void {
    this.#output.onTransformError(code);
  }
}
