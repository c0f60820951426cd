// Reads envoy.extensions.compression.brotli.compressor.v3.Brotli.
import { constants, createBrotliCompress } from 'node:zlib';
import type { Message } from '@bufbuild/protobuf';
import type { Brotli } from '../../../../generated/envoy/extensions/compression/brotli/compressor/v3/brotli_pb.d.ts';
import type { CompressionLibraryFactory } from '../../../common/compression/library.ts';

/** By the number of the API's enumeration: default, generic, text, font. */
const modes = [
  constants.BROTLI_MODE_GENERIC,
  constants.BROTLI_MODE_GENERIC,
  constants.BROTLI_MODE_TEXT,
  constants.BROTLI_MODE_FONT,
];

export const factory: CompressionLibraryFactory = {
  create(message: Message) {
    const brotli = message as Brotli;
    const options = {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: brotli.quality ?? 3,
        [constants.BROTLI_PARAM_MODE]: modes[brotli.encoderMode] ?? constants.BROTLI_MODE_GENERIC,
        [constants.BROTLI_PARAM_LGWIN]: brotli.windowBits ?? 18,
        [constants.BROTLI_PARAM_LGBLOCK]: brotli.inputBlockBits ?? 24,
        [constants.BROTLI_PARAM_DISABLE_LITERAL_CONTEXT_MODELING]: brotli.disableLiteralContextModeling,
      },
      chunkSize: Math.max(64, brotli.chunkSize ?? 4096),
      // What has come goes out at once: it may be an answer somebody waits for.
      flush: constants.BROTLI_OPERATION_FLUSH,
    };
    return {
      contentEncoding: 'br',
      statName: 'brotli',
      createStream: () => createBrotliCompress(options),
    };
  },
};
