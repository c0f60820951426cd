// Owns the way from envoy.extensions.filters.http.set_metadata.v3.Config to the filter.
import type { Message } from '@bufbuild/protobuf';
import type { Config } from '../../../../generated/envoy/extensions/filters/http/set_metadata/v3/set_metadata_pb.d.ts';
import type { FilterPair, HttpFilterConfigFactory } from '../../../../http/filter/api.ts';
import { type MetadataEntry, SetMetadataFilter } from './filter.ts';

export const factory: HttpFilterConfigFactory = {
  terminal: false,
  create(message: Message, context) {
    const config = message as Config;
    const entries: MetadataEntry[] = [];
    // The older pair of fields goes first, and may always add to what is there.
    if (config.value !== undefined) {
      entries.push({ namespace: config.metadataNamespace, allowOverwrite: true, fields: config.value });
    }
    for (const { metadataNamespace: namespace, allowOverwrite, value: fields, typedValue } of config.metadata) {
      if (fields !== undefined) {
        entries.push({ namespace, allowOverwrite, fields });
      } else if (typedValue !== undefined) {
        entries.push({ namespace, allowOverwrite, typed: context.config.unpack(typedValue) });
      } else {
        const text = `the entry for '${namespace}' has neither value nor typed_value and does nothing`;
        context.config.warning(message, 'metadata', 'RMR0704', text);
      }
    }
    const settings = { entries, overwriteDenied: context.scope.counter('set_metadata.overwrite_denied') };
    return {
      name: context.name,
      terminal: false,
      disabledByDefault: context.disabled,
      createFilters: (): FilterPair => ({ decoder: new SetMetadataFilter(settings), encoder: null }),
    };
  },
};
