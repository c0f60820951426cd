// Reads envoy.extensions.compression.brotli.decompressor.v3.Brotli.
import { constants, createBrotliDecompress } from 'node:zlib';
import type { Message } from '@bufbuild/protobuf';
import type { Brotli } from '../../../../generated/envoy/extensions/compression/brotli/decompressor/v3/brotli_pb.d.ts';
import type { DecompressionLibraryFactory } from '../../../common/compression/library.ts';

export const factory: DecompressionLibraryFactory = {
  create(message: Message) {
    const brotli = message as Brotli;
    const options = {
      params: {
        [constants.BROTLI_DECODER_PARAM_DISABLE_RING_BUFFER_REALLOCATION]: brotli.disableRingBufferReallocation,
      },
      // A body that is cut off gives what can be read of it.
      finishFlush: constants.BROTLI_OPERATION_FLUSH,
      chunkSize: Math.max(64, brotli.chunkSize ?? 4096),
    };
    return {
      contentEncoding: 'br',
      statName: 'brotli',
      createStream: () => createBrotliDecompress(options),
      headLength: 0,
      maxInflateRatio: 100,
      errors: {
        names: ['brotli_error', 'brotli_output_overflow', 'brotli_redundant_input'],
        broken: 'brotli_error',
        overflow: 'brotli_output_overflow',
        trailing: 'brotli_redundant_input',
        again: 'brotli_error',
      },
    };
  },
};
