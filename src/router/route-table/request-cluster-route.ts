// Owns routes whose cluster the request names, in a header or through a plugin. As in Envoy the choice is made when the route
// is matched and stays: each match makes a route of its own.
import type { RetryPolicy, RouteAlternatives, RouteMatchContext } from '../api.ts';
import { NamedCluster } from './cluster-selector.ts';
import { type ForwardChoice, type ForwardSettings, PreparedForwardRoute } from './forward-route.ts';
import type { RouteBaseSettings } from './route-base.ts';

export class RequestClusterRoute implements ForwardChoice {
  alternatives: RouteAlternatives | null = null;
  readonly #base: RouteBaseSettings;
  readonly #settings: ForwardSettings;

  constructor(base: RouteBaseSettings, settings: ForwardSettings) {
    this.#base = base;
    this.#settings = settings;
  }

  get retryPolicy(): RetryPolicy | null {
    return this.#settings.retryPolicy;
  }

  select(context: RouteMatchContext): PreparedForwardRoute {
    const cluster = new NamedCluster(this.#settings.cluster.select(context));
    const route = new PreparedForwardRoute(this.#base, this.#settings, cluster);
    route.alternatives = this.alternatives;
    route.origin = this;
    return route;
  }
}

/** The route for all requests, or what makes one for each. */
export function forwardChoice(base: RouteBaseSettings, settings: ForwardSettings): ForwardChoice {
  return settings.cluster instanceof NamedCluster
    ? new PreparedForwardRoute(base, settings)
    : new RequestClusterRoute(base, settings);
}
