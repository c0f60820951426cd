// Owns the route of one downstream stream: matched when first asked for, kept until a filter changes what it was matched
// by. The stream extends this class: a request costs no object more for it.
import type { Explanation } from '../../observability/stream-info.ts';
import type { NoRoute, Route, RouteMatchResult, RouteTable } from '../../router/api.ts';
import type { RequestHeaders } from '../headers/header-map.ts';
import type { ConnectionManager } from './connection-manager.ts';
import { StreamTimeouts } from './stream-timeouts.ts';

export abstract class StreamRoute extends StreamTimeouts {
  headers: RequestHeaders | null = null;
  /** Uniform in [0, 2^32), the same for the whole request. */
  readonly randomValue: number;
  /** x-forwarded-proto came empty: Envoy then matches no route. */
  protected protoUnknown = false;
  #matched: Route | null | undefined;
  /** Counted only where somebody wants to know (record_route_resolution_stats). */
  #resolutions = 0;
  #resolutionMs = 0;

  constructor(manager: ConnectionManager, now: number) {
    super(manager, now);
    this.randomValue = manager.services.random.uint32();
  }

  /** Without matching. */
  get matchedRoute(): Route | null {
    return this.#matched ?? null;
  }

  route(): Route | null {
    if (this.#matched !== undefined) return this.#matched;
    const table = this.manager.config.routes.current;
    const { info, headers } = this;
    if (table === null || headers === null || this.protoUnknown) return null;
    const result = this.#match(table, headers);
    if (result.kind === 'none') {
      this.#matched = null;
      this.#nameNoRoute(result);
      return null;
    }
    info.routeName = result.name;
    info.virtualHostName = result.virtualHostName;
    info.routeConfigName = result.routeConfigName;
    info.routeMetadata = result.metadata;
    info.virtualHostMetadata = result.virtualHostMetadata ?? null;
    this.#matched = result;
    this.applyRouteTimeouts(result, headers);
    return result;
  }

  #match(table: RouteTable, headers: RequestHeaders): RouteMatchResult {
    const { config, services } = this.manager;
    const context = { headers, streamInfo: this.info, randomValue: this.randomValue };
    if (config.routeResolutions === null) return table.match(context);
    const start = services.clock.monotonic();
    const result = table.match(context);
    this.#resolutions++;
    this.#resolutionMs += services.clock.monotonic() - start;
    return result;
  }

  /** The request is over. */
  recordResolutions(): void {
    this.manager.config.routeResolutions?.record(this.#resolutions, this.#resolutionMs);
  }

  /** Where it was looked for is known, and nothing of a route matched before. */
  #nameNoRoute({ virtualHost }: NoRoute): void {
    const { info } = this;
    info.routeName = '';
    info.routeMetadata = null;
    info.virtualHostName = virtualHost?.name ?? '';
    info.virtualHostMetadata = virtualHost?.metadata ?? null;
  }

  /** For logs of requests that end, or are shown, before the router has chosen the cluster. */
  nameCluster(): void {
    const route = this.#matched;
    if (route?.kind !== 'forward' || this.headers === null) return;
    const { info, headers, randomValue } = this;
    const { name, cluster } = route.selectCluster({ headers, streamInfo: info, randomValue });
    if (cluster === null) return;
    info.clusterName = name;
    info.clusterMetadata = cluster.info.metadata;
  }

  explainNoRoute(): string | Explanation {
    const table = this.manager.config.routes.current;
    if (table === null) return 'the route configuration has not arrived yet';
    if (this.headers === null) return '';
    if (this.protoUnknown) return 'the client sent an empty x-forwarded-proto';
    const result = table.match({ headers: this.headers, streamInfo: this.info, randomValue: this.randomValue });
    return result.kind === 'none' ? result : '';
  }

  clearRouteCache(): void {
    this.#matched = undefined;
  }
}
