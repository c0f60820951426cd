// Owns what the filter is told: frozen plain data, and the choice of a cluster.
import type { Random } from '../../../../base/random.ts';
import type { AccessLogger } from '../../../../observability/access-log/api.ts';
import type { ClusterHandle, MetadataMatchCriteria } from '../../../../upstream/api.ts';
import type { AddedValues } from './proxy-values.ts';
import type { TunnelSettings } from './tunnel-settings.ts';

/** Where a connection may go. */
export interface TcpRoute {
  readonly cluster: ClusterHandle;
  readonly metadataMatch: MetadataMatchCriteria | null;
}

export interface TcpProxySettings {
  readonly routes: RouteChoice;
  /** Milliseconds; 0: none. */
  readonly idleTimeoutMs: number;
  readonly maxDurationMs: number;
  /** Percent of `maxDurationMs`: up to so much more, by chance. */
  readonly maxDurationJitter: number;
  readonly maxConnectAttempts: number;
  /** Null: the next attempt begins at once. */
  readonly backOff: { readonly baseMs: number; readonly maxMs: number } | null;
  readonly accessLogs: readonly AccessLogger[];
  readonly logOnStart: boolean;
  readonly logOnConnected: boolean;
  /** Milliseconds between lines of a connection that lasts; 0: none. */
  readonly logIntervalMs: number;
  /** Wait for the client's first bytes before connecting. */
  readonly connectOnData: boolean;
  /** Bytes of the client that are kept before there is a connection; -1: the client is not read so long. */
  readonly maxEarlyBytes: number;
  /** Of the PROXY header to the host; null: none. */
  readonly proxyValues: AddedValues | null;
  /** Null: plain TCP to the host. */
  readonly tunnel: TunnelSettings | null;
}

/** One cluster, or one of several by weight. */
export class RouteChoice {
  readonly #routes: readonly TcpRoute[];
  /** Sums of the weights up to and with each route. */
  readonly #bounds: readonly number[];

  constructor(routes: readonly TcpRoute[], weights: readonly number[]) {
    let sum = 0;
    this.#routes = routes;
    this.#bounds = weights.map((weight) => {
      sum += weight;
      return sum;
    });
  }

  /** Null where no weight is above zero. */
  pick(random: Random): TcpRoute | null {
    const routes = this.#routes;
    if (routes.length === 1) return routes[0] as TcpRoute;
    const at = Math.floor(random.fraction() * (this.#bounds.at(-1) ?? 0));
    return routes[this.#bounds.findIndex((bound) => at < bound)] ?? null;
  }
}
