// Owns the way from envoy.extensions.filters.http.grpc_http1_reverse_bridge.v3.FilterConfig to the filter.
import type { Message } from '@bufbuild/protobuf';
import { toByteString } from '../../../../base/byte-string.ts';
import type {
  FilterConfig,
  FilterConfigPerRoute,
} from '../../../../generated/envoy/extensions/filters/http/grpc_http1_reverse_bridge/v3/config_pb.d.ts';
import type { FilterPair, HttpFilterConfigFactory } from '../../../../http/filter/api.ts';
import { headerName } from '../../../../http/headers/api.ts';
import { GrpcHttp1ReverseBridgeFilter, type ReverseBridgeSettings } from './filter.ts';

export const factory: HttpFilterConfigFactory = {
  terminal: false,
  create(message: Message, context) {
    const { contentType, withholdGrpcFrames, responseSizeHeader } = message as FilterConfig;
    const settings: ReverseBridgeSettings = {
      contentType: toByteString(contentType),
      withholdFrames: withholdGrpcFrames,
      sizeHeader: responseSizeHeader === '' ? null : headerName(responseSizeHeader.toLowerCase()),
    };
    return {
      name: context.name,
      terminal: false,
      disabledByDefault: context.disabled,
      createFilters: (): FilterPair => {
        const filter = new GrpcHttp1ReverseBridgeFilter(settings);
        return { decoder: filter, encoder: filter };
      },
    };
  },
  /** True: the route goes without. */
  readRouteConfig(message: Message): boolean {
    return (message as FilterConfigPerRoute).disabled;
  },
};
