// Owns a whole route configuration as it is matched: the virtual host by authority, then the route in it.
import type { NameInfo } from '../../http/headers/name.ts';
import type { StatsScope } from '../../observability/stats/api.ts';
import type { RouteMatchContext, RouteMatchResult, RouteTable } from '../api.ts';
import { type DomainTable, portStart } from './domain-table.ts';
import { NoMatchingRoute, NoVirtualHost, NoWeight } from './no-route.ts';
import type { RequestView } from './request-view.ts';
import { needsTls } from './tls-redirect-route.ts';
import type { VirtualHost } from './virtual-host.ts';
import type { WatchedBody } from './watched-body.ts';

export interface RouteTableSettings {
  readonly name: string;
  readonly domains: DomainTable<VirtualHost>;
  readonly virtualHosts: readonly VirtualHost[];
  readonly ignorePortInHostMatching: boolean;
  readonly ignorePathParameters: boolean;
  /** A header to go by instead of the authority; null without. */
  readonly virtualHostHeader: NameInfo | null;
  readonly internalOnlyHeaders: readonly NameInfo[];
  readonly clusterNames: readonly string[];
  /** What the table took; goes with it. */
  readonly stats: StatsScope;
  /** Likewise what follows files. */
  readonly watched: readonly WatchedBody[];
  /** Shared with the virtual hosts. */
  readonly request: RequestView;
}

export class PreparedRouteTable implements RouteTable {
  readonly name: string;
  readonly internalOnlyHeaders: readonly NameInfo[];
  readonly clusterNames: readonly string[];
  readonly #settings: RouteTableSettings;
  readonly #domains: DomainTable<VirtualHost>;
  readonly #request: RequestView;

  constructor(settings: RouteTableSettings) {
    this.name = settings.name;
    this.internalOnlyHeaders = settings.internalOnlyHeaders;
    this.clusterNames = settings.clusterNames;
    this.#settings = settings;
    this.#domains = settings.domains;
    this.#request = settings.request;
  }

  match(context: RouteMatchContext): RouteMatchResult {
    const host = this.#hostOf(context);
    const virtualHost = this.#domains.find(host);
    if (virtualHost === null) {
      const source = this.#settings.virtualHostHeader?.name ?? 'authority';
      return new NoVirtualHost(source, host, this.#domains, this.#settings.virtualHosts);
    }
    if (virtualHost.tlsRedirect !== null && needsTls(virtualHost.tlsRequirement, context.headers)) {
      return virtualHost.tlsRedirect;
    }
    const request = this.#request;
    request.set(context, this.#settings.ignorePathParameters);
    const entry = virtualHost.match();
    request.clear();
    if (entry !== null) return entry.choice.select(context) ?? new NoWeight(virtualHost);
    return new NoMatchingRoute(virtualHost, context, request, this.#settings.ignorePathParameters);
  }

  release(): void {
    this.#settings.stats.close();
    for (const watched of this.#settings.watched) watched.close();
  }

  #hostOf({ headers }: RouteMatchContext): string {
    const header = this.#settings.virtualHostHeader;
    const host = header === null ? headers.authority : (headers.get(header) ?? '');
    if (!this.#settings.ignorePortInHostMatching) return host;
    const port = portStart(host);
    return port === -1 ? host : host.slice(0, port);
  }
}
