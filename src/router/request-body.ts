// Owns the body of one request as the router may need it again: kept while another attempt is possible, counted always.
import type { HeaderMap } from '../http/headers/header-map.ts';
import { type KeptBytes, keep } from '../network/read-buffer.ts';
import type { UpstreamRequest } from './upstream-request.ts';

const noBytes = Buffer.alloc(0);

export class RequestBody {
  /** Of the whole body so far, kept or not. */
  bytes = 0;
  trailers: HeaderMap | null = null;
  /** Null once nothing may be sent again. */
  #pieces: KeptBytes[] | null = [];

  /** Everything that came is still here. */
  get complete(): boolean {
    return this.bytes === 0 || this.#pieces !== null;
  }

  /** `data` is borrowed. Kept up to `limit` bytes of the whole; false when that ended with this piece. */
  add(data: Buffer, limit: number): boolean {
    this.bytes += data.length;
    if (this.#pieces === null || data.length === 0) return true;
    if (this.bytes > limit) {
      this.drop();
      return false;
    }
    // Most bodies are never asked for again: the pages of a bulk transfer are not copied for it.
    this.#pieces.push(keep(data));
    return true;
  }

  /** A copy of what was kept; null without any. */
  kept(): Buffer | null {
    const pieces = this.#pieces;
    if (pieces === null || pieces.length === 0) return null;
    return Buffer.concat(pieces.map(({ data }) => data));
  }

  /** No other attempt follows, or the request is over: to be called in any case, since others use the memory then. */
  drop(): void {
    if (this.#pieces !== null) for (const { page } of this.#pieces) page?.release();
    this.#pieces = null;
  }

  /** To an attempt whose headers went out without the end. `ended`: the client has sent all of the request. */
  sendTo(attempt: UpstreamRequest, ended: boolean): void {
    const whole = ended && this.trailers === null;
    const kept = this.kept();
    if (kept !== null) attempt.sendData(kept, whole);
    else if (whole) attempt.sendData(noBytes, true);
    if (this.trailers !== null) attempt.sendTrailers(this.trailers);
  }
}
