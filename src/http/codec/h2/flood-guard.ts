// Owns the counts of frames that cost us more than their sender, and when there are too many of them (Envoy's options and
// statistics; CVE-2019-9511 to 9518).
// Source: https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/core/v3/protocol.proto#config-core-v3-http2protocoloptions
import type { Clock } from '../../../base/clock.ts';
import { flood } from './connection-errors.ts';
import { type ConnectionError, H2ErrorCode } from './frames.ts';
import type { Http2CodecStats, Http2Settings } from './settings.ts';

export class FloodGuard {
  dataFramesSent = 0;
  streamsBegun = 0;
  readonly #settings: Http2Settings;
  readonly #stats: Http2CodecStats;
  /** In a row. */
  #emptyFrames = 0;
  #priorityFrames = 0;
  #windowUpdates = 0;

  /** Streams that may be reset now, and when that was counted; monotonic milliseconds. */
  #resetsLeft: number;
  #resetsAt = 0;
  readonly #clock: Clock | null;

  /** `clock`: null where resets are not limited. */
  constructor(settings: Http2Settings, stats: Http2CodecStats, clock: Clock | null) {
    this.#clock = clock;
    this.#resetsLeft = settings.streamResetBurst;
    if (clock !== null) this.#resetsAt = clock.monotonic();
    this.#settings = settings;
    this.#stats = stats;
  }

  /** DATA, HEADERS or CONTINUATION: `empty`, and it ends neither a stream nor a block. */
  onFrame(empty: boolean): ConnectionError | null {
    if (!empty) {
      this.#emptyFrames = 0;
      return null;
    }
    if (++this.#emptyFrames <= this.#settings.maxConsecutiveEmptyFrames) return null;
    this.#stats.inboundEmptyFramesFlood.inc();
    return flood('too many empty frames', 'http2.inbound_empty_frames_flood');
  }

  /** RST_STREAM for a stream that was there. */
  onReset(): ConnectionError | null {
    if (this.#clock === null) return null;
    if (this.#resetsLeft < 1) {
      const { streamResetBurst, streamResetRate } = this.#settings;
      const now = this.#clock.monotonic();
      this.#resetsLeft = Math.min(
        streamResetBurst,
        this.#resetsLeft + ((now - this.#resetsAt) / 1000) * streamResetRate,
      );
      this.#resetsAt = now;
    }
    if (--this.#resetsLeft >= 0) return null;
    return { code: H2ErrorCode.InternalError, message: 'too many streams are reset' };
  }

  onPriority(): ConnectionError | null {
    const allowed = this.#settings.maxPriorityFramesPerStream * (1 + this.streamsBegun);
    if (++this.#priorityFrames <= allowed) return null;
    this.#stats.inboundPriorityFramesFlood.inc();
    return flood('too many PRIORITY frames', 'codec_error:Too_many_PRIORITY_frames');
  }

  onWindowUpdate(): ConnectionError | null {
    const allowed = 5 + 2 * (this.streamsBegun + this.#settings.maxWindowUpdatesPerDataFrame * this.dataFramesSent);
    if (++this.#windowUpdates <= allowed) return null;
    this.#stats.inboundWindowUpdateFramesFlood.inc();
    return flood('too many WINDOW_UPDATE frames', 'codec_error:Too_many_WINDOW_UPDATE_frames');
  }
}
