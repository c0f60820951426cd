// Owns one body that is decompressed: where it is broken, or grows beyond the ratio that the library allows, what was read
// so far is all that goes on, and what still comes is dropped.
import type { Counter } from '../../../observability/stats/api.ts';
import { BodyTransform, type TransformedOutput } from './body-transform.ts';
import type { DecompressionErrors, DecompressionLibrary } from './library.ts';

const nothing = Buffer.alloc(0);

/** The counters that a library's `errors` name. */
export class DecompressionErrorStats {
  readonly broken: Counter;
  readonly overflow: Counter;
  readonly trailing: Counter | null;
  readonly again: Counter | null;
  readonly #byCode: ReadonlyMap<string, Counter>;

  constructor(errors: DecompressionErrors, counter: (name: string) => Counter) {
    for (const name of errors.names) counter(name);
    this.broken = counter(errors.broken);
    this.overflow = counter(errors.overflow);
    this.trailing = errors.trailing === undefined ? null : counter(errors.trailing);
    this.again = errors.again === undefined ? null : counter(errors.again);
    this.#byCode = new Map(Object.entries(errors.byCode ?? {}).map(([code, name]) => [code, counter(name)]));
  }

  ofCode(code: string): Counter {
    return this.#byCode.get(code) ?? this.broken;
  }
}

export class InflationGuard implements TransformedOutput {
  readonly #library: DecompressionLibrary;
  readonly #output: TransformedOutput;
  readonly #errors: DecompressionErrorStats;
  #transform: BodyTransform | null = null;
  /** What came before there was enough to make the stream. */
  #head = nothing;
  #bytesIn = 0;
  #bytesOut = 0;
  #broken = false;
  #ended = false;
  #trailers = false;

  constructor(library: DecompressionLibrary, output: TransformedOutput, errors: DecompressionErrorStats) {
    this.#library = library;
    this.#output = output;
    this.#errors = errors;
  }

  /** From the filter (`data` borrowed) into the library. */
  receive(data: Buffer, endStream: boolean): void {
    this.#bytesIn += data.length;
    this.#ended ||= endStream;
    if (this.#broken) {
      if (endStream) this.#output.write(nothing, true);
    } else if (this.#transform !== null) this.#transform.write(data, endStream);
    else if (!endStream && this.#head.length + data.length < this.#library.headLength) {
      this.#head = Buffer.concat([this.#head, data]);
    } else this.#begin(data).write(this.#head.length === 0 ? data : this.#takeHead(data), endStream);
  }

  /** Answers whether the trailers must wait. */
  onTrailers(): boolean {
    if (this.#broken) return false;
    this.#trailers = true;
    const transform = this.#transform ?? this.#begin(nothing);
    if (this.#head.length > 0) transform.write(this.#takeHead(nothing), false);
    transform.onTrailers();
    return true;
  }

  destroy(): void {
    this.#broken = true;
    this.#transform?.destroy();
  }

  #begin(data: Buffer): BodyTransform {
    const head = this.#head.length === 0 ? data : Buffer.concat([this.#head, data]);
    const stream = this.#library.createStream(head, () => this.#errors.broken.inc());
    this.#transform = new BodyTransform(stream, this);
    return this.#transform;
  }

  #takeHead(data: Buffer): Buffer {
    const head = Buffer.concat([this.#head, data]);
    this.#head = nothing;
    return head;
  }

  // --- from the library ----------------------------------------------------------------------------------------------

  write(data: Buffer, endStream: boolean): void {
    if (this.#broken) return;
    this.#bytesOut += data.length;
    if (endStream) this.#atEnd();
    this.#output.write(data, endStream);
    if (endStream || this.#broken || this.#bytesOut <= this.#library.maxInflateRatio * this.#bytesIn) return;
    this.#transform?.abandon();
    this.#giveUp(this.#errors.overflow);
  }

  releaseTrailers(): void {
    this.#atEnd();
    this.#output.releaseTrailers();
  }

  pauseSource(pause: boolean): void {
    this.#output.pauseSource(pause);
  }

  onTransformError(code: string): void {
    this.#giveUp(this.#errors.ofCode(code));
  }

  #atEnd(): void {
    const { trailing, again } = this.#errors;
    if (trailing === null || this.#transform === null || this.#transform.unread === 0) return;
    trailing.inc();
    again?.inc();
  }

  #giveUp(counter: Counter): void {
    this.#broken = true;
    counter.inc();
    this.#errors.again?.inc();
    if (this.#trailers) this.#output.releaseTrailers();
    else if (this.#ended) this.#output.write(nothing, true);
  }
}
