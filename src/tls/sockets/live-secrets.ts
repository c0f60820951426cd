// What the TLS sockets need to know of the secrets behind their settings.
import type { StatsScope } from '../../observability/stats/api.ts';
import { type CounterGroup, counters } from '../../observability/stats/group.ts';

/** As Envoy says it in %UPSTREAM_TRANSPORT_FAILURE_REASON% and %DOWNSTREAM_TRANSPORT_FAILURE_REASON%. */
export const secretsMissing = 'TLS error: Secret is not supplied by SDS';

const names = {
  contextUpdates: 'ssl_context_update_by_sds',
  upstreamNotReady: 'upstream_context_secrets_not_ready',
  downstreamNotReady: 'downstream_context_secrets_not_ready',
} as const;

export type LiveSecretsStats = CounterGroup<typeof names>;

export interface LiveSecrets {
  /** Resolves when nothing is waited for any more; undefined when nothing has to be. */
  readonly ready: Promise<void> | undefined;
  readonly stats: LiveSecretsStats;
  release(): void;
}

/** `scope`: the listener's or the cluster's. */
export function liveSecretsStats(scope: StatsScope, side: 'client' | 'server'): LiveSecretsStats {
  return counters(scope, names, `${side}_ssl_socket_factory.`);
}
