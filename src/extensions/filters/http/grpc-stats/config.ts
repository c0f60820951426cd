// Owns the way from envoy.extensions.filters.http.grpc_stats.v3.FilterConfig to the filter.
import type { Message } from '@bufbuild/protobuf';
import { toByteString } from '../../../../base/byte-string.ts';
import type { FilterConfig } from '../../../../generated/envoy/extensions/filters/http/grpc_stats/v3/config_pb.d.ts';
import type { FilterPair, HttpFilterConfigFactory } from '../../../../http/filter/api.ts';
import { GrpcStatsByCluster } from '../../../common/grpc/method-stats.ts';
import { GrpcStatsFilter, type GrpcStatsSettings } from './filter.ts';

export const factory: HttpFilterConfigFactory = {
  terminal: false,
  create(message: Message, context) {
    const { perMethodStatSpecifier: methods, ...config } = message as FilterConfig;
    const listed = new Set<string>();
    if (methods.case === 'individualMethodStatsAllowlist') {
      for (const { name, methodNames } of methods.value.services) {
        for (const method of methodNames) listed.add(toByteString(`/${name}/${method}`));
      }
    }
    const settings: GrpcStatsSettings = {
      methods: new GrpcStatsByCluster({
        protocol: 'grpc',
        all: methods.case === 'statsForAllMethods' && isTrue(methods.value),
        listed,
        replaceDots: config.replaceDotsInGrpcServiceName,
      }),
      emitFilterState: config.emitFilterState,
      upstreamTime: config.enableUpstreamStats,
    };
    return {
      name: context.name,
      terminal: false,
      disabledByDefault: context.disabled,
      createFilters: (): FilterPair => {
        const filter = new GrpcStatsFilter(settings);
        return { decoder: filter, encoder: filter };
      },
    };
  },
};

/** A google.protobuf.BoolValue in a oneof keeps its wrapper. */
function isTrue(value: { readonly value: boolean }): boolean {
  return value.value;
}
