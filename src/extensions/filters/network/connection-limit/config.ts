// Owns the way from envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit to the filter.
import type { Message } from '@bufbuild/protobuf';
import { durationMs } from '../../../../base/duration.ts';
import { RuntimeFlag } from '../../../../base/runtime.ts';
import type { ConnectionLimit } from '../../../../generated/envoy/extensions/filters/network/connection_limit/v3/connection_limit_pb.d.ts';
import type { NetworkFilterConfigFactory } from '../../../../listener/api.ts';
import { ConnectionLimiter, ConnectionLimitFilter } from './filter.ts';

export const factory: NetworkFilterConfigFactory = {
  terminal: false,
  create(message: Message, { services }) {
    const limit = message as ConnectionLimit;
    const { runtimeEnabled } = limit;
    const scope = services.stats.scope(`connection_limit.${limit.statPrefix}.`);
    const limiter = new ConnectionLimiter({
      // The API's own rules require it.
      maxConnections: Number(limit.maxConnections ?? 0n),
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
