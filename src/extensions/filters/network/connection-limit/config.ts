// Owns the way from envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit to the filter.
import type { Message } from '@bufbuild/protobuf';
import { durationMs } from '../../../../base/duration.ts';
import { RuntimeFlag } from '../../../../base/runtime.ts';
import type { ConnectionLimit } from '../../../../generated/envoy/extensions/filters/network/connection_limit/v3/connection_limit_pb.d.ts';
import type { NetworkFilterConfigFactory } from '../../../../listener/api.ts';
import { ConnectionLimiter, ConnectionLimitFilter } from './filter.ts';

export const factory: NetworkFilterConfigFactory = {
  terminal: false,
  create(message: Message, { config, services }) {
    const limit = message as ConnectionLimit;
    const { maxConnections, runtimeEnabled } = limit;
    if (maxConnections === undefined) {
      config.error(limit, 'max_connections', 'RMR0903', 'max_connections must say how many connections may be open');
      return undefined;
    }
    const scope = services.stats.scope(`connection_limit.${limit.statPrefix}.`);
    const limiter = new ConnectionLimiter({
      maxConnections: Number(maxConnections),
      delayMs: durationMs(limit.delay, 0),
      enabled: new RuntimeFlag(
        runtimeEnabled?.defaultValue ?? true,
        runtimeEnabled?.runtimeKey ?? '',
        services.runtime,
      ),
      timers: services.timers,
      active: scope.gauge('active_connections'),
      limited: scope.counter('limited_connections'),
    });
    return { createFilter: () => new ConnectionLimitFilter(limiter), destroy: () => scope.close() };
  },
};
