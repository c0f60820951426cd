/**
 * Owns the coverage of what matcher trees (xds.type.matcher.v3.Matcher) are made of: inputs, and custom matchers. The older
 * form of trees (envoy.config.common.matcher.v3) is taken by ExtensionWithMatcher, tap and outlier detection by errors only,
 * none of which is implemented.
 */
import type { PackageCoverage } from './coverage.ts';

const notThereYet =
  'rate limits, which alone take the input, are asked before there is one: as in Envoy they never apply';

export const matching: PackageCoverage = {
  'envoy.type.matcher.v3.HttpRequestQueryParamMatchInput': { implemented: ['query_param'] },
  'envoy.type.matcher.v3.HttpRequestTrailerMatchInput': { harmless: { header_name: notThereYet } },
  'envoy.type.matcher.v3.HttpResponseHeaderMatchInput': { harmless: { header_name: notThereYet } },
  'envoy.type.matcher.v3.HttpResponseTrailerMatchInput': { harmless: { header_name: notThereYet } },
  'envoy.type.matcher.v3.HttpRequestHeaderMatchInput': { implemented: ['header_name'] },
  'envoy.extensions.matching.common_inputs.network.v3.FilterStateInput': { implemented: ['key', 'field'] },
  'envoy.extensions.matching.common_inputs.network.v3.DynamicMetadataInput': { implemented: ['filter', 'path'] },
  'envoy.extensions.matching.common_inputs.network.v3.DynamicMetadataInput.PathSegment': { implemented: ['key'] },
  'envoy.extensions.matching.common_inputs.transport_socket.v3.EndpointMetadataInput': {
    implemented: ['filter', 'path'],
  },
  'envoy.extensions.matching.common_inputs.transport_socket.v3.EndpointMetadataInput.PathSegment': {
    implemented: ['key'],
  },
  'envoy.extensions.matching.common_inputs.transport_socket.v3.LocalityMetadataInput': {
    implemented: ['filter', 'path'],
  },
  'envoy.extensions.matching.common_inputs.transport_socket.v3.LocalityMetadataInput.PathSegment': {
    implemented: ['key'],
  },
  'envoy.extensions.matching.common_inputs.transport_socket.v3.TransportSocketNameAction': { implemented: ['name'] },
  'envoy.extensions.matching.common_inputs.environment_variable.v3.Config': { implemented: ['name'] },
  'envoy.extensions.matching.input_matchers.ip.v3.Ip': { implemented: ['cidr_ranges', 'stat_prefix'] },
  'envoy.extensions.matching.input_matchers.consistent_hashing.v3.ConsistentHashing': {
    implemented: ['threshold', 'modulo', 'seed'],
  },
  'envoy.extensions.matching.input_matchers.runtime_fraction.v3.RuntimeFraction': {
    implemented: ['runtime_fraction', 'seed'],
  },
  'envoy.extensions.matching.input_matchers.metadata.v3.Metadata': { implemented: ['value', 'invert'] },
};
