/** Owns the coverage of the HTTP filters compressor and decompressor and of their libraries. */
import type { PackageCoverage } from './coverage.ts';

export const filtersCompression: PackageCoverage = {
  'envoy.extensions.filters.http.compressor.v3.Compressor': {
    implemented: [
      'content_length',
      'content_type',
      'disable_on_etag_header',
      'remove_accept_encoding_header',
      'runtime_enabled',
      'compressor_library',
      'request_direction_config',
      'response_direction_config',
      'choose_first',
    ],
  },
  'envoy.extensions.filters.http.compressor.v3.Compressor.CommonDirectionConfig': {
    implemented: ['enabled', 'min_content_length', 'content_type', 'content_type_matcher'],
  },
  'envoy.extensions.filters.http.compressor.v3.Compressor.RequestDirectionConfig': { implemented: ['common_config'] },
  'envoy.extensions.filters.http.compressor.v3.Compressor.ResponseDirectionConfig': {
    implemented: [
      'common_config',
      'disable_on_etag_header',
      'weaken_etag_on_compress',
      'remove_accept_encoding_header',
      'uncompressible_response_codes',
      'status_header_enabled',
    ],
  },
  'envoy.extensions.filters.http.compressor.v3.CompressorPerRoute': { implemented: ['disabled', 'overrides'] },
  'envoy.extensions.filters.http.compressor.v3.CompressorOverrides': {
    implemented: ['response_direction_config', 'compressor_library'],
  },
  'envoy.extensions.filters.http.compressor.v3.ResponseDirectionOverrides': {
    implemented: ['remove_accept_encoding_header'],
  },
  'envoy.extensions.compression.gzip.compressor.v3.Gzip': {
    implemented: ['memory_level', 'compression_level', 'compression_strategy', 'window_bits', 'chunk_size'],
  },
  'envoy.extensions.compression.brotli.compressor.v3.Brotli': {
    implemented: [
      'quality',
      'encoder_mode',
      'window_bits',
      'input_block_bits',
      'chunk_size',
      'disable_literal_context_modeling',
    ],
  },
  'envoy.extensions.compression.zstd.compressor.v3.Zstd': {
    implemented: ['compression_level', 'enable_checksum', 'strategy', 'dictionary', 'chunk_size'],
  },
  'envoy.config.core.v3.RuntimeFeatureFlag': { implemented: ['default_value', 'runtime_key'] },
  'envoy.extensions.filters.http.decompressor.v3.Decompressor': {
    implemented: ['decompressor_library', 'request_direction_config', 'response_direction_config'],
  },
  'envoy.extensions.filters.http.decompressor.v3.Decompressor.CommonDirectionConfig': {
    implemented: ['enabled', 'ignore_no_transform_header'],
  },
  'envoy.extensions.filters.http.decompressor.v3.Decompressor.RequestDirectionConfig': {
    implemented: ['common_config', 'advertise_accept_encoding'],
  },
  'envoy.extensions.filters.http.decompressor.v3.Decompressor.ResponseDirectionConfig': {
    implemented: ['common_config'],
  },
  'envoy.extensions.compression.gzip.decompressor.v3.Gzip': {
    implemented: ['window_bits', 'chunk_size', 'max_inflate_ratio'],
  },
  'envoy.extensions.compression.brotli.decompressor.v3.Brotli': {
    implemented: ['disable_ring_buffer_reallocation', 'chunk_size'],
  },
  'envoy.extensions.compression.zstd.decompressor.v3.Zstd': {
    implemented: ['dictionaries', 'chunk_size'],
  },
};
