// The manifest: every extension that is implemented, with its status and whether it may face untrusted peers. Only who
// composes the program reads it (server/main.ts, the CLI). `remora extensions` and docs/extensions.md are printed from it.
import type { ExtensionEntry } from '../config/extension-registry.ts';
import { accessLogFilters } from './access-log-filters/entries.ts';
import { accessLoggers } from './access-loggers/entries.ts';
import { clusterTypes } from './clusters/entries.ts';
import { compressionLibraries } from './compression/entries.ts';
import { httpFilters } from './filters/http/entries.ts';
import { listenerFilters } from './filters/listener/entries.ts';
import { networkFilters } from './filters/network/entries.ts';
import { udpFilters } from './filters/udp/entries.ts';
import { httpExtensions } from './http/entries.ts';
import { loadBalancingPolicies } from './load-balancing-policies/entries.ts';
import { transportSockets } from './transport-sockets/entries.ts';

const stable = { status: 'stable' } as const;
const facesBoth = { securityPosture: 'robust_to_untrusted_downstream_and_upstream' } as const;

/** Configuration that core reads itself: known by name, with nothing to load. */
function builtIn(name: string, category: string, ...typeNames: string[]): ExtensionEntry {
  return { name, category, typeNames, ...stable, ...facesBoth, load: () => Promise.resolve({ factory: null }) };
}

/** What matcher trees are made of. */
const matching: readonly ExtensionEntry[] = [
  builtIn(
    'envoy.matching.inputs.request_headers',
    'envoy.matching.http.input',
    'envoy.type.matcher.v3.HttpRequestHeaderMatchInput',
  ),
  builtIn(
    'envoy.matching.inputs.endpoint_metadata',
    'envoy.matching.transport_socket.input',
    'envoy.extensions.matching.common_inputs.transport_socket.v3.EndpointMetadataInput',
  ),
  builtIn(
    'envoy.matching.inputs.locality_metadata',
    'envoy.matching.transport_socket.input',
    'envoy.extensions.matching.common_inputs.transport_socket.v3.LocalityMetadataInput',
  ),
  builtIn(
    'envoy.matching.action.transport_socket.name',
    'envoy.matching.action',
    'envoy.extensions.matching.common_inputs.transport_socket.v3.TransportSocketNameAction',
  ),
  builtIn(
    'envoy.matching.inputs.destination_ip',
    'envoy.matching.http.input',
    'envoy.extensions.matching.common_inputs.network.v3.DestinationIPInput',
  ),
  builtIn(
    'envoy.matching.inputs.destination_port',
    'envoy.matching.http.input',
    'envoy.extensions.matching.common_inputs.network.v3.DestinationPortInput',
  ),
  builtIn(
    'envoy.matching.inputs.source_ip',
    'envoy.matching.http.input',
    'envoy.extensions.matching.common_inputs.network.v3.SourceIPInput',
  ),
  builtIn(
    'envoy.matching.inputs.source_port',
    'envoy.matching.http.input',
    'envoy.extensions.matching.common_inputs.network.v3.SourcePortInput',
  ),
  builtIn(
    'envoy.matching.inputs.direct_source_ip',
    'envoy.matching.http.input',
    'envoy.extensions.matching.common_inputs.network.v3.DirectSourceIPInput',
  ),
  builtIn(
    'envoy.matching.inputs.server_name',
    'envoy.matching.http.input',
    'envoy.extensions.matching.common_inputs.network.v3.ServerNameInput',
  ),
  builtIn(
    'envoy.matching.inputs.network_namespace',
    'envoy.matching.http.input',
    'envoy.extensions.matching.common_inputs.network.v3.NetworkNamespaceInput',
  ),
  builtIn(
    'envoy.matching.inputs.filter_state',
    'envoy.matching.http.input',
    'envoy.extensions.matching.common_inputs.network.v3.FilterStateInput',
  ),
  builtIn(
    'envoy.matching.inputs.dynamic_metadata',
    'envoy.matching.http.input',
    'envoy.extensions.matching.common_inputs.network.v3.DynamicMetadataInput',
  ),
  builtIn(
    'envoy.matching.inputs.transport_protocol',
    'envoy.matching.network.input',
    'envoy.extensions.matching.common_inputs.network.v3.TransportProtocolInput',
  ),
  builtIn(
    'envoy.matching.inputs.application_protocol',
    'envoy.matching.network.input',
    'envoy.extensions.matching.common_inputs.network.v3.ApplicationProtocolInput',
  ),
  builtIn('filter-chain-name', 'envoy.matching.action', 'google.protobuf.StringValue'),
  builtIn(
    'envoy.matching.inputs.source_type',
    'envoy.matching.http.input',
    'envoy.extensions.matching.common_inputs.network.v3.SourceTypeInput',
  ),
  builtIn('query_params', 'envoy.matching.http.input', 'envoy.type.matcher.v3.HttpRequestQueryParamMatchInput'),
  builtIn(
    'envoy.matching.inputs.request_trailers',
    'envoy.matching.http.input',
    'envoy.type.matcher.v3.HttpRequestTrailerMatchInput',
  ),
  builtIn(
    'envoy.matching.inputs.response_headers',
    'envoy.matching.http.input',
    'envoy.type.matcher.v3.HttpResponseHeaderMatchInput',
  ),
  builtIn(
    'envoy.matching.inputs.response_trailers',
    'envoy.matching.http.input',
    'envoy.type.matcher.v3.HttpResponseTrailerMatchInput',
  ),
  builtIn(
    'envoy.matching.inputs.status_code_input',
    'envoy.matching.http.input',
    'envoy.type.matcher.v3.HttpResponseStatusCodeMatchInput',
  ),
  builtIn(
    'envoy.matching.inputs.status_code_class_input',
    'envoy.matching.http.input',
    'envoy.type.matcher.v3.HttpResponseStatusCodeClassMatchInput',
  ),
  builtIn(
    'envoy.matching.inputs.local_reply',
    'envoy.matching.http.input',
    'envoy.type.matcher.v3.HttpResponseLocalReplyMatchInput',
  ),
  builtIn(
    'envoy.matching.inputs.uri_san',
    'envoy.matching.http.input',
    'envoy.extensions.matching.common_inputs.ssl.v3.UriSanInput',
  ),
  builtIn(
    'envoy.matching.inputs.dns_san',
    'envoy.matching.http.input',
    'envoy.extensions.matching.common_inputs.ssl.v3.DnsSanInput',
  ),
  builtIn(
    'envoy.matching.inputs.subject',
    'envoy.matching.http.input',
    'envoy.extensions.matching.common_inputs.ssl.v3.SubjectInput',
  ),
  builtIn(
    'envoy.matching.common_inputs.environment_variable',
    'envoy.matching.common_inputs',
    'envoy.extensions.matching.common_inputs.environment_variable.v3.Config',
  ),
  builtIn(
    'envoy.matching.matchers.ip',
    'envoy.matching.input_matchers',
    'envoy.extensions.matching.input_matchers.ip.v3.Ip',
  ),
  builtIn(
    'envoy.matching.matchers.consistent_hashing',
    'envoy.matching.input_matchers',
    'envoy.extensions.matching.input_matchers.consistent_hashing.v3.ConsistentHashing',
  ),
  builtIn(
    'envoy.matching.matchers.runtime_fraction',
    'envoy.matching.input_matchers',
    'envoy.extensions.matching.input_matchers.runtime_fraction.v3.RuntimeFraction',
  ),
  builtIn(
    'envoy.matching.matchers.metadata_matcher',
    'envoy.matching.input_matchers',
    'envoy.extensions.matching.input_matchers.metadata.v3.Metadata',
  ),
  builtIn(
    'envoy.matching.inputs.cel_data_input',
    'envoy.matching.http.input',
    'xds.type.matcher.v3.HttpAttributesCelMatchInput',
  ),
  builtIn('envoy.matching.matchers.cel_matcher', 'envoy.matching.input_matchers', 'xds.type.matcher.v3.CelMatcher'),
  builtIn(
    'envoy.matching.custom_matchers.ip_range_matcher',
    'envoy.matching.http.custom_matchers',
    'xds.type.matcher.v3.IPMatcher',
  ),
  builtIn(
    'envoy.matching.custom_matchers.domain_matcher',
    'envoy.matching.http.custom_matchers',
    'xds.type.matcher.v3.ServerNameMatcher',
  ),
  builtIn('route', 'envoy.matching.action', 'envoy.config.route.v3.Route'),
  builtIn('route_list', 'envoy.matching.action', 'envoy.config.route.v3.RouteList'),
  builtIn('envoy.filters.rbac.action', 'envoy.matching.action', 'envoy.config.rbac.v3.Action'),
  builtIn(
    'forward_client_cert',
    'envoy.matching.action',
    'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.ForwardClientCertConfig',
  ),
  builtIn(
    'envoy.rbac.matchers.upstream_ip_port',
    'envoy.rbac.matchers',
    'envoy.extensions.rbac.matchers.upstream_ip_port.v3.UpstreamIpPortMatcher',
  ),
  builtIn(
    'envoy.rbac.principals.mtls_authenticated',
    'envoy.rbac.principals',
    'envoy.extensions.rbac.principals.mtls_authenticated.v3.Config',
  ),
];

export const extensions: readonly ExtensionEntry[] = [
  ...networkFilters,
  ...listenerFilters,
  ...udpFilters,
  ...httpFilters,
  ...transportSockets,
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
  ...matching,
  builtIn(
    'envoy.router.cluster_specifier_plugin.matcher',
    'envoy.router.cluster_specifier_plugin',
    'envoy.extensions.router.cluster_specifiers.matcher.v3.MatcherClusterSpecifier',
  ),
  builtIn('cluster', 'envoy.matching.action', 'envoy.extensions.router.cluster_specifiers.matcher.v3.ClusterAction'),
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
];
