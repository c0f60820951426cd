// Owns the way from envoy.extensions.filters.http.original_src.v3.OriginalSrc to the filter.
import type { Message } from '@bufbuild/protobuf';
import type { OriginalSrc } from '../../../../generated/envoy/extensions/filters/http/original_src/v3/original_src_pb.d.ts';
import type { FilterPair, HttpFilterConfigFactory, HttpFilterFactory } from '../../../../http/filter/api.ts';
import { clientSources } from '../../../common/original-src/config.ts';
import { OriginalSrcFilter } from './filter.ts';

export const factory: HttpFilterConfigFactory = {
  terminal: false,
  create(message: Message, context): HttpFilterFactory | undefined {
    const sources = clientSources(message, (message as OriginalSrc).mark, context.config);
    return (
      sources && {
        name: context.name,
        terminal: false,
        disabledByDefault: context.disabled,
        createFilters: (): FilterPair => ({ decoder: new OriginalSrcFilter(sources), encoder: null }),
      }
    );
  },
};
