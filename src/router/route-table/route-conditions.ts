// Owns what a route asks of a request beside its path: every condition must hold.
import { Names } from '../../http/headers/name.ts';
import type { CookieMatcher } from '../../matchers/cookie-matcher.ts';
import type { FilterStateMatcher } from '../../matchers/filter-state-matcher.ts';
import type { RuntimeFraction } from '../../matchers/fraction.ts';
import type { HeaderMatcher } from '../../matchers/header-matcher.ts';
import type { MetadataMatcher } from '../../matchers/metadata-matcher.ts';
import type { QueryParameterMatcher } from '../../matchers/query-parameter-matcher.ts';
import type { TlsConnectionInfo } from '../../observability/stream-info.ts';
import type { RequestView } from './request-view.ts';

export interface RouteCondition {
  matches(request: RequestView): boolean;
  /** In words, for explanations. */
  readonly description: string;
}

export class HeaderCondition implements RouteCondition {
  readonly #matcher: HeaderMatcher;
  constructor(matcher: HeaderMatcher) {
    this.#matcher = matcher;
  }
  matches(request: RequestView): boolean {
    return this.#matcher.matches(request.headers);
  }
  get description(): string {
    return this.#matcher.description;
  }
}

export class QueryCondition implements RouteCondition {
  readonly #matcher: QueryParameterMatcher;
  constructor(matcher: QueryParameterMatcher) {
    this.#matcher = matcher;
  }
  matches(request: RequestView): boolean {
    return this.#matcher.matches(request.path, request.queryStart);
  }
  get description(): string {
    return this.#matcher.description;
  }
}

/** runtime_fraction: the share of requests that the route takes. */
export class FractionCondition implements RouteCondition {
  readonly #fraction: RuntimeFraction;
  constructor(fraction: RuntimeFraction) {
    this.#fraction = fraction;
  }
  matches(request: RequestView): boolean {
    return request.context !== null && this.#fraction.includes(request.context.randomValue);
  }
  get description(): string {
    return `a share of ${this.#fraction.description} requests`;
  }
}

/** gRPC by content type: `application/grpc`, with a `+format` or without. */
export class GrpcCondition implements RouteCondition {
  readonly description = 'content-type is application/grpc';
  matches(request: RequestView): boolean {
    const type = request.headers.get(Names.contentType);
    return type?.startsWith('application/grpc') === true && (type.length === 16 || type[16] === '+');
  }
}

export class CookieCondition implements RouteCondition {
  readonly #matcher: CookieMatcher;
  constructor(matcher: CookieMatcher) {
    this.#matcher = matcher;
  }
  matches(request: RequestView): boolean {
    return this.#matcher.matches(request.headers);
  }
  get description(): string {
    return this.#matcher.description;
  }
}

/** dynamic_metadata: what filters (that ran before the route was chosen, or had it chosen anew) wrote. */
export class MetadataCondition implements RouteCondition {
  readonly #matcher: MetadataMatcher;
  constructor(matcher: MetadataMatcher) {
    this.#matcher = matcher;
  }
  matches({ context }: RequestView): boolean {
    return context !== null && this.#matcher.matchesDynamic(context.streamInfo.dynamicMetadata);
  }
  get description(): string {
    return `dynamic metadata of '${this.#matcher.namespace}'`;
  }
}

export class FilterStateCondition implements RouteCondition {
  readonly #matcher: FilterStateMatcher;
  constructor(matcher: FilterStateMatcher) {
    this.#matcher = matcher;
  }
  matches({ context }: RequestView): boolean {
    return context !== null && this.#matcher.matches(context.streamInfo.filterState);
  }
  get description(): string {
    return `filter state '${this.#matcher.key}'`;
  }
}

/** tls_context: whether the client showed a certificate, and whether it was verified. Undefined: it does not matter. */
export class TlsCondition implements RouteCondition {
  readonly #presented: boolean | undefined;
  readonly #validated: boolean | undefined;
  constructor(presented: boolean | undefined, validated: boolean | undefined) {
    this.#presented = presented;
    this.#validated = validated;
  }
  matches({ context }: RequestView): boolean {
    const tls = context?.streamInfo.connection.tls ?? null;
    if (this.#presented !== undefined && presented(tls) !== this.#presented) return false;
    return this.#validated === undefined || validated(tls) === this.#validated;
  }
  get description(): string {
    return 'a client certificate (tls_context)';
  }
}

function presented(tls: TlsConnectionInfo | null): boolean {
  return tls?.peer !== undefined;
}

function validated(tls: TlsConnectionInfo | null): boolean {
  return tls?.peerValidated === true;
}
