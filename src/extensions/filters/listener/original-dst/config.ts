// Makes the filter; envoy.extensions.filters.listener.original_dst.v3.OriginalDst has no fields.
import type { Message } from '@bufbuild/protobuf';
import { FfiMissing, type NativeCalls, nativeCalls } from '../../../../base/ffi.ts';
import type { ListenerFilterConfigFactory, ListenerFilterFactory } from '../../../../listener/api.ts';
import { OriginalDstFilter } from './filter.ts';

// Loaded with this module, which is when a configuration first names the filter.
const native: NativeCalls | FfiMissing = await nativeCalls().catch((error: unknown) => {
  if (error instanceof FfiMissing) return error;
  throw error;
});

export const factory: ListenerFilterConfigFactory = {
  create(message: Message, { config }): ListenerFilterFactory | undefined {
    if (native instanceof FfiMissing) {
      const text = `the destination of redirected connections cannot be found out: ${native.message}`;
      config.error(message, '', 'RMR0700', text);
      return undefined;
    }
    const filter = new OriginalDstFilter(native);
    return { createFilter: () => filter };
  },
};
