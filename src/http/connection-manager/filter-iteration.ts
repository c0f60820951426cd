// Owns the walk of one direction of one stream through its HTTP filters: who has seen what, who stopped, what is kept
// meanwhile. Requests walk the chain forward, responses backward; both do it by the same rules, which are Envoy's
// (http/filter/api.ts states what each answer of a filter means). Several filters may have stopped at once: what each of
// them holds back (headers, data, the end, trailers) is its own, and goes on when that filter lets go.

import { FilterDataStatus, FilterHeadersStatus, FilterTrailersStatus } from '../filter/api.ts';
import type { HeaderMap } from '../headers/header-map.ts';

const Flowing = 0;
/** Headers (or data) stop behind this filter; it still sees data and trailers. */
const Stopped = 1;
/** Nothing more is shown to this filter until it continues. At the buffer limit the stream fails. */
const StoppedAllBuffer = 2;
/** The same; at the buffer limit the source is paused. */
const StoppedAllWatermark = 3;

const noBytes = Buffer.alloc(0);

export abstract class FilterIteration<Headers extends HeaderMap> {
  /** Filters of the direction, in its order. */
  protected readonly count: number;
  headers: Headers | null = null;
  trailers: HeaderMap | null = null;
  bufferLimit: number;

  readonly #states: number[] = [];
  /** The next filter to see the headers. */
  #headersNext = 0;
  /** The filter that has the end of headers and data, or holds it back; -1 before the source told it. */
  #endAt = -1;
  /** The filter that has the trailers, or holds them back; -1 before they came. */
  #trailersAt = -1;
  /** Data by the filter that holds it back; null while none ever did, the rule. */
  #kept: (Buffer[] | undefined)[] | null = null;
  #keptBytes = 0;
  #sourcePaused = false;
  /** The last answer that kept data kept it whole (StopIterationAndBuffer): beyond the limit the stream fails. */
  #buffersWhole = true;

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
    this.#runHeaders(0, endStream);
  }

  startData(data: Buffer, endStream: boolean): void {
    this.runData(0, data, endStream);
  }

  startTrailers(trailers: HeaderMap): void {
    this.trailers = trailers;
    this.#runTrailers(0);
  }

  /** Trailers that filter `index` makes, for the filters behind it. */
  injectTrailers(index: number, trailers: HeaderMap): void {
    if (this.aborted()) return;
    this.trailers = trailers;
    // Made while it looks at headers that were all: they go on behind those.
    if (this.#headersNext === index + 1) this.#trailersAt = index;
    else this.#runTrailers(index + 1);
  }

  /** Bytes that the filter holds back; null when none. */
  keptData(index: number): Buffer | null {
    const kept = this.#kept?.[index];
    if (kept === undefined || this.#kept === null) return null;
    const whole = kept.length === 1 ? (kept[0] as Buffer) : Buffer.concat(kept);
    this.#kept[index] = [whole];
    return whole;
  }

  /** The filter has worked on what it holds back. */
  replaceKept(index: number, data: Buffer): void {
    this.#kept ??= [];
    for (const piece of this.#kept[index] ?? []) this.#keptBytes -= piece.length;
    this.#keptBytes += data.length;
    this.#kept[index] = data.length === 0 ? [] : [Buffer.from(data)];
  }

  #runHeaders(from: number, endStream: boolean): void {
    for (let i = from; i < this.count; i++) {
      this.#headersNext = i + 1;
      if (endStream) this.#endAt = i;
      const status = this.invokeHeaders(i, this.headers as Headers, endStream);
      if (this.aborted()) return;
      if (status === FilterHeadersStatus.Continue) {
        if (this.#trailersAt !== i) continue;
        // The filter has given the headers a body and trailers.
        this.#states[i] = Stopped;
        this.continueFrom(i);
        return;
      }
      this.#states[i] =
        status === FilterHeadersStatus.StopIteration
          ? Stopped
          : status === FilterHeadersStatus.StopAllIterationAndBuffer
            ? StoppedAllBuffer
            : StoppedAllWatermark;
      return;
    }
    this.#headersNext = this.count + 1;
    if (endStream) this.#endAt = this.count;
    this.deliverHeaders(this.headers as Headers, endStream);
  }

  /** Shows data to the filters from `from` on. */
  runData(from: number, data: Buffer, endStream: boolean): void {
    if (this.aborted()) return;
    let chunk = data;
    for (let i = from; i < this.count; i++) {
      if (endStream) this.#endAt = i;
      const state = this.#states[i] as number;
      if (state >= StoppedAllBuffer) {
        this.#keep(i, chunk, state === StoppedAllWatermark);
        return;
      }
      const status = this.invokeData(i, chunk, endStream);
      if (this.aborted()) return;
      if (status === FilterDataStatus.Continue) {
        if (state !== Stopped) continue;
        // This chunk completes what the filter waited for, and counts: the end may come with it.
        if (this.#buffersWhole && this.bufferLimit !== 0 && this.#keptBytes + chunk.length > this.bufferLimit) {
          this.onBufferOverflow();
          return;
        }
        // The filter lets go what it had stopped: headers first, then what was kept with this chunk behind it.
        this.#states[i] = Flowing;
        chunk = this.#take(i, chunk);
        if (this.#headersNext === i + 1) {
          this.#runHeaders(i + 1, false);
          if (this.aborted()) return;
        }
        continue;
      }
      this.#states[i] = Stopped;
      if (status !== FilterDataStatus.StopIterationNoBuffer) {
        this.#buffersWhole = status === FilterDataStatus.StopIterationAndBuffer;
        this.#keep(i, chunk, status === FilterDataStatus.StopIterationAndWatermark);
      }
      return;
    }
    if (endStream) this.#endAt = this.count;
    // Headers that a filter still holds back must not be overtaken.
    if (this.#headersNext > this.count) this.deliverData(chunk, endStream);
  }

  #runTrailers(from: number): void {
    for (let i = from; i < this.count; i++) {
      this.#trailersAt = i;
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
    this.#trailersAt = this.count;
    this.deliverTrailers(this.trailers as HeaderMap);
  }

  /** Headers and data that filter `index` held back go on; the data to `dataFrom`. */
  #resume(index: number, dataFrom: number): void {
    const hasData = this.#kept?.[index] !== undefined;
    const ends = this.#endAt === index && this.#trailersAt !== index;
    if (this.#headersNext === index + 1) {
      // A filter may have taken the whole body away: then the headers are all that goes on.
      this.#runHeaders(index + 1, ends && !hasData);
      if (this.aborted()) return;
    }
    if (hasData) this.runData(dataFrom, this.#take(index, noBytes), ends);
    else if (ends && this.#endAt === index) this.runData(index + 1, noBytes, true);
  }

  /** The filter lets iteration go on, outside of a call to it. */
  continueFrom(index: number): void {
    const state = this.#states[index];
    if (state === undefined || state === Flowing || this.aborted()) return;
    this.#states[index] = Flowing;
    // A filter that stopped everything has not yet seen the data itself.
    const from = state >= StoppedAllBuffer ? index : index + 1;
    this.#resume(index, from);
    if (this.#trailersAt === index && !this.aborted()) this.#runTrailers(from);
  }

  #keep(index: number, data: Buffer, watermark: boolean): void {
    this.#kept ??= [];
    let kept = this.#kept[index];
    if (kept === undefined) {
      kept = [];
      this.#kept[index] = kept;
    }
    if (data.length !== 0) {
      kept.push(Buffer.from(data));
      this.#keptBytes += data.length;
    }
    if (this.bufferLimit === 0 || this.#keptBytes <= this.bufferLimit) return;
    if (!watermark) this.onBufferOverflow();
    else if (!this.#sourcePaused) {
      this.#sourcePaused = true;
      this.pauseSource(true);
    }
  }

  /** What the filter held back, with `more` behind it. */
  #take(index: number, more: Buffer): Buffer {
    const kept = this.#kept?.[index];
    if (kept === undefined || this.#kept === null) return more;
    this.#kept[index] = undefined;
    for (let i = 0; i < kept.length; i++) this.#keptBytes -= (kept[i] as Buffer).length;
    if (this.#sourcePaused && this.#keptBytes <= this.bufferLimit) {
      this.#sourcePaused = false;
      this.pauseSource(false);
    }
    if (kept.length === 0) return more;
    if (more.length !== 0) kept.push(more);
    return kept.length === 1 ? (kept[0] as Buffer) : Buffer.concat(kept);
  }
}
