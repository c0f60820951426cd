// Owns what a permission or a principal is once it is read: a test of a request, or of a connection without one.
import type { StreamInfo } from '../../../http/filter/api.ts';
import type { HeaderMap } from '../../../http/headers/api.ts';

export interface RbacMatcher {
  /** `headers` is an empty map where there is no HTTP. */
  matches(info: StreamInfo, headers: HeaderMap): boolean;
}

export const anything: RbacMatcher = { matches: () => true };

export class AllMatcher implements RbacMatcher {
  readonly #matchers: readonly RbacMatcher[];

  constructor(matchers: readonly RbacMatcher[]) {
    this.#matchers = matchers;
  }

  matches(info: StreamInfo, headers: HeaderMap): boolean {
    const matchers = this.#matchers;
    for (let i = 0; i < matchers.length; i++) {
      if (!(matchers[i] as RbacMatcher).matches(info, headers)) return false;
    }
    return true;
  }
}

export class AnyMatcher implements RbacMatcher {
  readonly #matchers: readonly RbacMatcher[];

  constructor(matchers: readonly RbacMatcher[]) {
    this.#matchers = matchers;
  }

  matches(info: StreamInfo, headers: HeaderMap): boolean {
    const matchers = this.#matchers;
    for (let i = 0; i < matchers.length; i++) {
      if ((matchers[i] as RbacMatcher).matches(info, headers)) return true;
    }
    return false;
  }
}

export class NotMatcher implements RbacMatcher {
  readonly #matcher: RbacMatcher;

  constructor(matcher: RbacMatcher) {
    this.#matcher = matcher;
  }

  matches(info: StreamInfo, headers: HeaderMap): boolean {
    return !this.#matcher.matches(info, headers);
  }
}
