// Owns the way from envoy.extensions.filters.http.set_filter_state.v3.Config to the filter.
import type { Message } from '@bufbuild/protobuf';
import type { ConfigContext } from '../../../../config/api.ts';
import type { Config } from '../../../../generated/envoy/extensions/filters/http/set_filter_state/v3/set_filter_state_pb.d.ts';
import type { FilterPair, HttpFilterConfigFactory } from '../../../../http/filter/api.ts';
import { readFilterStateValues } from '../../../common/set-filter-state/config.ts';
import { SetFilterStateFilter, type SetFilterStateSettings } from './filter.ts';

export const factory: HttpFilterConfigFactory = {
  terminal: false,
  create(message: Message, context) {
    const settings = readSettings(message as Config, context.config);
    return (
      settings && {
        name: context.name,
        terminal: false,
        disabledByDefault: context.disabled,
        createFilters: (): FilterPair => ({ decoder: new SetFilterStateFilter(settings), encoder: null }),
      }
    );
  },
  readRouteConfig: (message: Message, config) => readSettings(message as Config, config),
};

function readSettings(message: Config, config: ConfigContext): SetFilterStateSettings | undefined {
  const values = readFilterStateValues(message.onRequestHeaders, message, 'on_request_headers', config);
  return values && { values, clearRouteCache: message.clearRouteCache };
}
