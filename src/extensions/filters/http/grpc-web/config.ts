// Owns the factory of envoy.extensions.filters.http.grpc_web.v3.GrpcWeb, a message without fields.
import type { Message } from '@bufbuild/protobuf';
import type { FilterPair, HttpFilterConfigFactory } from '../../../../http/filter/api.ts';
import { GrpcStatsByCluster } from '../../../common/grpc/method-stats.ts';
import { GrpcWebFilter } from './filter.ts';

export const factory: HttpFilterConfigFactory = {
  terminal: false,
  create(_message: Message, context) {
    const methods = new GrpcStatsByCluster({ protocol: 'grpc-web', all: true, listed: new Set(), replaceDots: false });
    return {
      name: context.name,
      terminal: false,
      disabledByDefault: context.disabled,
      createFilters: (): FilterPair => {
        const filter = new GrpcWebFilter(methods);
        return { decoder: filter, encoder: filter };
      },
    };
  },
};
