// Owns the filter's statistics: `http.PREFIX.compressor.NAME.LIBRARY.*`, and there `request.*` and `response.*`.
import type { Counter, StatsScope } from '../../../../observability/stats/api.ts';

export interface DirectionStats {
  readonly compressed: Counter;
  readonly notCompressed: Counter;
  readonly totalUncompressedBytes: Counter;
  readonly totalCompressedBytes: Counter;
  readonly contentLengthTooSmall: Counter;
}

export function directionStats(scope: StatsScope, prefix: string): DirectionStats {
  return {
    compressed: scope.counter(`${prefix}compressed`),
    notCompressed: scope.counter(`${prefix}not_compressed`),
    totalUncompressedBytes: scope.counter(`${prefix}total_uncompressed_bytes`),
    totalCompressedBytes: scope.counter(`${prefix}total_compressed_bytes`),
    contentLengthTooSmall: scope.counter(`${prefix}content_length_too_small`),
  };
}

export interface NegotiationStats {
  readonly noAcceptHeader: Counter;
  readonly identity: Counter;
  readonly compressorUsed: Counter;
  readonly compressorOvershadowed: Counter;
  readonly wildcard: Counter;
  readonly notValid: Counter;
  readonly notCompressedEtag: Counter;
}

export function negotiationStats(scope: StatsScope): NegotiationStats {
  return {
    noAcceptHeader: scope.counter('no_accept_header'),
    identity: scope.counter('header_identity'),
    compressorUsed: scope.counter('header_compressor_used'),
    compressorOvershadowed: scope.counter('header_compressor_overshadowed'),
    wildcard: scope.counter('header_wildcard'),
    notValid: scope.counter('header_not_valid'),
    notCompressedEtag: scope.counter('not_compressed_etag'),
  };
}
