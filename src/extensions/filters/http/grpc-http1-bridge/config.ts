// Owns the way from envoy.extensions.filters.http.grpc_http1_bridge.v3.Config to the filter.
import type { Message } from '@bufbuild/protobuf';
import type { Config } from '../../../../generated/envoy/extensions/filters/http/grpc_http1_bridge/v3/config_pb.d.ts';
import type { FilterPair, HttpFilterConfigFactory } from '../../../../http/filter/api.ts';
import { GrpcHttp1BridgeFilter } from './filter.ts';

export const factory: HttpFilterConfigFactory = {
  terminal: false,
  create(message: Message, context) {
    const { upgradeProtobufToGrpc: upgrade, ignoreQueryParameters: ignoreQuery } = message as Config;
    const settings = { upgrade, ignoreQuery };
    return {
      name: context.name,
      terminal: false,
      disabledByDefault: context.disabled,
      createFilters: (): FilterPair => {
        const filter = new GrpcHttp1BridgeFilter(settings);
        return { decoder: filter, encoder: filter };
      },
    };
  },
};
