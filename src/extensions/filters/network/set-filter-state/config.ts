// Owns the way from envoy.extensions.filters.network.set_filter_state.v3.Config to the filter.
import type { Message } from '@bufbuild/protobuf';
import type { Config } from '../../../../generated/envoy/extensions/filters/network/set_filter_state/v3/set_filter_state_pb.d.ts';
import type { NetworkFilterConfigFactory } from '../../../../listener/api.ts';
import { readFilterStateValues } from '../../../common/set-filter-state/config.ts';
import { SetFilterStateFilter } from './filter.ts';

export const factory: NetworkFilterConfigFactory = {
  terminal: false,
  create(message: Message, { config }) {
    const { onNewConnection, onDownstreamTlsHandshake, onDownstreamData } = message as Config;
    const atOnce = readFilterStateValues(onNewConnection, message, 'on_new_connection', config);
    const afterHandshake = readFilterStateValues(
      onDownstreamTlsHandshake,
      message,
      'on_downstream_tls_handshake',
      config,
    );
    const withData = readFilterStateValues(onDownstreamData, message, 'on_downstream_data', config);
    if (atOnce === undefined || afterHandshake === undefined || withData === undefined) return undefined;
    const settings = { atOnce, afterHandshake, withData };
    return { createFilter: () => new SetFilterStateFilter(settings) };
  },
};
