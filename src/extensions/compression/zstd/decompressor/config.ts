// Reads envoy.extensions.compression.zstd.decompressor.v3.Zstd.
import { constants, createZstdDecompress } from 'node:zlib';
import type { Message } from '@bufbuild/protobuf';
import type { Zstd } from '../../../../generated/envoy/extensions/compression/zstd/decompressor/v3/zstd_pb.d.ts';
import type { DecompressionLibraryFactory } from '../../../common/compression/library.ts';
import { dictionaryIdOf, frameHeadLength, readDictionary } from '../../../common/compression/zstd-dictionary-config.ts';

export const factory: DecompressionLibraryFactory = {
  create(message: Message, config) {
    const zstd = message as Zstd;
    const read = zstd.dictionaries.map((source) => readDictionary(source, zstd, 'dictionaries', config));
    const dictionaries = new Map<number, Buffer>();
    for (const dictionary of read) {
      if (dictionary === undefined) return undefined;
      dictionaries.set(dictionary.id, dictionary.bytes);
    }
    const options = {
      // A body that is cut off gives what can be read of it.
      finishFlush: constants.ZSTD_e_flush,
      chunkSize: Math.max(64, zstd.chunkSize ?? 4096),
    };
    return {
      contentEncoding: 'zstd',
      statName: 'zstd',
      createStream: (head: Buffer) => {
        const dictionary = dictionaries.size === 0 ? undefined : dictionaries.get(dictionaryIdOf(head));
        return createZstdDecompress(dictionary === undefined ? options : { ...options, dictionary });
      },
      headLength: dictionaries.size === 0 ? 0 : frameHeadLength,
      maxInflateRatio: 100,
      errors: {
        names: ['zstd_generic_error', 'zstd_dictionary_error', 'zstd_checksum_wrong_error', 'zstd_memory_error'],
        broken: 'zstd_generic_error',
        byCode: {
          ZSTD_error_checksum_wrong: 'zstd_checksum_wrong_error',
          ZSTD_error_dictionary_wrong: 'zstd_dictionary_error',
          ZSTD_error_memory_allocation: 'zstd_memory_error',
        },
        overflow: 'zstd_generic_error',
        trailing: 'zstd_generic_error',
      },
    };
  },
};
