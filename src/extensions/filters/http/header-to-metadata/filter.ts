// Owns the filter that turns headers and cookies of requests, and headers of responses, into metadata.
import { FilterHeadersStatus, PassThroughFilter } from '../../../../http/filter/api.ts';
import type { RequestHeaders, ResponseHeaders } from '../../../../http/headers/api.ts';
import { applyRules, type RuleList } from './rules.ts';
import type { HeaderToMetadataStats } from './stats.ts';

/** Of the filter, or of a route in its place. */
export interface HeaderToMetadataSettings {
  readonly request: RuleList | null;
  readonly response: RuleList | null;
  readonly stats: HeaderToMetadataStats | null;
}

export class HeaderToMetadataFilter extends PassThroughFilter {
  readonly #settings: HeaderToMetadataSettings;
  /** Found once for each stream. */
  #effective: HeaderToMetadataSettings | null = null;

  constructor(settings: HeaderToMetadataSettings) {
    super();
    this.#settings = settings;
  }

  override decodeHeaders(headers: RequestHeaders): FilterHeadersStatus {
    const { request, stats } = this.#forStream();
    if (request !== null) applyRules(request, headers, this.decoder.streamInfo, stats, stats?.request ?? null);
    return FilterHeadersStatus.Continue;
  }

  override encodeHeaders(headers: ResponseHeaders): FilterHeadersStatus {
    const { response, stats } = this.#forStream();
    if (response !== null) applyRules(response, headers, this.decoder.streamInfo, stats, stats?.response ?? null);
    return FilterHeadersStatus.Continue;
  }

  #forStream(): HeaderToMetadataSettings {
    this.#effective ??= (this.decoder.perRouteConfig() as HeaderToMetadataSettings | undefined) ?? this.#settings;
    return this.#effective;
  }
}
