// Owns the walk of one direction of one stream through its HTTP filters: who has seen what, who stopped, what is kept
// meanwhile. Requests walk the chain forward, responses backward; both do it by the same rules, which are Envoy's
// (http/filter/api.ts states what each answer of a filter means).

import { FilterDataStatus, FilterHeadersStatus, FilterTrailersStatus } from '../filter/api.ts';
import type { HeaderMap } from '../headers/header-map.ts';

const Flowing = 0;
/** Headers (or data) stop behind this filter; it still sees data and trailers. */
const Stopped = 1;
/** Nothing more is shown to this filter until it continues. At the buffer limit the stream fails. */
const StoppedAllBuffer = 2;
/** The same; at the buffer limit the source is paused. */
const StoppedAllWatermark = 3;

export abstract class FilterIteration<Headers extends HeaderMap> {
  /** Filters of the direction, in its order. */
  protected readonly count: number;
  headers: Headers | null = null;
  trailers: HeaderMap | null = null;
  /** The source has ended the message. */
  endSeen = false;
  bufferLimit: number;

  readonly #states: number[] = [];
  /** The next filter to see the headers. */
  #headersNext = 0;
  #headersEnd = false;
  #kept: Buffer[] | null = null;
  #keptBytes = 0;
  #sourcePaused = false;

  constructor(count: number, bufferLimit: number) {
    this.count = count;
    this.bufferLimit = bufferLimit;
    for (let i = 0; i < count; i++) this.#states.push(Flowing);
  }

  protected abstract invokeHeaders(index: number, headers: Headers, endStream: boolean): FilterHeadersStatus;
  protected abstract invokeData(index: number, data: Buffer, endStream: boolean): FilterDataStatus;
  protected abstract invokeTrailers(index: number, trailers: HeaderMap): FilterTrailersStatus;
  /** Behind the last filter. */
  protected abstract deliverHeaders(headers: Headers, endStream: boolean): void;
  protected abstract deliverData(data: Buffer, endStream: boolean): void;
  protected abstract deliverTrailers(trailers: HeaderMap): void;
  /** The stream was answered locally, reset or finished while a filter ran: stop at once. */
  protected abstract aborted(): boolean;
  protected abstract onBufferOverflow(): void;
  protected abstract pauseSource(pause: boolean): void;

  startHeaders(headers: Headers, endStream: boolean): void {
    this.headers = headers;
    this.#headersEnd = endStream;
    this.endSeen = endStream;
    this.#runHeaders(0);
  }

  startData(data: Buffer, endStream: boolean): void {
    if (endStream) this.endSeen = true;
    this.runData(0, data, endStream);
  }

  startTrailers(trailers: HeaderMap): void {
    this.trailers = trailers;
    this.endSeen = true;
    this.#runTrailers(0);
  }

  /** Bytes kept for the filter that stopped; null when none. */
  keptData(): Buffer | null {
    if (this.#kept === null) return null;
    if (this.#kept.length !== 1) this.#kept = [Buffer.concat(this.#kept)];
    return this.#kept[0] as Buffer;
  }

  #runHeaders(from: number): void {
    for (let i = from; i < this.count; i++) {
      this.#headersNext = i + 1;
      const status = this.invokeHeaders(i, this.headers as Headers, this.#headersEnd);
      if (this.aborted()) return;
      if (status === FilterHeadersStatus.Continue) continue;
      this.#states[i] =
        status === FilterHeadersStatus.StopIteration
          ? Stopped
          : status === FilterHeadersStatus.StopAllIterationAndBuffer
            ? StoppedAllBuffer
            : StoppedAllWatermark;
      return;
    }
    this.#headersNext = this.count + 1;
    this.deliverHeaders(this.headers as Headers, this.#headersEnd);
  }

  /** Shows data to the filters from `from` on. */
  runData(from: number, data: Buffer, endStream: boolean): void {
    let chunk = data;
    for (let i = from; i < this.count; i++) {
      const state = this.#states[i] as number;
      if (state >= StoppedAllBuffer) {
        this.#keep(chunk, state === StoppedAllWatermark);
        return;
      }
      const status = this.invokeData(i, chunk, endStream);
      if (this.aborted()) return;
      if (status === FilterDataStatus.Continue) {
        if (state !== Stopped) continue;
        // The filter lets go what it had stopped: headers first, then what was kept with this chunk behind it.
        this.#states[i] = Flowing;
        if (this.#kept !== null) {
          if (chunk.length !== 0) this.#kept.push(chunk);
          chunk = this.#takeKept();
        }
        if (this.#headersNext === i + 1) {
          this.#runHeaders(i + 1);
          if (this.aborted()) return;
        }
        continue;
      }
      this.#states[i] = Stopped;
      if (status !== FilterDataStatus.StopIterationNoBuffer) {
        this.#keep(chunk, status === FilterDataStatus.StopIterationAndWatermark);
      }
      return;
    }
    // Headers that a filter still holds back must not be overtaken.
    if (this.#headersNext > this.count) this.deliverData(chunk, endStream);
  }

  #runTrailers(from: number): void {
    for (let i = from; i < this.count; i++) {
      if ((this.#states[i] as number) >= StoppedAllBuffer) return;
      const status = this.invokeTrailers(i, this.trailers as HeaderMap);
      if (this.aborted()) return;
      if (status === FilterTrailersStatus.StopIteration) {
        this.#states[i] = Stopped;
        return;
      }
      if (this.#states[i] === Stopped) {
        this.#states[i] = Flowing;
        this.#resume(i, i + 1);
        if (this.aborted()) return;
      }
    }
    this.deliverTrailers(this.trailers as HeaderMap);
  }

  /** Headers and kept data go on behind filter `index`; the data to `dataFrom`. */
  #resume(index: number, dataFrom: number): void {
    if (this.#headersNext === index + 1) {
      // A filter may have taken the whole body away: then the headers are all that goes on.
      this.#headersEnd = this.endSeen && this.#kept === null && this.trailers === null;
      this.#runHeaders(index + 1);
      if (this.aborted()) return;
    }
    if (this.#kept !== null) this.runData(dataFrom, this.#takeKept(), this.endSeen && this.trailers === null);
  }

  /** The filter lets iteration go on, outside of a call to it. */
  continueFrom(index: number): void {
    const state = this.#states[index];
    if (state === undefined || state === Flowing || this.aborted()) return;
    this.#states[index] = Flowing;
    // A filter that stopped everything has not yet seen the data itself.
    const from = state >= StoppedAllBuffer ? index : index + 1;
    this.#resume(index, from);
    if (this.trailers !== null && !this.aborted()) this.#runTrailers(from);
  }

  #keep(data: Buffer, watermark: boolean): void {
    this.#kept ??= [];
    if (data.length !== 0) {
      this.#kept.push(Buffer.from(data));
      this.#keptBytes += data.length;
    }
    if (this.bufferLimit === 0 || this.#keptBytes <= this.bufferLimit) return;
    if (!watermark) this.onBufferOverflow();
    else if (!this.#sourcePaused) {
      this.#sourcePaused = true;
      this.pauseSource(true);
    }
  }

  #takeKept(): Buffer {
    const kept = this.#kept ?? [];
    this.#kept = null;
    this.#keptBytes = 0;
    if (this.#sourcePaused) {
      this.#sourcePaused = false;
      this.pauseSource(false);
    }
    return kept.length === 1 ? (kept[0] as Buffer) : Buffer.concat(kept);
  }
}
