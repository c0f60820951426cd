// Changes headers and trailers of requests and responses, and query parameters, as the filter's configuration says and
// behind it every level of the route's.
import {
  type DecoderFilterCallbacks,
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  PassThroughFilter,
} from '../../../../http/filter/api.ts';
import type { HeaderMap, RequestHeaders, ResponseHeaders } from '../../../../http/headers/api.ts';
import type { HeaderMutations } from '../../../common/header-mutations/header-mutations.ts';
import { mutateQuery, type QueryMutation } from './query-mutations.ts';

/** Of one level. */
export interface Mutations {
  readonly request: HeaderMutations;
  readonly requestTrailers: HeaderMutations;
  readonly response: HeaderMutations;
  readonly responseTrailers: HeaderMutations;
  readonly query: readonly QueryMutation[];
}

export class HeaderMutationFilter extends PassThroughFilter {
  readonly #own: Mutations;
  readonly #mostSpecificWins: boolean;
  #callbacks: DecoderFilterCallbacks | null = null;
  /** In the order in which they are applied; null before they were asked for. */
  #levels: readonly Mutations[] | null = null;

  constructor(own: Mutations, mostSpecificWins: boolean) {
    super();
    this.#own = own;
    this.#mostSpecificWins = mostSpecificWins;
  }

  override setDecoderCallbacks(callbacks: DecoderFilterCallbacks): void {
    this.#callbacks = callbacks;
  }

  /** Those of the route that the request had when it came here, in both directions. */
  #allLevels(callbacks: DecoderFilterCallbacks): readonly Mutations[] {
    if (this.#levels !== null) return this.#levels;
    const ofRoute = callbacks.perRouteConfigs() as readonly Mutations[];
    const levels = [this.#own];
    for (let i = 0; i < ofRoute.length; i++) {
      levels.push(ofRoute[this.#mostSpecificWins ? i : ofRoute.length - 1 - i] as Mutations);
    }
    this.#levels = levels;
    return levels;
  }

  override decodeHeaders(headers: RequestHeaders): FilterHeadersStatus {
    const callbacks = this.#callbacks;
    if (callbacks === null) return FilterHeadersStatus.Continue;
    const levels = this.#allLevels(callbacks);
    let query = false;
    for (let i = 0; i < levels.length; i++) {
      const level = levels[i] as Mutations;
      level.request.mutate(headers, callbacks.streamInfo);
      if (level.query.length > 0) query = true;
    }
    if (query)
      mutateQuery(
        levels.map((level) => level.query),
        headers,
        callbacks.streamInfo,
      );
    return FilterHeadersStatus.Continue;
  }

  override decodeTrailers(trailers: HeaderMap): FilterTrailersStatus {
    const callbacks = this.#callbacks;
    if (callbacks !== null) {
      for (const level of this.#allLevels(callbacks)) {
        level.requestTrailers.mutateRequestTrailers(trailers, callbacks.requestHeaders, callbacks.streamInfo);
      }
    }
    return FilterTrailersStatus.Continue;
  }

  override encodeHeaders(headers: ResponseHeaders): FilterHeadersStatus {
    const callbacks = this.#callbacks;
    if (callbacks !== null) {
      // A response that was made before this filter saw the request is changed as well.
      for (const level of this.#allLevels(callbacks)) {
        level.response.mutateResponse(headers, callbacks.requestHeaders, callbacks.streamInfo);
      }
    }
    return FilterHeadersStatus.Continue;
  }

  override encodeTrailers(trailers: HeaderMap): FilterTrailersStatus {
    const callbacks = this.#callbacks;
    if (callbacks !== null) {
      const { requestHeaders, responseHeaders, streamInfo } = callbacks;
      for (const level of this.#allLevels(callbacks)) {
        level.responseTrailers.mutateResponseTrailers(trailers, requestHeaders, responseHeaders, streamInfo);
      }
    }
    return FilterTrailersStatus.Continue;
  }

  override encodeData(): FilterDataStatus {
    return FilterDataStatus.Continue;
  }

  override onDestroy(): void {
    this.#callbacks = null;
  }
}
