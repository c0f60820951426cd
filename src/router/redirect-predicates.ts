// Owns which redirects may be followed by where they lead (predicates of an internal_redirect_policy), and what is
// remembered of those that one request has followed.
// Source: https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/http/http_connection_management#internal-redirects
import type { FilterStateObject } from '../observability/stream-info.ts';

/** Key of `FollowedRedirects` in filter state: it outlives the streams of one request. */
export const followedRedirectsKey = 'num_internal_redirects';

export class FollowedRedirects implements FilterStateObject {
  readonly ofRequest = true;
  count = 0;
  /** Names of the routes that redirects led to, by the route they came from. */
  readonly #targets = new Map<string, Set<string>>();

  get text(): string {
    return String(this.count);
  }

  get json(): number {
    return this.count;
  }

  /** False when it was there before. */
  addTarget(from: string, to: string): boolean {
    let targets = this.#targets.get(from);
    if (targets === undefined) {
      targets = new Set();
      this.#targets.set(from, targets);
    }
    if (targets.has(to)) return false;
    targets.add(to);
    return true;
  }
}

export interface RedirectTarget {
  readonly fromRoute: string;
  readonly toRoute: string;
  readonly fromHttp: boolean;
  readonly toHttp: boolean;
}

export interface InternalRedirectPredicate {
  accepts(target: RedirectTarget, followed: FollowedRedirects): boolean;
}

/** envoy.internal_redirect_predicates.allow_listed_routes. */
export class AllowListedRoutes implements InternalRedirectPredicate {
  readonly #names: ReadonlySet<string>;

  constructor(names: readonly string[]) {
    this.#names = new Set(names);
  }

  accepts({ toRoute }: RedirectTarget): boolean {
    return this.#names.has(toRoute);
  }
}

/** envoy.internal_redirect_predicates.previous_routes: from one route never twice to the same. */
export const previousRoutes: InternalRedirectPredicate = {
  accepts: ({ fromRoute, toRoute }, followed) => followed.addTarget(fromRoute, toRoute),
};

/** envoy.internal_redirect_predicates.safe_cross_scheme: what came in the clear does not reach what only TLS may. */
export const safeCrossScheme: InternalRedirectPredicate = {
  accepts: ({ fromHttp, toHttp }) => !fromHttp || toHttp,
};
