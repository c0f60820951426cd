// Reads envoy.extensions.filters.http.compressor.v3.Compressor and CompressorPerRoute.
import type { Message } from '@bufbuild/protobuf';
import { toByteString } from '../../../../base/byte-string.ts';
import { RuntimeFlag } from '../../../../base/runtime.ts';
import type { RuntimeFeatureFlag } from '../../../../generated/envoy/config/core/v3/base_pb.d.ts';
import type {
  Compressor,
  Compressor_CommonDirectionConfig,
  CompressorPerRoute,
} from '../../../../generated/envoy/extensions/filters/http/compressor/v3/compressor_pb.d.ts';
import type {
  FilterPair,
  HttpFilterConfigFactory,
  HttpFilterContext,
  HttpFilterFactory,
} from '../../../../http/filter/api.ts';
import { readStringMatcher } from '../../../../matchers/api.ts';
import { readLibrary } from '../../../common/compression/config.ts';
import { type CompressionLibrary, compressorCategory } from '../../../common/compression/library.ts';
import { CompressorFilter } from './filter.ts';
import { type CompressorRouteSettings, type CompressorSettings, Direction } from './settings.ts';
import { type DirectionStats, directionStats, negotiationStats } from './stats.ts';

const defaultMinContentLength = 30;
const defaultContentTypes = (
  'text/html text/plain text/css text/xml text/javascript text/x-javascript text/ecmascript text/js text/jscript text/x-js ' +
  'application/javascript application/x-javascript application/ecmascript application/json application/x-json ' +
  'application/xml application/xhtml+xml image/svg+xml'
).split(' ');

export const factory: HttpFilterConfigFactory = {
  terminal: false,
  create(message: Message, context): HttpFilterFactory | undefined {
    const compressor = message as Compressor;
    const { extensions } = context.services;
    const library = readLibrary(compressor.compressorLibrary, compressorCategory, context.config, extensions);
    if (library === undefined) return undefined;
    const settings = readSettings(compressor, library, context);
    return {
      name: context.name,
      terminal: false,
      disabledByDefault: context.disabled,
      createFilters: (): FilterPair => {
        const filter = new CompressorFilter(settings);
        return { decoder: filter, encoder: filter };
      },
    };
  },
  readRouteConfig(message: Message, config, { extensions }): CompressorRouteSettings {
    const { override } = message as CompressorPerRoute;
    if (override.case === 'disabled') {
      return { disabled: override.value, removeAcceptEncoding: undefined, library: undefined };
    }
    const library = override.value?.compressorLibrary;
    return {
      disabled: false,
      removeAcceptEncoding: override.value?.responseDirectionConfig?.removeAcceptEncodingHeader,
      library: library && readLibrary(library, compressorCategory, config, extensions),
    };
  },
};

function readSettings(
  message: Compressor,
  library: CompressionLibrary,
  context: HttpFilterContext,
): CompressorSettings {
  const name = message.compressorLibrary?.name ?? '';
  const scope = context.scope.scope(`compressor.${name}.${library.statName}.`);
  const { requestDirectionConfig: request, responseDirectionConfig: response } = message;
  const requestStats = directionStats(scope, 'request.');
  // The older fields count only where the newer message is not there; nor have their statistics its prefix.
  const responseStats = directionStats(scope, response === undefined ? '' : 'response.');
  const common: DirectionFields =
    response === undefined
      ? { enabled: message.runtimeEnabled, length: message.contentLength, types: message.contentType, matchers: [] }
      : fieldsOf(response.commonConfig);
  return {
    library,
    chooseFirst: message.chooseFirst,
    request: request === undefined ? null : readDirection(fieldsOf(request.commonConfig), requestStats, context),
    requestStats,
    response: readDirection(common, responseStats, context),
    disableOnEtag: response === undefined ? message.disableOnEtagHeader : response.disableOnEtagHeader,
    weakenEtag: response?.weakenEtagOnCompress ?? false,
    removeAcceptEncoding: (response ?? message).removeAcceptEncodingHeader,
    uncompressibleCodes: response?.uncompressibleResponseCodes ?? [],
    tellsStatus: response?.statusHeaderEnabled ?? false,
    negotiationStats: negotiationStats(scope),
  };
}

interface DirectionFields {
  readonly enabled: RuntimeFeatureFlag | undefined;
  readonly length: number | undefined;
  readonly types: readonly string[];
  readonly matchers: Compressor_CommonDirectionConfig['contentTypeMatcher'];
}

function fieldsOf(common: Compressor_CommonDirectionConfig | undefined): DirectionFields {
  return {
    enabled: common?.enabled,
    length: common?.minContentLength,
    types: common?.contentType ?? [],
    matchers: common?.contentTypeMatcher ?? [],
  };
}

function readDirection(fields: DirectionFields, stats: DirectionStats, context: HttpFilterContext): Direction {
  const { enabled, types } = fields;
  const flag =
    enabled === undefined
      ? null
      : new RuntimeFlag(enabled.defaultValue ?? false, enabled.runtimeKey, context.services.runtime);
  const names = types.length === 0 ? defaultContentTypes : types.map(toByteString);
  const matchers = fields.matchers
    .map((matcher) => readStringMatcher(matcher, context.config))
    .filter((matcher) => matcher !== undefined);
  const lowerNames = new Set(names.map((type) => type.toLowerCase()));
  return new Direction(flag, fields.length ?? defaultMinContentLength, lowerNames, matchers, stats);
}
