// Makes the filter and its statistics, `http_inspector.*`; envoy.extensions.filters.listener.http_inspector.v3.HttpInspector has
// no fields.
import type { Message } from '@bufbuild/protobuf';
import type { ListenerFilterConfigFactory, ListenerFilterFactory } from '../../../../listener/api.ts';
import { HttpInspectorFilter } from './filter.ts';

export const factory: ListenerFilterConfigFactory = {
  create(_message: Message, { services }): ListenerFilterFactory {
    const scope = services.stats.scope('http_inspector.');
    const stats = {
      readError: scope.counter('read_error'),
      notFound: scope.counter('http_not_found'),
      found: {
        'http/1.0': scope.counter('http10_found'),
        'http/1.1': scope.counter('http11_found'),
        h2c: scope.counter('http2_found'),
      },
    };
    return { createFilter: () => new HttpInspectorFilter(stats) };
  },
};
