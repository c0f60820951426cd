// The manifest: every extension that is implemented, with its status and whether it may face untrusted peers. Only who
// composes the program reads it (server/main.ts, the CLI). `remora extensions` and docs/extensions.md are printed from it.
import type { ExtensionEntry } from '../config/extension-registry.ts';
import { accessLogFilters } from './access-log-filters/entries.ts';
import { accessLoggers } from './access-loggers/entries.ts';
import { clusterTypes } from './clusters/entries.ts';
import { compressionLibraries } from './compression/entries.ts';
import { httpFilters } from './filters/http/entries.ts';
import { httpExtensions } from './http/entries.ts';
import { loadBalancingPolicies } from './load-balancing-policies/entries.ts';

const stable = { status: 'stable' } as const;
const facesDownstream = { securityPosture: 'robust_to_untrusted_downstream' } as const;
const facesBoth = { securityPosture: 'robust_to_untrusted_downstream_and_upstream' } as const;

/** Configuration that core reads itself: known by name, with nothing to load. */
function builtIn(name: string, category: string, ...typeNames: string[]): ExtensionEntry {
  return { name, category, typeNames, ...stable, ...facesBoth, load: () => Promise.resolve({ factory: null }) };
}

export const extensions: readonly ExtensionEntry[] = [
  {
    name: 'envoy.filters.network.http_connection_manager',
    category: 'envoy.filters.network',
    typeNames: ['envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'],
    ...stable,
    ...facesDownstream,
    load: () => import('./filters/network/http-connection-manager/config.ts'),
  },
  ...httpFilters,
  ...httpExtensions,
  ...compressionLibraries,
  ...accessLogFilters,
  ...accessLoggers,
  ...clusterTypes,
  ...loadBalancingPolicies,
  builtIn(
    'envoy.http.stateful_header_formatters.preserve_case',
    'envoy.http.stateful_header_formatters',
    'envoy.extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig',
  ),
  builtIn('envoy.formatter.cel', 'envoy.formatter', 'envoy.extensions.formatter.cel.v3.Cel'),
  builtIn('envoy.formatter.metadata', 'envoy.formatter', 'envoy.extensions.formatter.metadata.v3.Metadata'),
  builtIn(
    'envoy.formatter.req_without_query',
    'envoy.formatter',
    'envoy.extensions.formatter.req_without_query.v3.ReqWithoutQuery',
  ),
  builtIn('envoy.request_id.uuid', 'envoy.request_id', 'envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig'),
  builtIn(
    'envoy.resource_monitors.global_downstream_max_connections',
    'envoy.resource_monitors',
    'envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig',
  ),
  builtIn(
    'envoy.retry_host_predicates.omit_canary_hosts',
    'envoy.retry_host_predicates',
    'envoy.extensions.retry.host.omit_canary_hosts.v3.OmitCanaryHostsPredicate',
  ),
  builtIn(
    'envoy.retry_host_predicates.omit_host_metadata',
    'envoy.retry_host_predicates',
    'envoy.extensions.retry.host.omit_host_metadata.v3.OmitHostMetadataConfig',
  ),
  builtIn(
    'envoy.retry_host_predicates.previous_hosts',
    'envoy.retry_host_predicates',
    'envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate',
  ),
  builtIn(
    'envoy.retry_priorities.previous_priorities',
    'envoy.retry_priorities',
    'envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig',
  ),
  builtIn(
    'envoy.internal_redirect_predicates.allow_listed_routes',
    'envoy.internal_redirect_predicates',
    'envoy.extensions.internal_redirect.allow_listed_routes.v3.AllowListedRoutesConfig',
  ),
  builtIn(
    'envoy.internal_redirect_predicates.previous_routes',
    'envoy.internal_redirect_predicates',
    'envoy.extensions.internal_redirect.previous_routes.v3.PreviousRoutesConfig',
  ),
  builtIn(
    'envoy.internal_redirect_predicates.safe_cross_scheme',
    'envoy.internal_redirect_predicates',
    'envoy.extensions.internal_redirect.safe_cross_scheme.v3.SafeCrossSchemeConfig',
  ),
  builtIn(
    'envoy.matching.inputs.request_headers',
    'envoy.matching.http.input',
    'envoy.type.matcher.v3.HttpRequestHeaderMatchInput',
  ),
  builtIn(
    'envoy.matching.inputs.filter_state',
    'envoy.matching.http.input',
    'envoy.extensions.matching.common_inputs.network.v3.FilterStateInput',
  ),
  builtIn('route', 'envoy.matching.action', 'envoy.config.route.v3.Route'),
  builtIn('route_list', 'envoy.matching.action', 'envoy.config.route.v3.RouteList'),
  builtIn(
    'envoy.path.match.uri_template.uri_template_matcher',
    'envoy.path.match',
    'envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig',
  ),
  builtIn(
    'envoy.path.rewrite.uri_template.uri_template_rewriter',
    'envoy.path.rewrite',
    'envoy.extensions.path.rewrite.uri_template.v3.UriTemplateRewriteConfig',
  ),
  builtIn(
    'envoy.transport_sockets.raw_buffer',
    'envoy.transport_sockets.downstream',
    'envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer',
  ),
];
