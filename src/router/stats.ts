// Owns the router filter's statistics, under `http.PREFIX.`.
// Source: https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter#statistics
import type { StatsScope } from '../observability/stats/api.ts';
import { type CounterGroup, counters } from '../observability/stats/group.ts';

const names = {
  noCluster: 'no_cluster',
  noRoute: 'no_route',
  passthroughInternalRedirectBadLocation: 'passthrough_internal_redirect_bad_location',
  passthroughInternalRedirectNoRoute: 'passthrough_internal_redirect_no_route',
  passthroughInternalRedirectPredicate: 'passthrough_internal_redirect_predicate',
  passthroughInternalRedirectTooManyRedirects: 'passthrough_internal_redirect_too_many_redirects',
  passthroughInternalRedirectUnsafeScheme: 'passthrough_internal_redirect_unsafe_scheme',
  rqDirectResponse: 'rq_direct_response',
  rqOverloadLocalReply: 'rq_overload_local_reply',
  rqRedirect: 'rq_redirect',
  rqResetAfterDownstreamResponseStarted: 'rq_reset_after_downstream_response_started',
  rqTotal: 'rq_total',
} as const;

export type RouterStats = CounterGroup<typeof names>;

export function routerStats(scope: StatsScope): RouterStats {
  return counters(scope, names);
}
