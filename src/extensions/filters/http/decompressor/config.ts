// Reads envoy.extensions.filters.http.decompressor.v3.Decompressor.
import type { Message } from '@bufbuild/protobuf';
import { RuntimeFlag } from '../../../../base/runtime.ts';
import type {
  Decompressor,
  Decompressor_CommonDirectionConfig,
} from '../../../../generated/envoy/extensions/filters/http/decompressor/v3/decompressor_pb.d.ts';
import type {
  FilterPair,
  HttpFilterConfigFactory,
  HttpFilterContext,
  HttpFilterFactory,
} from '../../../../http/filter/api.ts';
import { readLibrary } from '../../../common/compression/config.ts';
import { DecompressionErrorStats } from '../../../common/compression/inflation-guard.ts';
import { decompressorCategory } from '../../../common/compression/library.ts';
import { DecompressorFilter } from './filter.ts';
import { type DecompressorDirection, directionStats } from './settings.ts';
import { sizeNames } from './sizes.ts';

export const factory: HttpFilterConfigFactory = {
  terminal: false,
  create(message: Message, context): HttpFilterFactory | undefined {
    const { decompressorLibrary, requestDirectionConfig, responseDirectionConfig } = message as Decompressor;
    const { extensions } = context.services;
    const library = readLibrary(decompressorLibrary, decompressorCategory, context.config, extensions);
    if (library === undefined) return undefined;
    const prefix = `decompressor.${decompressorLibrary?.name ?? ''}.${library.statName}.`;
    const settings = {
      library,
      sizeNames: sizeNames(decompressorLibrary?.name ?? ''),
      request: readDirection(requestDirectionConfig?.commonConfig, `${prefix}request.`, context),
      response: readDirection(responseDirectionConfig?.commonConfig, `${prefix}response.`, context),
      advertise: requestDirectionConfig?.advertiseAcceptEncoding ?? true,
      errors: new DecompressionErrorStats(library.errors, (name) =>
        context.scope.counter(`${prefix}decompressor_library.${name}`),
      ),
    };
    return {
      name: context.name,
      terminal: false,
      disabledByDefault: context.disabled,
      createFilters: (): FilterPair => {
        const filter = new DecompressorFilter(settings);
        return { decoder: filter, encoder: filter };
      },
    };
  },
};

function readDirection(
  message: Decompressor_CommonDirectionConfig | undefined,
  prefix: string,
  context: HttpFilterContext,
): DecompressorDirection {
  const enabled = message?.enabled;
  return {
    enabled:
      enabled === undefined
        ? null
        : new RuntimeFlag(enabled.defaultValue ?? false, enabled.runtimeKey, context.services.runtime),
    ignoreNoTransform: message?.ignoreNoTransformHeader ?? false,
    stats: directionStats(context.scope, prefix),
  };
}
