// Owns the manifest's lines for compression libraries.
import type { ExtensionEntry } from '../../config/extension-registry.ts';

const common = { status: 'stable', securityPosture: 'robust_to_untrusted_downstream_and_upstream' } as const;

export const compressionLibraries: readonly ExtensionEntry[] = [
  {
    ...common,
    name: 'envoy.compression.brotli.compressor',
    category: 'envoy.compression.compressor',
    typeNames: ['envoy.extensions.compression.brotli.compressor.v3.Brotli'],
    load: () => import('./brotli/compressor/config.ts'),
  },
  {
    ...common,
    name: 'envoy.compression.brotli.decompressor',
    category: 'envoy.compression.decompressor',
    typeNames: ['envoy.extensions.compression.brotli.decompressor.v3.Brotli'],
    load: () => import('./brotli/decompressor/config.ts'),
  },
  {
    ...common,
    name: 'envoy.compression.gzip.compressor',
    category: 'envoy.compression.compressor',
    typeNames: ['envoy.extensions.compression.gzip.compressor.v3.Gzip'],
    load: () => import('./gzip/compressor/config.ts'),
  },
  {
    ...common,
    name: 'envoy.compression.gzip.decompressor',
    category: 'envoy.compression.decompressor',
    typeNames: ['envoy.extensions.compression.gzip.decompressor.v3.Gzip'],
    load: () => import('./gzip/decompressor/config.ts'),
  },
  {
    ...common,
    name: 'envoy.compression.zstd.compressor',
    category: 'envoy.compression.compressor',
    typeNames: ['envoy.extensions.compression.zstd.compressor.v3.Zstd'],
    load: () => import('./zstd/compressor/config.ts'),
  },
  {
    ...common,
    name: 'envoy.compression.zstd.decompressor',
    category: 'envoy.compression.decompressor',
    typeNames: ['envoy.extensions.compression.zstd.decompressor.v3.Zstd'],
    load: () => import('./zstd/decompressor/config.ts'),
  },
];
