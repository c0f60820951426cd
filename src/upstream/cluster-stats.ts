// Owns the statistics of one cluster under `cluster.NAME.`: Envoy's names, as fields, so that nobody looks one up by
// name on the request path. Status codes get their counters when a status is first seen, as in Envoy.
// https://www.envoyproxy.io/docs/envoy/latest/configuration/upstream/cluster_manager/cluster_stats
import type { Http1CodecStats } from '../http/codec/api.ts';
import { type Http2CodecStats, http2CodecStats } from '../http/codec/h2/api.ts';
import type { Counter, Gauge, Histogram, StatsScope } from '../observability/stats/api.ts';
import type { ClusterTrafficStats } from './api.ts';

export class ClusterStats implements ClusterTrafficStats {
  readonly scope: StatsScope;

  // Connections, written by pools.
  readonly upstreamCxTotal: Counter;
  readonly upstreamCxActive: Gauge;
  readonly upstreamCxHttp1Total: Counter;
  readonly upstreamCxHttp2Total: Counter;
  readonly upstreamCxConnectFail: Counter;
  readonly upstreamCxConnectTimeout: Counter;
  readonly upstreamCxConnectAttemptsExceeded: Counter;
  readonly upstreamCxOverflow: Counter;
  readonly upstreamCxPoolOverflow: Counter;
  readonly upstreamCxConnectMs: Histogram;
  readonly upstreamCxLengthMs: Histogram;
  readonly upstreamCxDestroy: Counter;
  readonly upstreamCxDestroyLocal: Counter;
  readonly upstreamCxDestroyRemote: Counter;
  readonly upstreamCxDestroyWithActiveRq: Counter;
  readonly upstreamCxDestroyLocalWithActiveRq: Counter;
  readonly upstreamCxDestroyRemoteWithActiveRq: Counter;
  readonly upstreamCxCloseNotify: Counter;
  readonly upstreamCxRxBytesTotal: Counter;
  readonly upstreamCxTxBytesTotal: Counter;
  readonly upstreamCxIdleTimeout: Counter;
  readonly upstreamCxMaxRequests: Counter;
  readonly upstreamCxMaxDurationReached: Counter;
  readonly upstreamCxNoneHealthy: Counter;
  readonly upstreamCxProtocolError: Counter;
  readonly upstreamRqPerCx: Histogram;
  readonly bindErrors: Counter;

  // Requests: total, active, pending and cancelled by pools, the others by the router.
  readonly upstreamRqTotal: Counter;
  readonly upstreamRqActive: Gauge;
  readonly upstreamRqPendingTotal: Counter;
  readonly upstreamRqPendingActive: Gauge;
  readonly upstreamRqPendingOverflow: Counter;
  readonly upstreamRqPendingFailureEject: Counter;
  readonly upstreamRqActiveOverflow: Counter;
  readonly upstreamRqCancelled: Counter;
  readonly upstreamRqCompleted: Counter;
  readonly upstreamRqTimeout: Counter;
  readonly upstreamRqPerTryTimeout: Counter;
  readonly upstreamInternalRedirectFailedTotal: Counter;
  readonly upstreamInternalRedirectSucceededTotal: Counter;
  readonly upstreamRqPerTryIdleTimeout: Counter;
  readonly upstreamRqMaxDurationReached: Counter;
  readonly upstreamRqRxReset: Counter;
  readonly upstreamRqTxReset: Counter;
  readonly upstreamRqRetry: Counter;
  readonly upstreamRqRetrySuccess: Counter;
  readonly upstreamRqRetryLimitExceeded: Counter;
  readonly upstreamRqRetryOverflow: Counter;
  readonly upstreamRqRetryBackoffExponential: Counter;
  readonly upstreamRqRetryBackoffRatelimited: Counter;
  readonly retryOrShadowAbandoned: Counter;
  readonly upstreamRqMaintenanceMode: Counter;
  readonly upstreamFlowControlPausedReading: Counter;
  readonly upstreamFlowControlResumedReading: Counter;
  readonly upstreamFlowControlBackedUp: Counter;
  readonly upstreamFlowControlDrained: Counter;

  // Membership and discovery.
  readonly membershipChange: Counter;
  readonly membershipHealthy: Gauge;
  readonly membershipDegraded: Gauge;
  readonly membershipExcluded: Gauge;
  readonly membershipTotal: Gauge;
  readonly maxHostWeight: Gauge;
  readonly updateAttempt: Counter;
  readonly updateSuccess: Counter;
  readonly updateFailure: Counter;
  readonly updateEmpty: Counter;
  /** A header or metadata that should name a host and names none. */
  readonly originalDstHostInvalid: Counter;
  readonly updateNoRebuild: Counter;
  readonly version: Gauge;
  readonly warmingState: Gauge;

  // Load balancing.
  readonly lbHealthyPanic: Counter;
  readonly lbSubsetsActive: Gauge;
  readonly lbSubsetsCreated: Counter;
  readonly lbSubsetsRemoved: Counter;
  readonly lbSubsetsSelected: Counter;
  readonly lbSubsetsFallback: Counter;
  readonly lbSubsetsFallbackPanic: Counter;
  /** Hosts whose transport socket is the cluster's own, no match of transport_socket_matches. */
  readonly defaultTransportSocketMatch: Counter;

  /** Index: status - 100. */
  readonly #codes: (Counter | null)[] = [];
  readonly #classes: (Counter | null)[] = [];
  readonly #retriedCodes: (Counter | null)[] = [];
  readonly #retriedClasses: (Counter | null)[] = [];
  #retriedCompleted: Counter | null = null;
  readonly #internal: ResponseGroup;
  readonly #external: ResponseGroup;
  readonly #canary: ResponseGroup;
  /** From this process's zone to the host's, `zone.FROM.TO.`; a mesh has a handful. */
  readonly #zones: { readonly to: string; readonly group: ResponseGroup }[] = [];
  #rqTime: Histogram | null = null;
  #http1: Http1CodecStats | null = null;
  #http2: Http2CodecStats | null = null;

  constructor(scope: StatsScope) {
    this.scope = scope;
    const counter = (name: string): Counter => scope.counter(name);
    const gauge = (name: string): Gauge => scope.gauge(name);
    this.upstreamCxTotal = counter('upstream_cx_total');
    this.upstreamCxActive = gauge('upstream_cx_active');
    this.upstreamCxHttp1Total = counter('upstream_cx_http1_total');
    this.upstreamCxHttp2Total = counter('upstream_cx_http2_total');
    this.upstreamCxConnectFail = counter('upstream_cx_connect_fail');
    this.upstreamCxConnectTimeout = counter('upstream_cx_connect_timeout');
    this.upstreamCxConnectAttemptsExceeded = counter('upstream_cx_connect_attempts_exceeded');
    this.upstreamCxOverflow = counter('upstream_cx_overflow');
    this.upstreamCxPoolOverflow = counter('upstream_cx_pool_overflow');
    this.upstreamCxConnectMs = scope.histogram('upstream_cx_connect_ms', 'milliseconds');
    this.upstreamCxLengthMs = scope.histogram('upstream_cx_length_ms', 'milliseconds');
    this.upstreamCxDestroy = counter('upstream_cx_destroy');
    this.upstreamCxDestroyLocal = counter('upstream_cx_destroy_local');
    this.upstreamCxDestroyRemote = counter('upstream_cx_destroy_remote');
    this.upstreamCxDestroyWithActiveRq = counter('upstream_cx_destroy_with_active_rq');
    this.upstreamCxDestroyLocalWithActiveRq = counter('upstream_cx_destroy_local_with_active_rq');
    this.upstreamCxDestroyRemoteWithActiveRq = counter('upstream_cx_destroy_remote_with_active_rq');
    this.upstreamCxCloseNotify = counter('upstream_cx_close_notify');
    this.upstreamCxRxBytesTotal = counter('upstream_cx_rx_bytes_total');
    this.upstreamCxTxBytesTotal = counter('upstream_cx_tx_bytes_total');
    this.upstreamCxIdleTimeout = counter('upstream_cx_idle_timeout');
    this.upstreamCxMaxRequests = counter('upstream_cx_max_requests');
    this.upstreamCxMaxDurationReached = counter('upstream_cx_max_duration_reached');
    this.upstreamCxNoneHealthy = counter('upstream_cx_none_healthy');
    this.upstreamCxProtocolError = counter('upstream_cx_protocol_error');
    this.upstreamRqPerCx = scope.histogram('upstream_rq_per_cx', 'unspecified');
    this.bindErrors = counter('bind_errors');

    this.upstreamRqTotal = counter('upstream_rq_total');
    this.upstreamRqActive = gauge('upstream_rq_active');
    this.upstreamRqPendingTotal = counter('upstream_rq_pending_total');
    this.upstreamRqPendingActive = gauge('upstream_rq_pending_active');
    this.upstreamRqPendingOverflow = counter('upstream_rq_pending_overflow');
    this.upstreamRqPendingFailureEject = counter('upstream_rq_pending_failure_eject');
    this.upstreamRqActiveOverflow = counter('upstream_rq_active_overflow');
    this.upstreamRqCancelled = counter('upstream_rq_cancelled');
    this.upstreamRqCompleted = counter('upstream_rq_completed');
    this.upstreamRqTimeout = counter('upstream_rq_timeout');
    this.upstreamRqPerTryTimeout = counter('upstream_rq_per_try_timeout');
    this.upstreamInternalRedirectFailedTotal = counter('upstream_internal_redirect_failed_total');
    this.upstreamInternalRedirectSucceededTotal = counter('upstream_internal_redirect_succeeded_total');
    this.upstreamRqPerTryIdleTimeout = counter('upstream_rq_per_try_idle_timeout');
    this.upstreamRqMaxDurationReached = counter('upstream_rq_max_duration_reached');
    this.upstreamRqRxReset = counter('upstream_rq_rx_reset');
    this.upstreamRqTxReset = counter('upstream_rq_tx_reset');
    this.upstreamRqRetry = counter('upstream_rq_retry');
    this.upstreamRqRetrySuccess = counter('upstream_rq_retry_success');
    this.upstreamRqRetryLimitExceeded = counter('upstream_rq_retry_limit_exceeded');
    this.upstreamRqRetryOverflow = counter('upstream_rq_retry_overflow');
    this.upstreamRqRetryBackoffExponential = counter('upstream_rq_retry_backoff_exponential');
    this.upstreamRqRetryBackoffRatelimited = counter('upstream_rq_retry_backoff_ratelimited');
    this.retryOrShadowAbandoned = counter('retry_or_shadow_abandoned');
    this.upstreamRqMaintenanceMode = counter('upstream_rq_maintenance_mode');
    this.upstreamFlowControlPausedReading = counter('upstream_flow_control_paused_reading_total');
    this.upstreamFlowControlResumedReading = counter('upstream_flow_control_resumed_reading_total');
    this.upstreamFlowControlBackedUp = counter('upstream_flow_control_backed_up_total');
    this.upstreamFlowControlDrained = counter('upstream_flow_control_drained_total');

    this.membershipChange = counter('membership_change');
    this.membershipHealthy = gauge('membership_healthy');
    this.membershipDegraded = gauge('membership_degraded');
    this.membershipExcluded = gauge('membership_excluded');
    this.membershipTotal = gauge('membership_total');
    this.maxHostWeight = gauge('max_host_weight');
    this.updateAttempt = counter('update_attempt');
    this.updateSuccess = counter('update_success');
    this.updateFailure = counter('update_failure');
    this.updateEmpty = counter('update_empty');
    this.originalDstHostInvalid = counter('original_dst_host_invalid');
    this.updateNoRebuild = counter('update_no_rebuild');
    this.version = gauge('version');
    this.warmingState = gauge('warming_state');

    this.lbHealthyPanic = counter('lb_healthy_panic');
    this.lbSubsetsActive = gauge('lb_subsets_active');
    this.lbSubsetsCreated = counter('lb_subsets_created');
    this.lbSubsetsRemoved = counter('lb_subsets_removed');
    this.lbSubsetsSelected = counter('lb_subsets_selected');
    this.lbSubsetsFallback = counter('lb_subsets_fallback');
    this.lbSubsetsFallbackPanic = counter('lb_subsets_fallback_panic');
    this.defaultTransportSocketMatch = counter('default.total_match_count');
    for (const name of laterCounters) counter(name);
    for (const name of laterGauges) gauge(name);

    this.#internal = new ResponseGroup(scope, 'internal.');
    this.#external = new ResponseGroup(scope, 'external.');
    this.#canary = new ResponseGroup(scope, 'canary.');
  }

  /** Made with the first balancer of subsets, as in Envoy. */
  get lbSubsetsSingleHostPerSubsetDuplicate(): Gauge {
    return this.scope.gauge('lb_subsets_single_host_per_subset_duplicate');
  }

  /** Made with the first codec, as in Envoy. */
  get http1(): Http1CodecStats {
    this.#http1 ??= {
      droppedHeadersWithUnderscores: this.scope.counter('http1.dropped_headers_with_underscores'),
      metadataNotSupportedError: this.scope.counter('http1.metadata_not_supported_error'),
      requestsRejectedWithUnderscoresInHeaders: this.scope.counter(
        'http1.requests_rejected_with_underscores_in_headers',
      ),
      responseFlood: this.scope.counter('http1.response_flood'),
    };
    return this.#http1;
  }

  /** Made with the first codec, as in Envoy. */
  get http2(): Http2CodecStats {
    this.#http2 ??= http2CodecStats(this.scope.scope('http2.'));
    return this.#http2;
  }

  /**
   * Counts the response in all its groups, `upstream_rq_completed` too. Codes outside 100..599 count as completed only.
   * `byStatus` false: the cluster's own counters leave the status out (suppress_grpc_request_failure_code_stats).
   */
  recordResponse(status: number, internalRequest: boolean, canary: boolean, byStatus = true): void {
    this.upstreamRqCompleted.inc();
    if (byStatus) countStatus(this.scope, '', this.#codes, this.#classes, status);
    (internalRequest ? this.#internal : this.#external).record(status);
    if (canary) this.#canary.record(status);
  }

  /** Under `retry.`: the answer to the client is still to come. */
  recordRetried(status: number): void {
    this.#retriedCompleted ??= this.scope.counter('retry.upstream_rq_completed');
    this.#retriedCompleted.inc();
    countStatus(this.scope, 'retry.', this.#retriedCodes, this.#retriedClasses, status);
  }

  recordResponseTime(milliseconds: number, internalRequest: boolean): void {
    this.#rqTime ??= this.scope.histogram('upstream_rq_time', 'milliseconds');
    this.#rqTime.record(milliseconds);
    (internalRequest ? this.#internal : this.#external).recordTime(milliseconds);
  }

  /** The same by zones; counted where both are known, as in Envoy. `from` is this process's and never changes. */
  recordZoneResponse(from: string, to: string, status: number): void {
    if (from !== '' && to !== '') this.#zone(from, to).record(status);
  }

  recordZoneResponseTime(from: string, to: string, milliseconds: number): void {
    if (from !== '' && to !== '') this.#zone(from, to).recordTime(milliseconds);
  }

  #zone(from: string, to: string): ResponseGroup {
    for (const zone of this.#zones) if (zone.to === to) return zone.group;
    const group = new ResponseGroup(this.scope, `zone.${from}.${to}.`);
    this.#zones.push({ to, group });
    return group;
  }
}

/** Shown at zero, as Envoy shows them, until the features of later issues write them. */
const laterCounters = [
  'assignment_stale',
  'assignment_timeout_received',
  'assignment_use_cached',
  'lb_local_cluster_not_ok',
  'lb_recalculate_zone_structures',
  'lb_zone_cluster_too_small',
  'lb_zone_no_capacity_left',
  'lb_zone_routing_all_directly',
  'lb_zone_routing_cross_zone',
  'lb_zone_routing_sampled',
  'upstream_cx_connect_with_0_rtt',
  'upstream_cx_http3_total',
  'upstream_cx_preconnect_skipped',
  'upstream_http3_broken',
  'upstream_rq_0rtt',
  'upstream_rq_rx_reset_no_error',
] as const;

const laterGauges = [
  'upstream_cx_rx_bytes_buffered',
  'upstream_cx_tx_bytes_buffered',
  'upstream_queue_overloaded',
] as const;

/** `internal.`, `external.` or `canary.` twins of the response counters, or those of a virtual cluster; made when first needed. */
export class ResponseGroup {
  readonly #scope: StatsScope;
  readonly #prefix: string;
  readonly #codes: (Counter | null)[] = [];
  readonly #classes: (Counter | null)[] = [];
  #completed: Counter | null = null;
  #time: Histogram | null = null;

  constructor(scope: StatsScope, prefix: string) {
    this.#scope = scope;
    this.#prefix = prefix;
  }

  record(status: number): void {
    this.#completed ??= this.#scope.counter(`${this.#prefix}upstream_rq_completed`);
    this.#completed.inc();
    countStatus(this.#scope, this.#prefix, this.#codes, this.#classes, status);
  }

  recordTime(milliseconds: number): void {
    this.#time ??= this.#scope.histogram(`${this.#prefix}upstream_rq_time`, 'milliseconds');
    this.#time.record(milliseconds);
  }
}

function countStatus(
  scope: StatsScope,
  prefix: string,
  codes: (Counter | null)[],
  classes: (Counter | null)[],
  status: number,
): void {
  // Arrays are filled to their length first: holes would make them dictionaries.
  if (codes.length === 0) {
    for (let i = 0; i < 500; i++) codes.push(null);
    for (let i = 0; i < 5; i++) classes.push(null);
  }
  const index = status - 100;
  if (index < 0 || index >= 500) return;
  let code = codes[index];
  if (code === null || code === undefined) {
    code = scope.counter(`${prefix}upstream_rq_${status}`);
    codes[index] = code;
  }
  code.inc();
  const group = Math.floor(index / 100);
  let byClass = classes[group];
  if (byClass === null || byClass === undefined) {
    byClass = scope.counter(`${prefix}upstream_rq_${group + 1}xx`);
    classes[group] = byClass;
  }
  byClass.inc();
}
