// Reads envoy.extensions.compression.gzip.decompressor.v3.Gzip.
import { constants } from 'node:zlib';
import type { Message } from '@bufbuild/protobuf';
import type { Gzip } from '../../../../generated/envoy/extensions/compression/gzip/decompressor/v3/gzip_pb.d.ts';
import type { DecompressionLibraryFactory } from '../../../common/compression/library.ts';
import { GzipMember } from './gzip-member.ts';

export const factory: DecompressionLibraryFactory = {
  create(message: Message) {
    const gzip = message as Gzip;
    const options = {
      windowBits: gzip.windowBits ?? 15,
      // A body that is cut off gives what can be read of it.
      finishFlush: constants.Z_SYNC_FLUSH,
      chunkSize: Math.max(64, gzip.chunkSize ?? 4096),
    };
    return {
      contentEncoding: 'gzip',
      statName: 'gzip',
      createStream: (_head: Buffer, onWrongChecksum: () => void) => new GzipMember(options, onWrongChecksum),
      headLength: 0,
      maxInflateRatio: gzip.maxInflateRatio ?? 100,
      errors: {
        names: [
          'zlib_data_error',
          'zlib_buf_error',
          'zlib_errno',
          'zlib_mem_error',
          'zlib_stream_error',
          'zlib_version_error',
        ],
        broken: 'zlib_data_error',
        overflow: 'zlib_data_error',
      },
    };
  },
};
