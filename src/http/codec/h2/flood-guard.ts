// Owns the counts of frames that cost us more than their sender, and when there are too many of them (Envoy's options and
// statistics; CVE-2019-9511 to 9518).
// Source: https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/core/v3/protocol.proto#config-core-v3-http2protocoloptions
import { flood } from './connection-errors.ts';
import type { ConnectionError } from './frames.ts';
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

  constructor(settings: Http2Settings, stats: Http2CodecStats) {
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
