// Owns rate limits as configuration of routes and filters asks for them: what a request is described by, for whoever counts
// (a filter's own buckets, or a rate limit service).
import { type Runtime, RuntimeNumber } from '../../base/runtime.ts';
import type { RequestHeaders } from '../../http/headers/header-map.ts';
import type { Formatter } from '../../observability/access-log/api.ts';
import type { StreamInfo } from '../../observability/stream-info.ts';
import type { ForwardRoute } from '../api.ts';
import type { RateLimitAction } from './actions.ts';
import { formatHits } from './hits.ts';

export interface DescriptorEntry {
  readonly key: string;
  /** A byte string. */
  readonly value: string;
}

/** envoy.config.route.v3.RateLimit.XRateLimitOption. */
export type XRateLimitOption = 0 | 1 | 2;

export interface RateLimitDescriptor {
  readonly entries: readonly DescriptorEntry[];
  /** How many hits the request counts for. */
  readonly hits: number;
  readonly xRateLimitOption: XRateLimitOption;
}

/** What descriptors are made of. */
export interface RateLimitRequest {
  readonly headers: RequestHeaders;
  readonly streamInfo: StreamInfo;
  readonly randomValue: number;
  readonly route: ForwardRoute | null;
}

export interface RateLimitSettings {
  readonly stage: number;
  /** Runtime key that switches it off; '' for none. */
  readonly disableKey: string;
  readonly actions: readonly RateLimitAction[];
  readonly hits: number | Formatter;
  readonly xRateLimitOption: XRateLimitOption;
  readonly applyOnStreamDone: boolean;
}

/** One RateLimit message. */
export class RateLimit {
  readonly stage: number;
  /** It is meant for when the stream is over. */
  readonly applyOnStreamDone: boolean;
  readonly #settings: RateLimitSettings;
  /** Not more than 0: switched off. */
  readonly #enabled: RuntimeNumber;

  constructor(settings: RateLimitSettings, runtime: Runtime) {
    this.stage = settings.stage;
    this.applyOnStreamDone = settings.applyOnStreamDone;
    this.#settings = settings;
    this.#enabled = new RuntimeNumber(100, settings.disableKey, runtime);
  }

  /** Null where an action does not apply to the request. */
  describe(request: RateLimitRequest): RateLimitDescriptor | null {
    const { actions, hits, xRateLimitOption } = this.#settings;
    if (this.#enabled.value <= 0) return null;
    const entries: DescriptorEntry[] = [];
    for (let i = 0; i < actions.length; i++) {
      if (!(actions[i] as RateLimitAction).describe(request, entries)) return null;
    }
    if (entries.length === 0) return null;
    return { entries, hits: typeof hits === 'number' ? hits : formatHits(hits, request), xRateLimitOption };
  }
}

export type RateLimits = readonly RateLimit[];

export const noRateLimits: RateLimits = [];
