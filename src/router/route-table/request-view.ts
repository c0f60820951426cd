// Owns what matching reads of a request, worked out once: where the path ends and the query begins.
import type { RequestHeaders } from '../../http/headers/header-map.ts';
import type { RouteMatchContext } from '../api.ts';

/** Reused from match to match; holds a request only while it is matched. */
export class RequestView {
  context: RouteMatchContext | null = null;
  path = '';
  /** Index behind the path proper. */
  pathEnd = 0;
  /** Index behind the `?`; 0 without a query. */
  queryStart = 0;
  #pathText: string | null = null;

  /** With `ignorePathParameters` the path ends at its first `;`. */
  set(context: RouteMatchContext, ignorePathParameters: boolean): void {
    const path = context.headers.path;
    this.context = context;
    this.path = path;
    this.#pathText = null;
    const question = path.indexOf('?');
    this.queryStart = question + 1;
    this.pathEnd = pathLength(path);
    if (ignorePathParameters) {
      const semicolon = path.indexOf(';');
      if (semicolon !== -1 && semicolon < this.pathEnd) this.pathEnd = semicolon;
    }
  }

  clear(): void {
    this.context = null;
    this.path = '';
    this.#pathText = null;
  }

  get headers(): RequestHeaders {
    // Only asked for between `set` and `clear`.
    return (this.context as RouteMatchContext).headers;
  }

  /** The path without query, fragment and, where they are ignored, parameters. */
  get pathText(): string {
    this.#pathText ??= this.pathEnd === this.path.length ? this.path : this.path.slice(0, this.pathEnd);
    return this.#pathText;
  }
}

/** Length of a path without its query and fragment. */
export function pathLength(path: string): number {
  const question = path.indexOf('?');
  const end = question === -1 ? path.length : question;
  const fragment = path.indexOf('#');
  return fragment !== -1 && fragment < end ? fragment : end;
}
