/** Owns why whole families of messages have no effect yet, for fields that the table says nothing of. The first that fits counts. */

const traces = 'traces: a later issue';
const hashing = 'the balancers that hash come in a later issue';
const scopes = 'scoped routes: issue 7';
const manager = 'envoy.extensions.filters.network.http_connection_manager.v3';

/** By the beginning of a message's full name. */
const families: readonly (readonly [beginning: string, reason: string])[] = [
  ['envoy.type.tracing.v3.', traces],
  ['envoy.type.metadata.v3.MetadataKind', `only tags of ${traces}`],
  ['envoy.config.route.v3.Decorator', traces],
  ['envoy.config.route.v3.Tracing', traces],
  [`${manager}.HttpConnectionManager.Tracing`, traces],
  [`${manager}.ScopedRoute`, scopes],
  ['envoy.config.route.v3.ScopedRouteConfiguration', scopes],
  ['envoy.config.route.v3.RouteAction.HashPolicy', hashing],
  ['envoy.config.route.v3.RateLimit.Override', 'only a rate limit service reads it: a later issue'],
  ['envoy.config.core.v3.Http3ProtocolOptions', 'HTTP/3: a later issue'],
  ['envoy.config.core.v3.HttpUri', 'what asks servers of its own over HTTP comes in later issues'],
  ['envoy.config.core.v3.RuntimePercent', 'only filters of later issues read it (admission_control)'],
  ['envoy.config.common.matcher.v3.', 'taps: a later issue'],
  ['envoy.type.v3.RateLimitStrategy', 'rate limit quotas: a later issue'],
  ['envoy.type.http.v3.Cookie', 'stateful sessions: a later issue'],
  ['envoy.extensions.http.stateful_session.', 'stateful sessions: a later issue'],
  ['envoy.extensions.http.cache', 'caches: a later issue'],
  ['envoy.extensions.http.custom_response.', 'the custom_response filter: a later issue'],
  ['envoy.extensions.http.injected_credentials.', 'the credential_injector filter: a later issue'],
];

/** '' for none. */
export function laterReason(messageName: string): string {
  return families.find(([beginning]) => messageName.startsWith(beginning))?.[1] ?? '';
}
