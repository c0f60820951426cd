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
  createStream(): BodyStream;
}

export interface DecompressionLibrary {
  readonly contentEncoding: string;
  readonly statName: string;
  /** `head`: the first `headLength` bytes of the body, or all where it has fewer. */
  createStream(head: Buffer, onWrongChecksum: () => void): BodyStream;
  /** What must be there before a stream can be made. */
  readonly headLength: number;
  /** A body that grows by more than this is taken for an attack. */
  readonly maxInflateRatio: number;
  readonly errors: DecompressionErrors;
}

/** The streams of node:zlib. `bytesWritten` counts what they have read of what was given to them. */
export type BodyStream = Transform & { readonly bytesWritten: number };

/** Which statistics count what can go wrong with a body. */
export interface DecompressionErrors {
  /** All there are: the admin interface shows them from the start. */
  readonly names: readonly string[];
  readonly broken: string;
  /** Where it is another one than `broken`, by the code of the library's error. */
  readonly byCode?: Readonly<Record<string, string>>;
  readonly overflow: string;
  /** Bytes behind the end of the compressed data; absent: passed over. */
  readonly trailing?: string;
  /** What counts once more at the end of a body that could not be read whole: Envoy asks the library again there. */
  readonly again?: string;
}

export interface LibraryFactory<Library> {
  /** Undefined after an error was reported. */
  create(message: Message, config: ConfigContext): Library | undefined;
}

export type CompressionLibraryFactory = LibraryFactory<CompressionLibrary>;
export type DecompressionLibraryFactory = LibraryFactory<DecompressionLibrary>;

export const compressorCategory: ExtensionCategory<CompressionLibraryFactory> =
  extensionCategory<CompressionLibraryFactory>('envoy.compression.compressor');

export const decompressorCategory: ExtensionCategory<DecompressionLibraryFactory> =
  extensionCategory<DecompressionLibraryFactory>('envoy.compression.decompressor');
