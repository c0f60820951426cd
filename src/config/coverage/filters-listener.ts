/** Owns the coverage of the listener filters. */
import type { PackageCoverage } from './coverage.ts';

const filters = 'envoy.extensions.filters.listener';

export const filtersListener: PackageCoverage = {
  [`${filters}.original_src.v3.OriginalSrc`]: {
    implemented: ['mark'],
    harmless: { bind_port: 'Envoy does not read it either: the port of the connection is any' },
  },
  'envoy.extensions.filters.http.original_src.v3.OriginalSrc': { implemented: ['mark'] },
  [`${filters}.proxy_protocol.v3.ProxyProtocol`]: {
    implemented: [
      'rules',
      'allow_requests_without_proxy_protocol',
      'pass_through_tlvs',
      'disallowed_versions',
      'stat_prefix',
      'tlv_location',
    ],
  },
  [`${filters}.proxy_protocol.v3.ProxyProtocol.Rule`]: { implemented: ['tlv_type', 'on_tlv_present'] },
  [`${filters}.proxy_protocol.v3.ProxyProtocol.KeyValuePair`]: {
    implemented: ['metadata_namespace', 'key', 'value_string_encoding'],
  },
  [`${filters}.local_ratelimit.v3.LocalRateLimit`]: { implemented: ['stat_prefix', 'token_bucket', 'runtime_enabled'] },
  [`${filters}.tls_inspector.v3.TlsInspector`]: {
    implemented: [
      'enable_ja3_fingerprinting',
      'enable_ja4_fingerprinting',
      'close_connection_on_client_hello_parsing_errors',
      'max_client_hello_size',
    ],
    harmless: { initial_read_buffer_size: 'the buffer is as large as what has come' },
  },
  'envoy.config.core.v3.ProxyProtocolPassThroughTLVs': { implemented: ['match_type', 'tlv_type'] },
};
