// Owns what a compression library is to the filters that use one: a name for content-encoding and a stream for each body.
import type { Transform } from 'node:stream';
import type { Message } from '@bufbuild/protobuf';
import type { ConfigContext } from '../../../config/api.ts';
import { type ExtensionCategory, extensionCategory } from '../../../config/extension-registry.ts';

export interface CompressionLibrary {
  /** As content-encoding and accept-encoding spell it. */
  readonly contentEncoding: string;
  /** In the names of statistics: `gzip`, `brotli`, `zstd`. */
  readonly statName: string;
  createStream(): Transform;
  /** Decompressors: a body that grows by more than this is taken for an attack. */
  readonly maxInflateRatio: number;
  /** Decompressors: names of the statistics of what can go wrong; broken bodies count with the first. */
  readonly errorStats: readonly string[];
}

export interface CompressionLibraryFactory {
  /** Undefined after an error was reported. */
  create(message: Message, config: ConfigContext): CompressionLibrary | undefined;
}

export const compressorCategory: ExtensionCategory<CompressionLibraryFactory> =
  extensionCategory<CompressionLibraryFactory>('envoy.compression.compressor');

export const decompressorCategory: ExtensionCategory<CompressionLibraryFactory> =
  extensionCategory<CompressionLibraryFactory>('envoy.compression.decompressor');
