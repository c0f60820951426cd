// Owns the match within a list of routes: the first, in configuration order, whose path and conditions hold.
import { type CandidateTest, PathIndex } from './path-index.ts';
import type { RequestView } from './request-view.ts';
import type { RouteCondition } from './route-conditions.ts';
import type { RouteEntry } from './virtual-host.ts';

export class RouteList implements CandidateTest {
  readonly entries: readonly RouteEntry[];
  readonly #index = new PathIndex();
  readonly #request: RequestView;

  /** `request` is the table's, set before each match. */
  constructor(entries: readonly RouteEntry[], request: RequestView) {
    this.entries = entries;
    this.#request = request;
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
