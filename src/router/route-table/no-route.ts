// Owns the explanation of a 404: which virtual host or route the request missed, and by how little (DESIGN 4). Worked
// out only when it is to be shown (reply-log.ts bounds how often), so that a flood of such requests costs nothing.
import { nearest } from '../../config/api.ts';
import { toLowerAscii } from '../../matchers/byte-string.ts';
import type { NoRoute, RouteMatchContext } from '../api.ts';
import { type DomainTable, portStart } from './domain-table.ts';
import { describePath, type PathPattern } from './path-pattern.ts';
import type { RequestView } from './request-view.ts';
import type { RouteEntry, VirtualHost } from './virtual-host.ts';

/** Routes beyond this many are not looked at for the nearest miss. */
const mostRoutes = 1000;
const fewDomains = 50;

/** No virtual host serves the authority. */
export class NoVirtualHost implements NoRoute {
  readonly kind = 'none';
  readonly virtualHost = null;
  readonly #host: string;
  readonly #domains: DomainTable<VirtualHost>;
  readonly #virtualHosts: readonly VirtualHost[];
  /** `authority`, or the header that stands for it. */
  readonly #source: string;

  constructor(source: string, host: string, domains: DomainTable<VirtualHost>, virtualHosts: readonly VirtualHost[]) {
    this.#source = source;
    this.#host = host;
    this.#domains = domains;
    this.#virtualHosts = virtualHosts;
  }

  get cause(): string {
    const nearMiss = this.#nearMiss();
    return `no virtual host has a domain for ${this.#source} '${this.#host}'${nearMiss === '' ? '' : ` (${nearMiss})`}`;
  }

  #nearMiss(): string {
    if (this.#virtualHosts.length === 0) return 'the route configuration has no virtual hosts';
    const host = this.#host;
    const port = portStart(host);
    if (port !== -1) {
      const byName = this.#domains.find(host.slice(0, port));
      if (byName !== null) {
        return `without the port '${host.slice(port)}' it would be virtual host '${byName.name}': add the domain with the port, or set ignore_port_in_host_matching or strip_any_host_port`;
      }
    }
    const domains = this.#virtualHosts.flatMap((virtualHost) => virtualHost.domains);
    const lower = toLowerAscii(host);
    const withPort = domains.find((domain) => toLowerAscii(domain).startsWith(`${lower}:`));
    if (withPort !== undefined) return `nearest: '${withPort}', which asks for a port`;
    if (lower.endsWith('.') && this.#domains.find(lower.slice(0, -1)) !== null) {
      return 'without the dot at its end there would be one: set strip_trailing_host_dot';
    }
    const similar = nearest(lower, resembling(lower, domains));
    return similar === undefined ? '' : `nearest: '${similar}'`;
  }
}

/**
 * Of many domains those that differ from the name in one place: comparing all of 2,000 letter by letter takes 75 ms.
 * Of few domains all, so that a name with several mistakes is recognised too.
 */
function resembling(name: string, domains: readonly string[]): readonly string[] {
  if (domains.length <= fewDomains) return domains;
  const similar = domains.filter((domain) => {
    const shorter = Math.min(name.length, domain.length);
    const start = commonStart(name, domain);
    return Math.abs(name.length - domain.length) <= 3 && start + commonEnd(name, domain) + 4 >= shorter;
  });
  return similar.slice(0, fewDomains);
}

/** The virtual host has no route for the request. */
export class NoMatchingRoute implements NoRoute {
  readonly kind = 'none';
  readonly virtualHost: VirtualHost;
  readonly #context: RouteMatchContext;
  readonly #request: RequestView;
  readonly #ignorePathParameters: boolean;

  /** `request` is the table's: set anew when the cause is asked for. */
  constructor(
    virtualHost: VirtualHost,
    context: RouteMatchContext,
    request: RequestView,
    ignorePathParameters: boolean,
  ) {
    this.virtualHost = virtualHost;
    this.#context = context;
    this.#request = request;
    this.#ignorePathParameters = ignorePathParameters;
  }

  get cause(): string {
    const { method, path } = this.#context.headers;
    const nearMiss = this.#nearMiss();
    return `virtual host '${this.virtualHost.name}' has no route for ${method} ${path}${nearMiss === '' ? '' : ` (${nearMiss})`}`;
  }

  #nearMiss(): string {
    const { entries } = this.virtualHost;
    if (entries.length === 0) return 'it has no routes';
    const request = this.#request;
    request.set(this.#context, this.#ignorePathParameters);
    let best: RouteEntry | null = null;
    let bestScore = 1;
    for (const entry of entries.slice(0, mostRoutes)) {
      const score = pathScore(entry.pattern, request.pathText);
      if (score > bestScore) {
        best = entry;
        bestScore = score;
      }
    }
    const text = best === null ? '' : describeMiss(best, bestScore, request);
    request.clear();
    return text;
  }
}

function describeMiss(entry: RouteEntry, score: number, request: RequestView): string {
  const route = entry.name === '' ? `the route for ${describePath(entry.pattern)}` : `route '${entry.name}'`;
  if (score === Number.POSITIVE_INFINITY) {
    const failing = entry.conditions.find((condition) => !condition.matches(request));
    return failing === undefined ? '' : `nearest: ${route}, which wants: ${failing.description}`;
  }
  return `nearest: ${route}${entry.name === '' ? '' : `, which is for ${describePath(entry.pattern)}`}`;
}

/** How much of the path the pattern has in common; infinite when it matches. */
function pathScore(pattern: PathPattern, path: string): number {
  if (pattern.kind === 'connect') return 0;
  if (pattern.kind === 'regex') {
    return pattern.regex.matches(path) ? Number.POSITIVE_INFINITY : commonStart(pattern.regex.literalPrefix, path);
  }
  const text = pattern.ignoreCase ? toLowerAscii(pattern.text) : pattern.text;
  const subject = pattern.ignoreCase ? toLowerAscii(path) : path;
  const rest = subject.startsWith(text) ? subject.slice(text.length) : undefined;
  const matches =
    rest !== undefined &&
    (pattern.kind === 'prefix' || rest === '' || (pattern.kind === 'separated-prefix' && rest[0] === '/'));
  // Case is what people get wrong most.
  return matches ? Number.POSITIVE_INFINITY : commonStart(toLowerAscii(text), toLowerAscii(subject));
}

function commonStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}

function commonEnd(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a[a.length - 1 - length] === b[b.length - 1 - length]) length++;
  return length;
}

export class NoWeight implements NoRoute {
  readonly kind = 'none';
  readonly cause = 'the route that matches has weighted clusters, and the runtime sets all their weights to 0';
  readonly virtualHost: VirtualHost;

  constructor(virtualHost: VirtualHost) {
    this.virtualHost = virtualHost;
  }
}
