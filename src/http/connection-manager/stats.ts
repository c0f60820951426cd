// Owns the connection manager's statistics, `http.PREFIX.*` (Envoy's names), and the listener's twins of the response
// classes, `listener.ADDRESS.http.PREFIX.*`.
// Source: https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/stats
import type { Counter, Histogram, StatsScope } from '../../observability/stats/api.ts';
import { type CounterGroup, counters, type GaugeGroup, gauges } from '../../observability/stats/group.ts';
import type { Http1CodecStats } from '../codec/api.ts';
import { type Http2CodecStats, http2CodecStats } from '../codec/h2/api.ts';

const counterNames = {
  downstreamCxDelayedCloseTimeout: 'downstream_cx_delayed_close_timeout',
  downstreamCxDestroy: 'downstream_cx_destroy',
  downstreamCxDestroyActiveRq: 'downstream_cx_destroy_active_rq',
  downstreamCxDestroyLocal: 'downstream_cx_destroy_local',
  downstreamCxDestroyLocalActiveRq: 'downstream_cx_destroy_local_active_rq',
  downstreamCxDestroyRemote: 'downstream_cx_destroy_remote',
  downstreamCxDestroyRemoteActiveRq: 'downstream_cx_destroy_remote_active_rq',
  downstreamCxDrainClose: 'downstream_cx_drain_close',
  downstreamCxHttp1Total: 'downstream_cx_http1_total',
  downstreamCxHttp2Total: 'downstream_cx_http2_total',
  downstreamCxHttp3Total: 'downstream_cx_http3_total',
  downstreamCxIdleTimeout: 'downstream_cx_idle_timeout',
  downstreamCxMaxDurationReached: 'downstream_cx_max_duration_reached',
  downstreamCxMaxRequestsReached: 'downstream_cx_max_requests_reached',
  downstreamCxOverloadDisableKeepalive: 'downstream_cx_overload_disable_keepalive',
  downstreamCxProtocolError: 'downstream_cx_protocol_error',
  downstreamCxRxBytesTotal: 'downstream_cx_rx_bytes_total',
  downstreamCxSslTotal: 'downstream_cx_ssl_total',
  downstreamCxTotal: 'downstream_cx_total',
  downstreamCxTxBytesTotal: 'downstream_cx_tx_bytes_total',
  downstreamCxUpgradesTotal: 'downstream_cx_upgrades_total',
  downstreamFlowControlPausedReadingTotal: 'downstream_flow_control_paused_reading_total',
  downstreamFlowControlResumedReadingTotal: 'downstream_flow_control_resumed_reading_total',
  downstreamRq1xx: 'downstream_rq_1xx',
  downstreamRq2xx: 'downstream_rq_2xx',
  downstreamRq3xx: 'downstream_rq_3xx',
  downstreamRq4xx: 'downstream_rq_4xx',
  downstreamRq5xx: 'downstream_rq_5xx',
  downstreamRqCompleted: 'downstream_rq_completed',
  downstreamRqFailedPathNormalization: 'downstream_rq_failed_path_normalization',
  downstreamRqHeaderTimeout: 'downstream_rq_header_timeout',
  downstreamRqHttp1Total: 'downstream_rq_http1_total',
  downstreamRqHttp2Total: 'downstream_rq_http2_total',
  downstreamRqHttp3Total: 'downstream_rq_http3_total',
  downstreamRqIdleTimeout: 'downstream_rq_idle_timeout',
  downstreamRqMaxDurationReached: 'downstream_rq_max_duration_reached',
  downstreamRqNonRelativePath: 'downstream_rq_non_relative_path',
  downstreamRqOverloadClose: 'downstream_rq_overload_close',
  downstreamRqRedirectedWithNormalizedPath: 'downstream_rq_redirected_with_normalized_path',
  downstreamRqRejectedViaIpDetection: 'downstream_rq_rejected_via_ip_detection',
  downstreamRqResponseBeforeRqComplete: 'downstream_rq_response_before_rq_complete',
  downstreamRqRxReset: 'downstream_rq_rx_reset',
  downstreamRqTimeout: 'downstream_rq_timeout',
  downstreamRqTooLarge: 'downstream_rq_too_large',
  downstreamRqTooManyPrematureResets: 'downstream_rq_too_many_premature_resets',
  downstreamRqTotal: 'downstream_rq_total',
  downstreamRqTxReset: 'downstream_rq_tx_reset',
  downstreamRqWsOnNonWsRoute: 'downstream_rq_ws_on_non_ws_route',
  rsTooLarge: 'rs_too_large',
} as const;

const gaugeNames = {
  downstreamCxActive: 'downstream_cx_active',
  downstreamCxHttp1Active: 'downstream_cx_http1_active',
  downstreamCxHttp1SoftDrain: 'downstream_cx_http1_soft_drain',
  downstreamCxHttp2Active: 'downstream_cx_http2_active',
  downstreamCxHttp3Active: 'downstream_cx_http3_active',
  downstreamCxRxBytesBuffered: 'downstream_cx_rx_bytes_buffered',
  downstreamCxSslActive: 'downstream_cx_ssl_active',
  downstreamCxTxBytesBuffered: 'downstream_cx_tx_bytes_buffered',
  downstreamCxUpgradesActive: 'downstream_cx_upgrades_active',
  downstreamRqActive: 'downstream_rq_active',
} as const;

/** Response classes by listener: `listener.ADDRESS.http.PREFIX.`. */
export interface ListenerHttpStats {
  /** Index 1 to 5. */
  readonly byClass: readonly (Counter | null)[];
  readonly completed: Counter;
}

export interface ConnectionManagerStats extends CounterGroup<typeof counterNames>, GaugeGroup<typeof gaugeNames> {
  readonly scope: StatsScope;
  readonly downstreamRqTime: Histogram;
  readonly downstreamCxLengthMs: Histogram;
  /** `downstream_rq_1xx` to `5xx` at index 1 to 5. */
  readonly byClass: readonly (Counter | null)[];
  readonly listener: ListenerHttpStats;
  readonly http1: Http1CodecStats;
  /** Made with the first connection that speaks it. */
  readonly http2: () => Http2CodecStats;
  /** `tracing.health_check`, which counts without tracing too; null for the admin interface. */
  readonly healthChecks: Counter | null;
}

/**
 * `scope` is `http.PREFIX.`, `listenerScope` `listener.ADDRESS.http.PREFIX.`, `root` has the codecs' own,
 * `tracingScope` `http.PREFIX.tracing.` (null for the admin interface, which has none).
 */
export function connectionManagerStats(
  scope: StatsScope,
  listenerScope: StatsScope,
  root: StatsScope,
  tracingScope: StatsScope | null,
): ConnectionManagerStats {
  const counted = counters(scope, counterNames);
  const http1Scope = root.scope('http1.');
  let http2: Http2CodecStats | null = null;
  return {
    ...counted,
    ...gauges(scope, gaugeNames),
    scope,
    downstreamRqTime: scope.histogram('downstream_rq_time', 'milliseconds'),
    downstreamCxLengthMs: scope.histogram('downstream_cx_length_ms', 'milliseconds'),
    byClass: [
      null,
      counted.downstreamRq1xx,
      counted.downstreamRq2xx,
      counted.downstreamRq3xx,
      counted.downstreamRq4xx,
      counted.downstreamRq5xx,
    ],
    listener: {
      byClass: [null, ...[1, 2, 3, 4, 5].map((digit) => listenerScope.counter(`downstream_rq_${digit}xx`))],
      completed: listenerScope.counter('downstream_rq_completed'),
    },
    healthChecks: tracingScope?.counter('health_check') ?? null,
    http1: {
      droppedHeadersWithUnderscores: http1Scope.counter('dropped_headers_with_underscores'),
      metadataNotSupportedError: http1Scope.counter('metadata_not_supported_error'),
      requestsRejectedWithUnderscoresInHeaders: http1Scope.counter('requests_rejected_with_underscores_in_headers'),
      responseFlood: http1Scope.counter('response_flood'),
    },
    http2: () => {
      http2 ??= http2CodecStats(root.scope('http2.'));
      return http2;
    },
  };
}
