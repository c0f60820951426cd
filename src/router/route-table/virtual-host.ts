// Owns the match within a virtual host: the first route, in configuration order, whose path and conditions hold.
import type { Regex } from '../../matchers/regex.ts';
import type { Route, RouteMatchContext } from '../api.ts';
import { type CandidateTest, PathIndex } from './path-index.ts';
import type { PathPattern } from './path-pattern.ts';
import type { RequestView } from './request-view.ts';
import type { RouteCondition } from './route-conditions.ts';
import type { TlsRedirectRoute, TlsRequirement } from './tls-redirect-route.ts';

/** What a matching entry of the table answers: a route, or one of several by weight. */
export interface RouteChoice {
  select(context: RouteMatchContext): Route;
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
  readonly domains: readonly string[];
  readonly entries: readonly RouteEntry[];
  readonly tlsRequirement: TlsRequirement;
  readonly tlsRedirect: TlsRedirectRoute | null;
  /** The table's, set before each match. */
  readonly request: RequestView;
}

export class VirtualHost implements CandidateTest {
  readonly name: string;
  readonly domains: readonly string[];
  readonly entries: readonly RouteEntry[];
  readonly tlsRequirement: TlsRequirement;
  /** Null where TLS is not required. */
  readonly tlsRedirect: TlsRedirectRoute | null;
  readonly #index = new PathIndex();
  readonly #request: RequestView;

  constructor(settings: VirtualHostSettings) {
    const { entries } = settings;
    this.name = settings.name;
    this.domains = settings.domains;
    this.entries = entries;
    this.tlsRequirement = settings.tlsRequirement;
    this.tlsRedirect = settings.tlsRedirect;
    this.#request = settings.request;
    for (let i = 0; i < entries.length; i++) this.#index.add((entries[i] as RouteEntry).pattern, i);
  }

  /** Null when no route matches the request that was set. */
  match(): RouteEntry | null {
    const request = this.#request;
    const found = this.#index.first(request.path, request.pathEnd, request.headers.method === 'CONNECT', this);
    return found === -1 ? null : (this.entries[found] as RouteEntry);
  }

  /** Called back by the index. */
  accepts(index: number): boolean {
    const entry = this.entries[index] as RouteEntry;
    const request = this.#request;
    if (entry.regex !== null && !entry.regex.matches(request.pathText)) return false;
    const conditions = entry.conditions;
    for (let i = 0; i < conditions.length; i++) {
      if (!(conditions[i] as RouteCondition).matches(request)) return false;
    }
    return true;
  }
}
