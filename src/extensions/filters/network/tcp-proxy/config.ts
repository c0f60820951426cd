// Owns the way from envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy to the filter.
import type { Message } from '@bufbuild/protobuf';
import { durationMs } from '../../../../base/duration.ts';
import type { Metadata } from '../../../../generated/envoy/config/core/v3/base_pb.d.ts';
import type {
  TcpProxy,
  TcpProxy_WeightedCluster,
} from '../../../../generated/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.d.ts';
import type { NetworkFilterConfigFactory, NetworkFilterContext } from '../../../../listener/api.ts';
import { buildAccessLogs } from '../../../../observability/access-log/api.ts';
import { loadBalancingMetadata, MetadataMatchCriteria } from '../../../../upstream/api.ts';
import { readProxyValues } from '../../../common/proxy-protocol/config.ts';
import { readTunnel } from './config-tunnel.ts';
import { TcpProxyFilter } from './filter.ts';
import { TcpLog } from './log.ts';
import type { MergePolicy } from './proxy-values.ts';
import { RouteChoice, type TcpProxySettings, type TcpRoute } from './settings.ts';
import { TcpProxyStats } from './stats.ts';

/** ProxyProtocolTlvMergePolicy. */
const mergePolicies: readonly MergePolicy[] = ['absent', 'overwrite', 'append'];

const defaultIdleTimeoutMs = 3_600_000;

export const factory: NetworkFilterConfigFactory = {
  terminal: true,
  create(message: Message, context) {
    const settings = readSettings(message as TcpProxy, context);
    if (settings === undefined) return undefined;
    const { services } = context;
    const scope = services.stats.scope(`tcp.${(message as TcpProxy).statPrefix}.`);
    const shared = {
      settings,
      services,
      stats: new TcpProxyStats(scope),
      log: new TcpLog(settings.accessLogs, services.clock),
    };
    return { createFilter: () => new TcpProxyFilter(shared), destroy: () => scope.close() };
  },
};

function readSettings(message: TcpProxy, context: NetworkFilterContext): TcpProxySettings | undefined {
  const { config, services } = context;
  const before = config.errorCount;
  const routes = readRoutes(message, context);
  const options = message.accessLogOptions;
  const connectOnData = message.upstreamConnectMode === 1;
  if (message.upstreamConnectMode === 2) {
    config.error(
      message,
      'upstream_connect_mode',
      'RMR0304',
      'ON_DOWNSTREAM_TLS_HANDSHAKE is not implemented yet',
      'IMMEDIATE connects before the handshake is over',
    );
  }
  if (connectOnData && message.maxEarlyDataBytes === undefined) {
    const text = 'upstream_connect_mode ON_DOWNSTREAM_DATA needs max_early_data_bytes: how many bytes may wait';
    config.error(message, 'max_early_data_bytes', 'RMR0903', text);
  }
  const backOff = readBackOff(message, context);
  const accessLogs = buildAccessLogs(message.accessLog, { config, settings: services.accessLog });
  const proxyValues = readProxyValues(message.proxyProtocolTlvs, config);
  const tunnel = readTunnel(message.tunnelingConfig, context);
  if (routes === undefined || tunnel === undefined || proxyValues === undefined || config.errorCount > before)
    return undefined;
  return Object.freeze({
    routes,
    idleTimeoutMs: durationMs(message.idleTimeout, defaultIdleTimeoutMs),
    maxDurationMs: durationMs(message.maxDownstreamConnectionDuration, 0),
    maxDurationJitter: message.maxDownstreamConnectionDurationJitterPercentage?.value ?? 0,
    maxConnectAttempts: message.maxConnectAttempts ?? 1,
    backOff,
    accessLogs,
    logOnStart: options?.flushAccessLogOnStart ?? false,
    logOnConnected: options?.flushAccessLogOnConnected ?? message.flushAccessLogOnConnected,
    logIntervalMs: durationMs(options?.accessLogFlushInterval ?? message.accessLogFlushInterval, 0),
    connectOnData,
    maxEarlyBytes: message.maxEarlyDataBytes ?? -1,
    proxyValues: proxyValues.isEmpty
      ? null
      : { values: proxyValues, policy: mergePolicies[message.proxyProtocolTlvMergePolicy] ?? 'absent' },
    tunnel,
  });
}

function readRoutes(message: TcpProxy, context: NetworkFilterContext): RouteChoice | undefined {
  const { clusterSpecifier } = message;
  const common = criteria(message.metadataMatch);
  const route = (name: string, metadataMatch: MetadataMatchCriteria | null): TcpRoute => ({
    cluster: context.services.clusters.handle(name),
    metadataMatch,
  });
  switch (clusterSpecifier.case) {
    case 'cluster':
      return new RouteChoice([route(clusterSpecifier.value, common)], [1]);
    case 'weightedClusters':
      return readWeights(clusterSpecifier.value, common, route);
    case undefined:
      // Required by the API's own rules.
      return undefined;
  }
}

function readWeights(
  { clusters }: TcpProxy_WeightedCluster,
  common: MetadataMatchCriteria | null,
  route: (name: string, metadataMatch: MetadataMatchCriteria | null) => TcpRoute,
): RouteChoice {
  const routes = clusters.map(({ name, metadataMatch }) => {
    const own = metadataMatch?.filterMetadata[loadBalancingMetadata];
    if (own === undefined) return route(name, common);
    return route(name, common === null ? MetadataMatchCriteria.of(own) : common.merge(own));
  });
  return new RouteChoice(
    routes,
    clusters.map(({ weight }) => weight),
  );
}

function criteria(metadata: Metadata | undefined): MetadataMatchCriteria | null {
  const fields = metadata?.filterMetadata[loadBalancingMetadata];
  return fields === undefined ? null : MetadataMatchCriteria.of(fields);
}

function readBackOff(message: TcpProxy, { config }: NetworkFilterContext): TcpProxySettings['backOff'] {
  const { backoffOptions } = message;
  if (backoffOptions === undefined) return null;
  const baseMs = Math.max(1, durationMs(backoffOptions.baseInterval, 0));
  const maxMs = durationMs(backoffOptions.maxInterval, baseMs * 10);
  if (maxMs < baseMs) {
    const text = 'max_interval of backoff_options must not be shorter than base_interval';
    config.error(backoffOptions, 'max_interval', 'RMR0903', text);
  }
  return { baseMs, maxMs };
}
