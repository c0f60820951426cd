// Owns a listener's statistics, `listener.ADDRESS.*`, and the manager's, `listener_manager.*`.
// Source: https://www.envoyproxy.io/docs/envoy/latest/configuration/listeners/stats
import type { Histogram, StatsScope } from '../observability/stats/api.ts';
import { type CounterGroup, counters, type GaugeGroup, gauges } from '../observability/stats/group.ts';

const listenerCounters = {
  downstreamCxDestroy: 'downstream_cx_destroy',
  downstreamCxOverflow: 'downstream_cx_overflow',
  downstreamCxOverloadReject: 'downstream_cx_overload_reject',
  downstreamCxTotal: 'downstream_cx_total',
  downstreamCxTransportSocketConnectTimeout: 'downstream_cx_transport_socket_connect_timeout',
  downstreamGlobalCxOverflow: 'downstream_global_cx_overflow',
  downstreamListenerFilterError: 'downstream_listener_filter_error',
  downstreamListenerFilterRemoteClose: 'downstream_listener_filter_remote_close',
  downstreamPreCxTimeout: 'downstream_pre_cx_timeout',
  noFilterChainMatch: 'no_filter_chain_match',
} as const;
const listenerGauges = {
  downstreamCxActive: 'downstream_cx_active',
  downstreamPreCxActive: 'downstream_pre_cx_active',
} as const;

export interface ListenerStats extends CounterGroup<typeof listenerCounters>, GaugeGroup<typeof listenerGauges> {
  readonly downstreamCxLengthMs: Histogram;
}

export function listenerStats(scope: StatsScope): ListenerStats {
  return {
    ...counters(scope, listenerCounters),
    ...gauges(scope, listenerGauges),
    downstreamCxLengthMs: scope.histogram('downstream_cx_length_ms', 'milliseconds'),
  };
}

const managerCounters = {
  listenerAdded: 'listener_added',
  listenerCreateFailure: 'listener_create_failure',
  listenerCreateSuccess: 'listener_create_success',
  listenerInPlaceUpdated: 'listener_in_place_updated',
  listenerModified: 'listener_modified',
  listenerRemoved: 'listener_removed',
  listenerStopped: 'listener_stopped',
} as const;
const managerGauges = {
  totalFilterChainsDraining: 'total_filter_chains_draining',
  totalListenersActive: 'total_listeners_active',
  totalListenersDraining: 'total_listeners_draining',
  totalListenersWarming: 'total_listeners_warming',
  workersStarted: 'workers_started',
} as const;

export type ListenerManagerStats = CounterGroup<typeof managerCounters> & GaugeGroup<typeof managerGauges>;

export function listenerManagerStats(scope: StatsScope): ListenerManagerStats {
  return { ...counters(scope, managerCounters), ...gauges(scope, managerGauges) };
}
