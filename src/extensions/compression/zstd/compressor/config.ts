// Reads envoy.extensions.compression.zstd.compressor.v3.Zstd.
import { constants, createZstdCompress } from 'node:zlib';
import type { Message } from '@bufbuild/protobuf';
import type { Zstd } from '../../../../generated/envoy/extensions/compression/zstd/compressor/v3/zstd_pb.d.ts';
import type { CompressionLibraryFactory } from '../../../common/compression/library.ts';
import { readDictionary } from '../../../common/compression/zstd-dictionary-config.ts';

export const factory: CompressionLibraryFactory = {
  create(message: Message, config) {
    const zstd = message as Zstd;
    const dictionary =
      zstd.dictionary === undefined ? undefined : readDictionary(zstd.dictionary, zstd, 'dictionary', config);
    if (zstd.dictionary !== undefined && dictionary === undefined) return undefined;
    const options = {
      params: {
        [constants.ZSTD_c_compressionLevel]: zstd.compressionLevel ?? 3,
        [constants.ZSTD_c_checksumFlag]: zstd.enableChecksum ? 1 : 0,
        // The library's numbers are the API's; 0 leaves the choice to the level.
        ...(zstd.strategy === 0 ? {} : { [constants.ZSTD_c_strategy]: zstd.strategy as number }),
      },
      ...(dictionary === undefined ? {} : { dictionary: dictionary.bytes }),
      chunkSize: Math.max(64, zstd.chunkSize ?? 4096),
      // What has come goes out at once: it may be an answer somebody waits for.
      flush: constants.ZSTD_e_flush,
    };
    return {
      contentEncoding: 'zstd',
      statName: 'zstd',
      createStream: () => createZstdCompress(options),
    };
  },
};
