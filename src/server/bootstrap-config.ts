// Turns the Bootstrap message into what the server acts on. Resources stay messages here: their own units read them.

import type { Address } from '../base/address.ts';
import { durationMs } from '../base/duration.ts';
import type { ConfigContext } from '../config/api.ts';
import type { Bootstrap } from '../generated/envoy/config/bootstrap/v3/bootstrap_pb.d.ts';
import type { Cluster } from '../generated/envoy/config/cluster/v3/cluster_pb.d.ts';
import type { BindConfig } from '../generated/envoy/config/core/v3/address_pb.d.ts';
import type { ConfigSource as XdsSource } from '../generated/envoy/config/core/v3/config_source_pb.d.ts';
import type { Listener } from '../generated/envoy/config/listener/v3/listener_pb.d.ts';
import type { Secret } from '../generated/envoy/extensions/transport_sockets/tls/v3/secret_pb.d.ts';
import type { ConnectionLimitSettings } from '../listener/connection-limits.ts';
import { readStatsConfig, type StatsSettings } from '../observability/stats/config.ts';
import type { NamedSecret } from '../tls/secrets/manager.ts';
import { openSecret } from '../tls/secrets/subscription.ts';
import { type DnsResolverConfig, readDnsResolver, readLegacyDnsResolver } from '../upstream/cluster-type/api.ts';
import { addressOf } from '../upstream/config-values.ts';
import type { NodeInfo } from '../upstream/services.ts';
import { type AdsConfig, readAdsConfig } from '../xds/ads-source-config.ts';
import { readConfigSource } from '../xds/source-config.ts';
import { readConnectionLimits } from './connection-limit-config.ts';
import type { ServerOptions } from './options.ts';
import { type RuntimeLayerConfig, readRuntimeLayers } from './runtime/runtime-config.ts';

export type BootstrapMessage = Bootstrap;
export type ClusterMessage = Cluster;
export type ListenerMessage = Listener;
export type XdsSourceMessage = XdsSource;

export interface BootstrapConfig {
  readonly message: Bootstrap;
  readonly node: NodeInfo;
  /** Null: no admin. */
  readonly adminAddress: Address | null;
  readonly clusters: readonly Cluster[];
  readonly listeners: readonly Listener[];
  readonly secrets: readonly NamedSecret[];
  readonly cds: XdsSource | null;
  readonly lds: XdsSource | null;
  /** Null: no aggregated discovery. */
  readonly ads: AdsConfig | null;
  readonly defaultBindConfig: BindConfig | undefined;
  /** Milliseconds between flushes of histograms into their intervals; default 5,000. */
  readonly statsFlushIntervalMs: number;
  readonly stats: StatsSettings;
  readonly connectionLimits: ConnectionLimitSettings;
  readonly runtimeLayers: readonly RuntimeLayerConfig[];
  /** Null: the system's name servers. */
  readonly dnsResolver: DnsResolverConfig | null;
}

export async function readBootstrapConfig(
  message: Bootstrap,
  options: ServerOptions,
  context: ConfigContext,
): Promise<BootstrapConfig> {
  const admin = message.admin?.address === undefined ? null : addressOf(message.admin.address);
  if (typeof admin === 'string') context.error(message, 'admin.address', 'RMR0901', admin);
  // Said now, with its place; read for use by dynamic-resources.ts.
  for (const source of [message.dynamicResources?.cdsConfig, message.dynamicResources?.ldsConfig]) {
    if (source !== undefined) readConfigSource(source, message, context);
  }
  const locality = message.node?.locality;
  return {
    message,
    node: {
      id: options.serviceNode || (message.node?.id ?? ''),
      cluster: options.serviceCluster || (message.node?.cluster ?? ''),
      localCluster: message.clusterManager?.localClusterName ?? '',
      region: locality?.region ?? '',
      zone: options.serviceZone || (locality?.zone ?? ''),
      subZone: locality?.subZone ?? '',
    },
    adminAddress: typeof admin === 'string' ? null : admin,
    clusters: message.staticResources?.clusters ?? [],
    listeners: message.staticResources?.listeners ?? [],
    secrets: (message.staticResources?.secrets ?? []).flatMap(namedSecret),
    cds: message.dynamicResources?.cdsConfig ?? null,
    lds: message.dynamicResources?.ldsConfig ?? null,
    ads: readAdsConfig(message.dynamicResources?.adsConfig, context) ?? null,
    defaultBindConfig: message.clusterManager?.upstreamBindConfig,
    statsFlushIntervalMs: durationMs(message.statsFlushInterval, 5000),
    stats: await readStatsConfig(message.statsConfig, context, options.statsTags),
    connectionLimits: readConnectionLimits(message, context),
    runtimeLayers: readRuntimeLayers(message, options.serviceCluster || (message.node?.cluster ?? ''), context),
    dnsResolver: readDnsResolver(message.typedDnsResolverConfig, context) ?? readLegacyDnsResolver(message, context),
  };
}

/** One that holds nothing has been reported (config/semantic/bootstrap.ts). */
function namedSecret(message: Secret): NamedSecret[] {
  const { name, kind, value } = openSecret(message);
  return kind === undefined || value === undefined ? [] : [{ name, kind, value, message }];
}
