/** Owns the coverage of rate limits in routes: how a request is described for whoever counts. */
import type { PackageCoverage } from './coverage.ts';

const plainValue = 'descriptor_value is plain text, as in Envoy by default';

export const rateLimit: PackageCoverage = {
  'envoy.config.route.v3.RateLimit': {
    implemented: ['stage', 'disable_key', 'actions', 'hits_addend', 'x_ratelimit_option', 'apply_on_stream_done'],
    harmless: { limit: 'only a rate limit service reads it' },
  },
  'envoy.config.route.v3.RateLimit.HitsAddend': {
    implemented: ['number', 'format'],
    harmless: { is_negative_hits: 'only a rate limit service reads it' },
  },
  'envoy.config.route.v3.RateLimit.Action': {
    implemented: [
      'source_cluster',
      'destination_cluster',
      'request_headers',
      'query_parameters',
      'remote_address',
      'generic_key',
      'header_value_match',
      'metadata',
      'masked_remote_address',
      'query_parameter_value_match',
      'remote_address_match',
      'extension',
    ],
    refused: { dynamic_metadata: 'Envoy refuses it by default; use metadata' },
  },
  'envoy.config.route.v3.RateLimit.Action.RequestHeaders': {
    implemented: ['header_name', 'descriptor_key', 'skip_if_absent'],
  },
  'envoy.config.route.v3.RateLimit.Action.QueryParameters': {
    implemented: ['query_parameter_name', 'descriptor_key', 'skip_if_absent'],
  },
  'envoy.config.route.v3.RateLimit.Action.MaskedRemoteAddress': {
    implemented: ['v4_prefix_mask_len', 'v6_prefix_mask_len'],
  },
  'envoy.config.route.v3.RateLimit.Action.GenericKey': {
    implemented: ['descriptor_value', 'descriptor_key'],
    harmless: { default_value: plainValue },
  },
  'envoy.config.route.v3.RateLimit.Action.HeaderValueMatch': {
    implemented: ['descriptor_value', 'descriptor_key', 'expect_match', 'headers'],
    harmless: { default_value: plainValue },
  },
  'envoy.config.route.v3.RateLimit.Action.QueryParameterValueMatch': {
    implemented: ['descriptor_value', 'descriptor_key', 'expect_match', 'query_parameters'],
    harmless: { default_value: plainValue },
  },
  'envoy.config.route.v3.RateLimit.Action.RemoteAddressMatch': {
    implemented: ['descriptor_value', 'descriptor_key', 'address_matcher'],
    harmless: { default_value: plainValue },
  },
  'envoy.config.route.v3.RateLimit.Action.MetaData': {
    implemented: ['descriptor_key', 'metadata_key', 'default_value', 'source', 'skip_if_absent'],
  },
  'envoy.type.metadata.v3.MetadataKey': { implemented: ['key', 'path'] },
  'envoy.type.metadata.v3.MetadataKey.PathSegment': { implemented: ['key'] },
  'envoy.type.matcher.v3.AddressMatcher': { implemented: ['ranges', 'invert_match'] },
};
