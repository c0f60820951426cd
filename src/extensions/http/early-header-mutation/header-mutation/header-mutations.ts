// Owns changes to a request's headers, one after the other, before anything else looks at them.
import type { EarlyHeaderMutation, StreamInfo } from '../../../../http/connection-manager/api.ts';
import type { NameInfo, RequestHeaders } from '../../../../http/headers/api.ts';
import type { StringMatcher } from '../../../../matchers/api.ts';

export interface Mutation {
  applyToRequest(headers: RequestHeaders, info: StreamInfo): void;
}

export class HeaderMutations implements EarlyHeaderMutation {
  readonly #mutations: readonly Mutation[];

  constructor(mutations: readonly Mutation[]) {
    this.#mutations = mutations;
  }

  mutate(headers: RequestHeaders, info: StreamInfo): void {
    for (const mutation of this.#mutations) mutation.applyToRequest(headers, info);
  }
}

/** Removes every header whose name the matcher takes. */
export class RemoveOnMatch implements Mutation {
  readonly #matcher: StringMatcher;

  constructor(matcher: StringMatcher) {
    this.#matcher = matcher;
  }

  applyToRequest(headers: RequestHeaders): void {
    const gone = new Set<NameInfo>();
    for (let i = 0; i < headers.size; i++) {
      const name = headers.nameAt(i);
      if (this.#matcher.matches(name.name)) gone.add(name);
    }
    for (const name of gone) headers.remove(name);
  }
}
