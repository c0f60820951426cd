// Owns the way from envoy.extensions.filters.udp.udp_proxy.v3.UdpProxyConfig to the filter.
import type { Message } from '@bufbuild/protobuf';
import { durationMs } from '../../../../base/duration.ts';
import type {
  UdpProxyConfig,
  UdpProxyConfig_HashPolicy,
} from '../../../../generated/envoy/extensions/filters/udp/udp_proxy/v3/udp_proxy_pb.d.ts';
import {
  type ListenerFilterContext,
  type UdpListenerFilterConfigFactory,
  udpDatagramLimit,
} from '../../../../listener/api.ts';
import { buildAccessLogs } from '../../../../observability/access-log/api.ts';
import type { ClusterHandle } from '../../../../upstream/api.ts';
import { readRouteTree } from './config-matcher.ts';
import { UdpProxyFilter } from './filter.ts';
import type { HashPolicy } from './hash-policy.ts';
import type { UdpProxySettings } from './settings.ts';
import { UdpProxyStats } from './stats.ts';

const defaultIdleTimeoutMs = 60_000;

export const factory: UdpListenerFilterConfigFactory = {
  create(message: Message, context) {
    const settings = readSettings(message as UdpProxyConfig, context);
    if (settings === undefined) return undefined;
    const { services } = context;
    const scope = services.stats.scope(`udp.${(message as UdpProxyConfig).statPrefix}.`);
    const stats = new UdpProxyStats(scope);
    return {
      createFilter: (callbacks) => new UdpProxyFilter(settings, services, stats, callbacks),
      destroy: () => scope.close(),
    };
  },
};

function readSettings(message: UdpProxyConfig, context: ListenerFilterContext): UdpProxySettings | undefined {
  const { config, services } = context;
  const before = config.errorCount;
  const clusters: ClusterHandle[] = [];
  const route = readRoute(message, context, clusters);
  const logContext = { config, settings: services.accessLog };
  const accessLogs = buildAccessLogs(message.accessLog, logContext);
  const proxyLogs = buildAccessLogs(message.proxyAccessLog, logContext);
  if (route === undefined || config.errorCount > before) return undefined;
  return Object.freeze({
    route,
    clusters,
    idleTimeoutMs: durationMs(message.idleTimeout, defaultIdleTimeoutMs),
    perPacket: message.usePerPacketLoadBalancing,
    maxUpstreamDatagram: udpDatagramLimit(message.upstreamSocketConfig, true),
    hashPolicy: readHashPolicy(message.hashPolicies[0]),
    accessLogs,
    logIntervalMs: durationMs(message.accessLogOptions?.accessLogFlushInterval, 0),
    proxyLogs,
  });
}

function readRoute(
  message: UdpProxyConfig,
  context: ListenerFilterContext,
  clusters: ClusterHandle[],
): UdpProxySettings['route'] | undefined {
  const { routeSpecifier } = message;
  switch (routeSpecifier.case) {
    case 'cluster': {
      const handle = context.services.clusters.handle(routeSpecifier.value);
      clusters.push(handle);
      return handle;
    }
    case 'matcher':
      return readRouteTree(routeSpecifier.value, context, clusters);
    case undefined:
      // Required by the API's own rules.
      return undefined;
  }
}

function readHashPolicy(message: UdpProxyConfig_HashPolicy | undefined): HashPolicy | null {
  const specifier = message?.policySpecifier;
  if (specifier?.case === 'key') return { kind: 'key', key: specifier.value };
  return specifier?.case === 'sourceIp' && specifier.value ? { kind: 'source-ip' } : null;
}
