// Owns what matching reads of a request, worked out once: where the path ends and the query begins.
import type { RequestHeaders } from '../../http/headers/header-map.ts';
import type { RouteMatchContext } from '../api.ts';

/** Reused from match to match; holds a request only while it is matched. */
export class RequestView {
  context: RouteMatchContext | null = null;
  /** Path and query as they are matched. */
  path = '';
  /** Index behind the path proper. */
  pathEnd = 0;
  /** Index behind the `?`; 0 without a query. */
  queryStart = 0;
  #pathText: string | null = null;

  /** With `ignorePathParameters` each segment of the path ends at its first `;`. */
  set(context: RouteMatchContext, ignorePathParameters: boolean): void {
    const received = context.headers.path;
    const path = ignorePathParameters && received.includes(';') ? withoutParameters(received) : received;
    this.context = context;
    this.path = path;
    this.#pathText = null;
    this.queryStart = path.indexOf('?') + 1;
    this.pathEnd = pathLength(path);
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

function withoutParameters(path: string): string {
  const end = pathLength(path);
  return path.slice(0, end).replace(parameters, '') + path.slice(end);
}
const parameters = /;[^/]*/g;
