// What one compressor of a chain is to do in each direction, as read from its configuration.
import type { RuntimeFlag } from '../../../../base/runtime.ts';
import { type HeaderMap, Names } from '../../../../http/headers/api.ts';
import type { StringMatcher } from '../../../../matchers/api.ts';
import type { CompressionLibrary } from '../../../common/compression/library.ts';
import type { DirectionStats, NegotiationStats } from './stats.ts';

export class Direction {
  readonly enabled: RuntimeFlag | null;
  readonly minContentLength: number;
  readonly stats: DirectionStats;
  readonly #contentTypes: ReadonlySet<string>;
  /** In the place of the names. */
  readonly #matchers: readonly StringMatcher[];

  /** `contentTypes` in lower case. */
  constructor(
    enabled: RuntimeFlag | null,
    minContentLength: number,
    contentTypes: ReadonlySet<string>,
    matchers: readonly StringMatcher[],
    stats: DirectionStats,
  ) {
    this.enabled = enabled;
    this.minContentLength = minContentLength;
    this.#contentTypes = contentTypes;
    this.#matchers = matchers;
    this.stats = stats;
  }

  get isEnabled(): boolean {
    return this.enabled === null || this.enabled.value;
  }

  /** A message that does not tell its length is long enough. */
  isLongEnough(headers: HeaderMap): boolean {
    const length = headers.get(Names.contentLength);
    if (length === undefined || Number(length) >= this.minContentLength) return true;
    this.stats.contentLengthTooSmall.inc();
    return false;
  }

  /** Without a content type: allowed. */
  allowsContentType(headers: HeaderMap): boolean {
    const header = headers.get(Names.contentType);
    if (header === undefined) return true;
    const semicolon = header.indexOf(';');
    const type = (semicolon < 0 ? header : header.slice(0, semicolon)).trim();
    if (this.#matchers.length === 0) return this.#contentTypes.has(type.toLowerCase());
    for (const matcher of this.#matchers) if (matcher.matches(type)) return true;
    return false;
  }
}

export interface CompressorSettings {
  readonly library: CompressionLibrary;
  readonly chooseFirst: boolean;
  /** Null: requests pass as they are. */
  readonly request: Direction | null;
  readonly requestStats: DirectionStats;
  readonly response: Direction;
  readonly disableOnEtag: boolean;
  readonly weakenEtag: boolean;
  readonly removeAcceptEncoding: boolean;
  readonly uncompressibleCodes: readonly number[];
  /** x-envoy-compression-status is written. */
  readonly tellsStatus: boolean;
  readonly negotiationStats: NegotiationStats;
}

/** What a route says. */
export interface CompressorRouteSettings {
  readonly disabled: boolean;
  /** Undefined: as the filter has it. */
  readonly removeAcceptEncoding: boolean | undefined;
  /** In the place of the filter's; statistics stay with that one's name. */
  readonly library: CompressionLibrary | undefined;
}
