// Owns the statistics of one DNS cache, `dns_cache.NAME.*`.
import type { Counter, Gauge, StatsScope } from '../../../observability/stats/api.ts';

export class DnsCacheStats {
  readonly dnsAddressFilterOut: Counter;
  readonly dnsQueryAttempt: Counter;
  readonly dnsQuerySuccess: Counter;
  readonly dnsQueryFailure: Counter;
  readonly dnsQueryTimeout: Counter;
  readonly dnsRqPendingOverflow: Counter;
  readonly hostAdded: Counter;
  readonly hostAddressChanged: Counter;
  readonly hostOverflow: Counter;
  readonly hostRemoved: Counter;
  readonly numHosts: Gauge;
  readonly rqPendingOpen: Gauge;
  readonly rqPendingRemaining: Gauge;

  /** `scope`: `dns_cache.NAME.` */
  constructor(scope: StatsScope) {
    this.dnsQueryAttempt = scope.counter('dns_query_attempt');
    this.dnsQuerySuccess = scope.counter('dns_query_success');
    this.dnsQueryFailure = scope.counter('dns_query_failure');
    this.dnsQueryTimeout = scope.counter('dns_query_timeout');
    this.dnsRqPendingOverflow = scope.counter('dns_rq_pending_overflow');
    this.hostAdded = scope.counter('host_added');
    this.hostAddressChanged = scope.counter('host_address_changed');
    this.hostOverflow = scope.counter('host_overflow');
    this.hostRemoved = scope.counter('host_removed');
    this.numHosts = scope.gauge('num_hosts');
    this.rqPendingOpen = scope.gauge('circuit_breakers.rq_pending_open');
    this.rqPendingRemaining = scope.gauge('circuit_breakers.rq_pending_remaining');
    // Of a store of names on disk, which is not here: Envoy shows it all the same.
    scope.counter('cache_load');
    this.dnsAddressFilterOut = scope.counter('dns_address_filter_out');
  }
}
