// Reads envoy.extensions.compression.gzip.compressor.v3.Gzip.
import { constants, createGzip } from 'node:zlib';
import type { Message } from '@bufbuild/protobuf';
import type { Gzip } from '../../../../generated/envoy/extensions/compression/gzip/compressor/v3/gzip_pb.d.ts';
import type { CompressionLibraryFactory } from '../../../common/compression/library.ts';

/** By the number of the API's enumeration. */
const strategies = [
  constants.Z_DEFAULT_STRATEGY,
  constants.Z_FILTERED,
  constants.Z_HUFFMAN_ONLY,
  constants.Z_RLE,
  constants.Z_FIXED,
];

export const factory: CompressionLibraryFactory = {
  create(message: Message) {
    const gzip = message as Gzip;
    const options = {
      level: gzip.compressionLevel === 0 ? constants.Z_DEFAULT_COMPRESSION : gzip.compressionLevel,
      strategy: strategies[gzip.compressionStrategy] ?? constants.Z_DEFAULT_STRATEGY,
      memLevel: gzip.memoryLevel ?? 5,
      windowBits: gzip.windowBits ?? 12,
      chunkSize: Math.max(64, gzip.chunkSize ?? 4096),
      // What has come goes out at once: it may be an answer somebody waits for.
      flush: constants.Z_SYNC_FLUSH,
    };
    return {
      contentEncoding: 'gzip',
      statName: 'gzip',
      createStream: () => createGzip(options),
    };
  },
};
