// What the filter is to do in each direction, and its statistics: `http.PREFIX.decompressor.NAME.LIBRARY.*`.
import type { RuntimeFlag } from '../../../../base/runtime.ts';
import type { Counter, StatsScope } from '../../../../observability/stats/api.ts';
import type { DecompressionErrorStats } from '../../../common/compression/inflation-guard.ts';
import type { DecompressionLibrary } from '../../../common/compression/library.ts';
import type { SizeNames } from './sizes.ts';

export interface DirectionStats {
  readonly decompressed: Counter;
  readonly notDecompressed: Counter;
  readonly totalUncompressedBytes: Counter;
  readonly totalCompressedBytes: Counter;
}

export function directionStats(scope: StatsScope, prefix: string): DirectionStats {
  return {
    decompressed: scope.counter(`${prefix}decompressed`),
    notDecompressed: scope.counter(`${prefix}not_decompressed`),
    totalUncompressedBytes: scope.counter(`${prefix}total_uncompressed_bytes`),
    totalCompressedBytes: scope.counter(`${prefix}total_compressed_bytes`),
  };
}

export interface DecompressorDirection {
  /** Null: always. */
  readonly enabled: RuntimeFlag | null;
  readonly ignoreNoTransform: boolean;
  readonly stats: DirectionStats;
}

export interface DecompressorSettings {
  readonly library: DecompressionLibrary;
  readonly sizeNames: SizeNames;
  readonly request: DecompressorDirection;
  readonly response: DecompressorDirection;
  /** Upstreams are told that the library's encoding is welcome. */
  readonly advertise: boolean;
  /** Bodies that could not be read to their end. */
  readonly errors: DecompressionErrorStats;
}
