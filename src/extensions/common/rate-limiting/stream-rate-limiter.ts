// Owns the pace of one body: bytes go in as they come and out no faster than the limit, in slices of 50 ms. Beyond the buffer
// limit the source is asked to pause, so that what waits here stays bounded.
import type { Clock } from '../../../base/clock.ts';
import type { Timer, TimerHandler, Timers } from '../../../base/timers.ts';
import { TokenBucket } from './token-bucket.ts';

/** A second's worth may go at once after a pause. */
const slicesPerSecond = 20;

/** Where the paced bytes go. */
export interface PacedOutput {
  write(data: Buffer, endStream: boolean): void;
  /** Everything is out, and trailers had been announced: they may go. */
  releaseTrailers(): void;
  pauseSource(pause: boolean): void;
}

const nothing = Buffer.alloc(0);

export class StreamRateLimiter implements TimerHandler {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #output: PacedOutput;
  readonly #bufferLimit: number;
  readonly #bytesPerSlice: number;
  readonly #bucket: TokenBucket;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #sawData = false;
  #ended = false;
  #trailers = false;
  #paused = false;
  #timer: Timer | null = null;

  /** `bufferLimit` 0: none. */
  constructor(kbps: number, bufferLimit: number, output: PacedOutput, clock: Clock, timers: Timers) {
    this.#clock = clock;
    this.#timers = timers;
    this.#output = output;
    this.#bufferLimit = bufferLimit;
    this.#bytesPerSlice = Math.max(1, Math.floor((kbps * 1024) / slicesPerSecond));
    this.#bucket = new TokenBucket(slicesPerSecond, slicesPerSecond, clock.monotonic());
  }

  /** `data` is borrowed. */
  write(data: Buffer, endStream: boolean): void {
    if (data.length > 0) {
      this.#chunks.push(Buffer.from(data));
      this.#bytes += data.length;
    }
    this.#ended ||= endStream;
    if (!this.#paused && this.#bufferLimit > 0 && this.#bytes > this.#bufferLimit) {
      this.#paused = true;
      this.#output.pauseSource(true);
    }
    if (this.#timer?.active !== true) this.#schedule(0);
  }

  /** Answers whether the trailers must wait. */
  onTrailers(): boolean {
    this.#trailers = true;
    return this.#bytes > 0;
  }

  destroy(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#chunks = [];
  }

  onTimer(): void {
    const now = this.#clock.monotonic();
    if (!this.#sawData) {
      // A body shorter than a second's worth would not be slowed at all.
      this.#sawData = true;
      this.#bucket.reset(1, now);
    }
    const slices = this.#bucket.takeUpTo(Math.ceil(this.#bytes / this.#bytesPerSlice), now);
    const data = this.#takeBytes(Math.min(slices * this.#bytesPerSlice, this.#bytes));
    if (this.#bytes > 0) this.#schedule(this.#bucket.untilNext(now));
    const done = this.#bytes === 0;
    const trailers = this.#trailers;
    if (this.#paused && this.#bytes <= this.#bufferLimit / 2) {
      this.#paused = false;
      this.#output.pauseSource(false);
    }
    this.#output.write(data, this.#ended && done && !trailers);
    if (done && trailers) this.#output.releaseTrailers();
  }

  #schedule(delayMs: number): void {
    this.#timer = this.#timers.schedule(delayMs, this);
  }

  #takeBytes(count: number): Buffer {
    if (count === 0) return nothing;
    const whole = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    this.#bytes -= count;
    this.#chunks = this.#bytes === 0 ? [] : [whole.subarray(count)];
    return whole.subarray(0, count);
  }
}
