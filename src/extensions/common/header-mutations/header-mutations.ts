// Owns changes to headers or trailers that are made one after the other (envoy.config.common.mutation_rules.v3).
import type { HeaderMap, NameInfo, RequestHeaders, ResponseHeaders } from '../../../http/headers/api.ts';
import type { StringMatcher } from '../../../matchers/api.ts';
import type { StreamInfo } from '../../../observability/api.ts';

export interface Mutation {
  /** `request` and `response` are what values may be made of; `headers` is what changes. */
  apply(
    headers: HeaderMap,
    request: RequestHeaders | null,
    response: ResponseHeaders | null,
    info: StreamInfo,
    responseTrailers?: HeaderMap | null,
  ): void;
}

export class HeaderMutations {
  readonly #mutations: readonly Mutation[];

  constructor(mutations: readonly Mutation[]) {
    this.#mutations = mutations;
  }

  get isEmpty(): boolean {
    return this.#mutations.length === 0;
  }

  mutate(headers: RequestHeaders, info: StreamInfo): void {
    this.#apply(headers, headers, null, info, null);
  }

  mutateRequestTrailers(trailers: HeaderMap, request: RequestHeaders, info: StreamInfo): void {
    this.#apply(trailers, request, null, info, null);
  }

  mutateResponse(headers: ResponseHeaders, request: RequestHeaders | null, info: StreamInfo): void {
    this.#apply(headers, request, headers, info, null);
  }

  mutateResponseTrailers(
    trailers: HeaderMap,
    request: RequestHeaders | null,
    response: ResponseHeaders | null,
    info: StreamInfo,
  ): void {
    this.#apply(trailers, request, response, info, trailers);
  }

  #apply(
    headers: HeaderMap,
    request: RequestHeaders | null,
    response: ResponseHeaders | null,
    info: StreamInfo,
    responseTrailers: HeaderMap | null,
  ): void {
    const mutations = this.#mutations;
    for (let i = 0; i < mutations.length; i++) {
      (mutations[i] as Mutation).apply(headers, request, response, info, responseTrailers);
    }
  }
}

export class Removal implements Mutation {
  readonly #name: NameInfo;

  constructor(name: NameInfo) {
    this.#name = name;
  }

  apply(headers: HeaderMap): void {
    headers.remove(this.#name);
  }
}

/** Removes every header whose name the matcher takes. */
export class RemoveOnMatch implements Mutation {
  readonly #matcher: StringMatcher;

  constructor(matcher: StringMatcher) {
    this.#matcher = matcher;
  }

  apply(headers: HeaderMap): void {
    for (const name of headers.allNames()) if (this.#matcher.matches(name.name)) headers.remove(name);
  }
}
