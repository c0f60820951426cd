// The extension `envoy.filters.http.buffer`: reads Buffer and, for routes, BufferPerRoute.
import type { Message } from '@bufbuild/protobuf';
import type {
  Buffer as BufferMessage,
  BufferPerRoute,
} from '../../../../generated/envoy/extensions/filters/http/buffer/v3/buffer_pb.d.ts';
import type { FilterPair, HttpFilterConfigFactory, HttpFilterFactory } from '../../../../http/filter/api.ts';
import { BufferFilter } from './filter.ts';

export const factory: HttpFilterConfigFactory = {
  terminal: false,
  create(message: Message, context): HttpFilterFactory {
    const limit = bytesOf(message as BufferMessage);
    return {
      name: context.name,
      terminal: false,
      disabledByDefault: context.disabled,
      createFilters: (): FilterPair => ({ decoder: new BufferFilter(limit), encoder: null }),
    };
  },
  /** Bytes; 0 where the filter is switched off. The API's own rules allow no `disabled: false`. */
  readRouteConfig(message: Message): number | undefined {
    const { override } = message as BufferPerRoute;
    if (override.case === 'buffer') return bytesOf(override.value);
    return override.value ? 0 : undefined;
  },
};

/** The API's own rules require it and refuse 0. */
function bytesOf(message: BufferMessage): number {
  return message.maxRequestBytes ?? 0;
}
