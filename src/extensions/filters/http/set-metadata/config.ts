// Owns the way from envoy.extensions.filters.http.set_metadata.v3.Config to the filter.
import type { Message } from '@bufbuild/protobuf';
import type { ConfigContext } from '../../../../config/api.ts';
import type { Config } from '../../../../generated/envoy/extensions/filters/http/set_metadata/v3/set_metadata_pb.d.ts';
import type { FilterPair, HttpFilterConfigFactory } from '../../../../http/filter/api.ts';
import type { StatsScope } from '../../../../observability/stats/api.ts';
import { type MetadataEntry, SetMetadataFilter, type SetMetadataSettings } from './filter.ts';

export const factory: HttpFilterConfigFactory = {
  terminal: false,
  create(message: Message, context) {
    const settings = readSettings(message as Config, context.scope, context.config);
    return {
      name: context.name,
      terminal: false,
      disabledByDefault: context.disabled,
      createFilters: (): FilterPair => ({ decoder: new SetMetadataFilter(settings), encoder: null }),
    };
  },
  // As in Envoy routes count without the prefix of a connection manager.
  readRouteConfig: (message: Message, config, { stats }) => readSettings(message as Config, stats, config),
};

function readSettings(message: Config, scope: StatsScope, config: ConfigContext): SetMetadataSettings {
  const entries: MetadataEntry[] = [];
  // The older pair of fields goes first, and may always add to what is there.
  if (message.value !== undefined) {
    entries.push({ namespace: message.metadataNamespace, allowOverwrite: true, fields: message.value });
  }
  for (const { metadataNamespace: namespace, allowOverwrite, value: fields, typedValue } of message.metadata) {
    if (fields !== undefined) {
      entries.push({ namespace, allowOverwrite, fields });
    } else if (typedValue !== undefined) {
      entries.push({ namespace, allowOverwrite, typed: config.unpack(typedValue) });
    } else {
      const text = `the entry for '${namespace}' has neither value nor typed_value and does nothing`;
      config.warning(message, 'metadata', 'RMR0704', text);
    }
  }
  return { entries, overwriteDenied: scope.counter('set_metadata.overwrite_denied') };
}
