// Owns the match within a virtual host: its routes in their order, or those that a matcher tree finds.
import type { Regex } from '../../matchers/regex.ts';
import type { RequestData } from '../../matchers/tree/inputs.ts';
import type { MatchNode } from '../../matchers/tree/match-tree.ts';
import type { Route, RouteMatchContext } from '../api.ts';
import type { PathPattern } from './path-pattern.ts';
import type { RequestView } from './request-view.ts';
import type { Metadata } from './route-base.ts';
import type { RouteCondition } from './route-conditions.ts';
import { RouteList } from './route-list.ts';
import type { TlsRedirectRoute, TlsRequirement } from './tls-redirect-route.ts';

/** What a matching entry of the table answers: a route, or one of several by weight. */
export interface RouteChoice {
  select(context: RouteMatchContext): Route | null;
}

export class RouteEntry {
  readonly name: string;
  readonly pattern: PathPattern;
  /** The index only knows how its texts start. */
  readonly regex: Regex | null;
  readonly conditions: readonly RouteCondition[];
  readonly choice: RouteChoice;

  constructor(name: string, pattern: PathPattern, conditions: readonly RouteCondition[], choice: RouteChoice) {
    this.name = name;
    this.pattern = pattern;
    this.regex = pattern.kind === 'regex' ? pattern.regex : null;
    this.conditions = conditions;
    this.choice = choice;
  }
}

export interface VirtualHostSettings {
  readonly name: string;
  readonly metadata: Metadata | null;
  readonly domains: readonly string[];
  readonly entries: readonly RouteEntry[];
  /** Where a tree says which routes apply; null: all entries, in their order. */
  readonly matcher: MatchNode<RequestData, RouteList> | null;
  readonly tlsRequirement: TlsRequirement;
  readonly tlsRedirect: TlsRedirectRoute | null;
  /** The table's, set before each match. */
  readonly request: RequestView;
}

export class VirtualHost {
  readonly name: string;
  readonly metadata: Metadata | null;
  readonly domains: readonly string[];
  /** All routes, for explanations. */
  readonly entries: readonly RouteEntry[];
  readonly tlsRequirement: TlsRequirement;
  /** Null where TLS is not required. */
  readonly tlsRedirect: TlsRedirectRoute | null;
  readonly #routes: RouteList | null;
  readonly #matcher: MatchNode<RequestData, RouteList> | null;
  readonly #request: RequestView;

  constructor(settings: VirtualHostSettings) {
    this.name = settings.name;
    this.metadata = settings.metadata;
    this.domains = settings.domains;
    this.entries = settings.entries;
    this.tlsRequirement = settings.tlsRequirement;
    this.tlsRedirect = settings.tlsRedirect;
    this.#matcher = settings.matcher;
    this.#routes = settings.matcher === null ? new RouteList(settings.entries, settings.request) : null;
    this.#request = settings.request;
  }

  /** Null when no route matches the request that was set. */
  match(): RouteEntry | null {
    if (this.#routes !== null) return this.#routes.match();
    const { context } = this.#request;
    const found = context === null || this.#matcher === null ? null : (this.#matcher.find(context) ?? null);
    // As Envoy: what the tree found is final, whether or not one of its routes matches.
    return found === null ? null : found.match();
  }
}
