// Owns what a route asks of a request beside its path: every condition must hold.
import { Names } from '../../http/headers/name.ts';
import type { RuntimeFraction } from '../../matchers/fraction.ts';
import type { HeaderMatcher } from '../../matchers/header-matcher.ts';
import type { QueryParameterMatcher } from '../../matchers/query-parameter-matcher.ts';
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
