// Owns the filter's statistics: `udp.PREFIX.*`, and what it counts of a cluster, `cluster.NAME.udp.*` (Envoy's names).
import type { Counter, Gauge, StatsScope } from '../../../../observability/stats/api.ts';
import type { Cluster } from '../../../../upstream/api.ts';

export class UdpProxyStats {
  readonly sessionsActive: Gauge;
  readonly sessionsTotal: Counter;
  readonly noRoute: Counter;
  readonly idleTimeout: Counter;
  readonly rxBytes: Counter;
  readonly rxDatagrams: Counter;
  readonly rxErrors: Counter;
  readonly txBytes: Counter;
  readonly txDatagrams: Counter;
  readonly txErrors: Counter;

  /** `scope`: `udp.PREFIX.` */
  constructor(scope: StatsScope) {
    this.sessionsActive = scope.gauge('downstream_sess_active');
    this.sessionsTotal = scope.counter('downstream_sess_total');
    this.noRoute = scope.counter('downstream_sess_no_route');
    this.idleTimeout = scope.counter('idle_timeout');
    this.rxBytes = scope.counter('downstream_sess_rx_bytes');
    this.rxDatagrams = scope.counter('downstream_sess_rx_datagrams');
    this.rxErrors = scope.counter('downstream_sess_rx_errors');
    this.txBytes = scope.counter('downstream_sess_tx_bytes');
    this.txDatagrams = scope.counter('downstream_sess_tx_datagrams');
    this.txErrors = scope.counter('downstream_sess_tx_errors');
    // Of session filters by discovery, which are refused.
    scope.counter('session_filter_config_missing');
  }
}

/** Of one cluster; they go with it. */
export class UdpClusterStats {
  readonly rxDatagrams: Counter;
  readonly rxDropped: Counter;
  readonly rxErrors: Counter;
  readonly txDatagrams: Counter;
  readonly txErrors: Counter;
  readonly rxBytes: Counter;
  readonly txBytes: Counter;

  constructor(scope: StatsScope) {
    this.rxDatagrams = scope.counter('udp.sess_rx_datagrams');
    this.rxDropped = scope.counter('udp.sess_rx_datagrams_dropped');
    this.rxErrors = scope.counter('udp.sess_rx_errors');
    this.txDatagrams = scope.counter('udp.sess_tx_datagrams');
    this.txErrors = scope.counter('udp.sess_tx_errors');
    this.rxBytes = scope.counter('upstream_cx_rx_bytes_total');
    this.txBytes = scope.counter('upstream_cx_tx_bytes_total');
    for (const name of ofTunnels) scope.counter(`udp.${name}`);
  }
}

const ofTunnels = ['sess_tunnel_buffer_overflow', 'sess_tunnel_failure', 'sess_tunnel_success'] as const;

const byCluster = new WeakMap<Cluster, UdpClusterStats>();

/** One object for each cluster; a changed cluster is another one. */
export function statsOf(cluster: Cluster): UdpClusterStats {
  let stats = byCluster.get(cluster);
  if (stats === undefined) {
    stats = new UdpClusterStats(cluster.statsScope);
    byCluster.set(cluster, stats);
  }
  return stats;
}
