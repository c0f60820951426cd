// Owns the tests of headers, path, metadata and filter state.
import type { StreamInfo } from '../../../http/filter/api.ts';
import { type HeaderMap, Names } from '../../../http/headers/api.ts';
import type { FilterStateMatcher, HeaderMatcher, MetadataMatcher } from '../../../matchers/api.ts';
import { pathLength } from '../../../router/api.ts';
import type { RbacMatcher } from './matcher.ts';

export class RequestHeaderMatcher implements RbacMatcher {
  readonly #header: HeaderMatcher;

  constructor(header: HeaderMatcher) {
    this.#header = header;
  }

  matches(_info: StreamInfo, headers: HeaderMap): boolean {
    return this.#header.matches(headers);
  }
}

/** A string matcher, or the regular expression of a URI template. */
interface PathTest {
  matches(text: string): boolean;
}

/** The path without query and fragment; a request (or connection) without one does not match. */
export class UrlPathMatcher implements RbacMatcher {
  readonly #path: PathTest;

  constructor(path: PathTest) {
    this.#path = path;
  }

  matches(_info: StreamInfo, headers: HeaderMap): boolean {
    const path = headers.get(Names.path);
    return path !== undefined && this.#path.matches(path.slice(0, pathLength(path)));
  }
}

export class DynamicMetadataMatcher implements RbacMatcher {
  readonly #metadata: MetadataMatcher;

  constructor(metadata: MetadataMatcher) {
    this.#metadata = metadata;
  }

  matches(info: StreamInfo): boolean {
    return this.#metadata.matchesDynamic(info.dynamicMetadata);
  }
}

export class RouteMetadataMatcher implements RbacMatcher {
  readonly #metadata: MetadataMatcher;

  constructor(metadata: MetadataMatcher) {
    this.#metadata = metadata;
  }

  matches(info: StreamInfo): boolean {
    return this.#metadata.matchesStatic(info.routeMetadata);
  }
}

export class StateMatcher implements RbacMatcher {
  readonly #state: FilterStateMatcher;

  constructor(state: FilterStateMatcher) {
    this.#state = state;
  }

  matches(info: StreamInfo): boolean {
    return this.#state.matches(info.filterState);
  }
}
