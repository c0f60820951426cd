// Reads typed_per_filter_config of one level and lays it over the levels above.
import type { Any } from '@bufbuild/protobuf/wkt';
import type { FilterConfig } from '../../generated/envoy/config/route/v3/route_components_pb.d.ts';
import { httpFilterCategory } from '../../http/filter/api.ts';
import { filterKey } from '../../http/filter/filter-key.ts';
import type { FilterOverride, FilterOverrides } from '../route-table/route-base.ts';
import type { RouteBuild } from './context.ts';

/** What this level says hides what the levels above say. `above` itself when this level says nothing. */
export function readPerFilterConfigs(
  level: { readonly [filterName: string]: Any },
  above: FilterOverrides,
  build: RouteBuild,
): FilterOverrides {
  const entries = Object.entries(level);
  if (entries.length === 0) return above;
  const overrides = [...(above ?? [])];
  for (const [filterName, any] of entries) {
    const override = isFilterConfig(any) ? readWrapped(any, build) : readPlain(any, false, build);
    if (override === undefined) continue;
    const key = filterKey(filterName);
    const configs = above?.[key]?.configs ?? [];
    // No holes: they would cost each request a look at Array.prototype.
    while (overrides.length < key) overrides.push(undefined);
    overrides[key] = {
      disabled: override.disabled,
      // A level that only switches the filter on leaves its configuration to the levels above.
      config: override.disabled ? undefined : (override.config ?? above?.[key]?.config),
      configs: override.config === undefined ? configs : [...configs, override.config],
    };
  }
  return overrides.length === 0 ? null : overrides;
}

/** Without the levels above. */
type LevelOverride = Omit<FilterOverride, 'configs'>;

const filterConfigName = 'envoy.config.route.v3.FilterConfig';

function isFilterConfig(any: Any): boolean {
  return any.typeUrl.endsWith(`/${filterConfigName}`);
}

/** FilterConfig around the filter's own message: it may be optional, or switch the filter off. */
function readWrapped(any: Any, build: RouteBuild): LevelOverride | undefined {
  const message = build.config.unpackAs<FilterConfig>(any, filterConfigName);
  if (message === undefined) return undefined;
  if (message.disabled) return { disabled: true, config: undefined };
  if (message.config === undefined) {
    build.config.error(
      any,
      'config',
      'RMR0600',
      'Neither config nor disabled is set',
      'config: {} only switches the filter on',
    );
    return undefined;
  }
  if (message.config.typeUrl === '') return { disabled: false, config: undefined };
  return readPlain(message.config, message.isOptional, build);
}

function readPlain(any: Any, isOptional: boolean, build: RouteBuild): LevelOverride | undefined {
  const message = build.config.unpack(any);
  if (message === undefined) return undefined;
  const factory = build.extensions.get(httpFilterCategory, message.$typeName);
  if (factory?.readRouteConfig !== undefined) {
    return { disabled: false, config: factory.readRouteConfig(message, build.config, build) };
  }
  const text =
    factory === undefined
      ? `No filter that is implemented takes ${message.$typeName} for a route`
      : `The filter takes no configuration for routes, but ${message.$typeName} is given`;
  if (isOptional) build.config.warning(any, '', 'RMR0307', text);
  else build.config.error(any, '', 'RMR0304', text);
  return undefined;
}
