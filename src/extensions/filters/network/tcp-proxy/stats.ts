// Owns the filter's statistics, `tcp.PREFIX.*` (Envoy's names).
import type { Counter, Gauge, StatsScope } from '../../../../observability/stats/api.ts';

/** What nothing here ever changes: it is there because dashboards ask for it. */
const unused = {
  counters: ['downstream_cx_drain_close', 'downstream_cx_overload_close', 'route_delayed_total'],
  gauges: ['downstream_cx_rx_bytes_buffered', 'downstream_cx_tx_bytes_buffered'],
} as const;

export class TcpProxyStats {
  readonly downstreamCxTotal: Counter;
  readonly downstreamCxNoRoute: Counter;
  readonly downstreamCxRxBytesTotal: Counter;
  readonly downstreamCxTxBytesTotal: Counter;
  readonly downstreamFlowControlPausedReading: Counter;
  readonly downstreamFlowControlResumedReading: Counter;
  readonly earlyDataReceivedCountTotal: Counter;
  readonly idleTimeout: Counter;
  readonly maxDownstreamConnectionDuration: Counter;
  readonly upstreamFlushTotal: Counter;
  readonly upstreamFlushActive: Gauge;

  /** `scope`: of all statistics of this prefix. */
  constructor(scope: StatsScope) {
    this.downstreamCxTotal = scope.counter('downstream_cx_total');
    this.downstreamCxNoRoute = scope.counter('downstream_cx_no_route');
    this.downstreamCxRxBytesTotal = scope.counter('downstream_cx_rx_bytes_total');
    this.downstreamCxTxBytesTotal = scope.counter('downstream_cx_tx_bytes_total');
    this.downstreamFlowControlPausedReading = scope.counter('downstream_flow_control_paused_reading_total');
    this.downstreamFlowControlResumedReading = scope.counter('downstream_flow_control_resumed_reading_total');
    this.earlyDataReceivedCountTotal = scope.counter('early_data_received_count_total');
    this.idleTimeout = scope.counter('idle_timeout');
    this.maxDownstreamConnectionDuration = scope.counter('max_downstream_connection_duration');
    this.upstreamFlushTotal = scope.counter('upstream_flush_total');
    this.upstreamFlushActive = scope.gauge('upstream_flush_active');
    for (const name of unused.counters) scope.counter(name);
    for (const name of unused.gauges) scope.gauge(name);
  }
}
