// The router filter's configuration as the request path reads it.
import type { TimeoutPool } from '../base/lazy-timeout.ts';
import type { NameInfo } from '../http/headers/name.ts';
import type { RetryControls } from './retry-controls.ts';
import type { RouterStats } from './stats.ts';
import type { AttemptLogConfig } from './upstream-log.ts';

/** envoy.extensions.filters.http.router.v3.Router as the filter reads it. */
export interface RouterConfig {
  readonly stats: RouterStats;
  readonly timeouts: TimeoutPool;
  readonly retryControls: RetryControls;
  readonly suppressEnvoyHeaders: boolean;
  readonly respectExpectedRequestTimeout: boolean;
  readonly strictCheckHeaders: readonly NameInfo[];
  /** suppress_grpc_request_failure_code_stats: gRPC requests count as completed, not by status. */
  readonly suppressGrpcCodeStats: boolean;
  readonly attemptLog: AttemptLogConfig;
  /** This machine's address, for the x-forwarded-for of copies. */
  readonly localAddress: string;
  /** This process's zone, empty where it has none. */
  readonly zone: string;
}
