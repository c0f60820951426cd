// The router filter's configuration as the request path reads it.
import type { TimeoutPool } from '../base/lazy-timeout.ts';
import type { RouterStats } from './stats.ts';

/** envoy.extensions.filters.http.router.v3.Router as the filter reads it. */
export interface RouterConfig {
  readonly stats: RouterStats;
  readonly timeouts: TimeoutPool;
  readonly suppressEnvoyHeaders: boolean;
  readonly respectExpectedRequestTimeout: boolean;
  /** This process's zone, empty where it has none. */
  readonly zone: string;
}
