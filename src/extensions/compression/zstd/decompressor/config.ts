// Reads envoy.extensions.compression.zstd.decompressor.v3.Zstd.
import { constants, createZstdDecompress } from 'node:zlib';
import type { Message } from '@bufbuild/protobuf';
import type { Zstd } from '../../../../generated/envoy/extensions/compression/zstd/decompressor/v3/zstd_pb.d.ts';
import type { CompressionLibraryFactory } from '../../../common/compression/library.ts';

export const factory: CompressionLibraryFactory = {
  create(message: Message) {
    const zstd = message as Zstd;
    const options = {
      // A body that is cut off gives what can be read of it.
      finishFlush: constants.ZSTD_e_flush,
      chunkSize: Math.max(64, zstd.chunkSize ?? 4096),
    };
    return {
      contentEncoding: 'zstd',
      statName: 'zstd',
      createStream: () => createZstdDecompress(options),
      maxInflateRatio: 100,
      errorStats: ['zstd_generic_error', 'zstd_dictionary_error', 'zstd_checksum_wrong_error', 'zstd_memory_error'],
    };
  },
};
