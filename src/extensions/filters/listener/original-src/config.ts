// Owns the way from envoy.extensions.filters.listener.original_src.v3.OriginalSrc to the filter.
import type { Message } from '@bufbuild/protobuf';
import type { OriginalSrc } from '../../../../generated/envoy/extensions/filters/listener/original_src/v3/original_src_pb.d.ts';
import type { ListenerFilterConfigFactory, ListenerFilterFactory } from '../../../../listener/api.ts';
import { clientSources } from '../../../common/original-src/config.ts';
import { OriginalSrcFilter } from './filter.ts';

export const factory: ListenerFilterConfigFactory = {
  create(message: Message, { config }): ListenerFilterFactory | undefined {
    const sources = clientSources(message, (message as OriginalSrc).mark, config);
    if (sources === undefined) return undefined;
    const filter = new OriginalSrcFilter(sources);
    return { createFilter: () => filter };
  },
};
