// Owns the way from envoy.extensions.filters.network.direct_response.v3.Config to the filter.
import type { Message } from '@bufbuild/protobuf';
import { readDataSource } from '../../../../config/api.ts';
import type { Config } from '../../../../generated/envoy/extensions/filters/network/direct_response/v3/config_pb.d.ts';
import type { NetworkFilterConfigFactory } from '../../../../listener/api.ts';
import { DirectResponseFilter } from './filter.ts';

export const factory: NetworkFilterConfigFactory = {
  terminal: true,
  create(message: Message, context) {
    const response = readDataSource((message as Config).response, message, 'response', 'RMR0903', context.config);
    return response && { createFilter: () => new DirectResponseFilter(response) };
  },
};
