// The extension `envoy.filters.http.health_check`: reads HealthCheck.
import type { Message } from '@bufbuild/protobuf';
import { durationMs } from '../../../../base/duration.ts';
import type { HealthCheck } from '../../../../generated/envoy/extensions/filters/http/health_check/v3/health_check_pb.d.ts';
import type { FilterPair, HttpFilterConfigFactory, HttpFilterFactory } from '../../../../http/filter/api.ts';
import { type HeaderMatcher, readHeaderMatcher } from '../../../../matchers/api.ts';
import { AnswerCache } from './cache.ts';
import { type HealthCheckConfig, HealthCheckFilter } from './filter.ts';
import { healthCheckStats } from './stats.ts';

export const factory: HttpFilterConfigFactory = {
  terminal: false,
  create(message: Message, context): HttpFilterFactory | undefined {
    const { passThroughMode, headers, cacheTime, clusterMinHealthyPercentages } = message as HealthCheck;
    const { services, config } = context;
    const cacheMs = Math.floor(durationMs(cacheTime, 0));
    const clusters = Object.entries(clusterMinHealthyPercentages);
    if (passThroughMode !== true && cacheMs > 0) {
      const text = 'cache_time needs pass_through_mode: what is answered here is never asked for upstream';
      config.error(message, 'cache_time', 'RMR0700', text);
      return undefined;
    }
    if (passThroughMode === true && clusters.length > 0) {
      const text = 'with pass_through_mode the health of clusters decides nothing';
      config.warning(message, 'cluster_min_healthy_percentages', 'RMR0704', text);
    }
    const settings: HealthCheckConfig = {
      passThrough: passThroughMode === true,
      headers: headers
        .map((matcher) => readHeaderMatcher(matcher, config))
        .filter((matcher): matcher is HeaderMatcher => matcher !== undefined),
      cache: cacheMs > 0 ? new AnswerCache(services.clock, cacheMs) : null,
      // As Envoy, which counts in whole percents.
      clusters: clusters.map(([name, { value }]) => ({
        cluster: services.clusters.handle(name),
        minHealthyPercentage: Math.floor(value),
      })),
      serviceCluster: services.node.cluster,
      process: services.drain,
      stats: healthCheckStats(context.scope),
    };
    return {
      name: context.name,
      terminal: false,
      disabledByDefault: context.disabled,
      createFilters: (): FilterPair => {
        const filter = new HealthCheckFilter(settings);
        return { decoder: filter, encoder: filter };
      },
    };
  },
};
