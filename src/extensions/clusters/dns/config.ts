// Owns the DNS cluster's factory: STRICT_DNS, LOGICAL_DNS and cluster_type DnsCluster to one plain configuration.
import { type DurationMessage, durationMs } from '../../../base/duration.ts';
import type { ConfigContext } from '../../../config/api.ts';
import type { Cluster, Cluster_DiscoveryType } from '../../../generated/envoy/config/cluster/v3/cluster_pb.d.ts';
import type { DnsCluster } from '../../../generated/envoy/extensions/clusters/dns/v3/dns_cluster_pb.d.ts';
import {
  type ClusterTypeFactory,
  type DnsFamily,
  type DnsResolverConfig,
  readDnsResolver,
  readLegacyDnsResolver,
} from '../../../upstream/cluster-type/api.ts';
import { LogicalDnsHosts } from './logical-dns.ts';
import { StrictDnsHosts } from './strict-dns.ts';

export interface DnsClusterConfig {
  /** One host whose address changes (LOGICAL_DNS); else every address is a host. */
  readonly logical: boolean;
  readonly family: DnsFamily;
  readonly refreshMs: number;
  /** Random part added to each refresh. */
  readonly jitterMs: number;
  readonly respectTtl: boolean;
  /** Lower bound for what a TTL asks for. */
  readonly minRefreshMs: number;
  /** Exponential back-off between failures; null: `refreshMs`. */
  readonly failureRefresh: { readonly baseMs: number; readonly maxMs: number } | null;
  /** Null: the process's default. */
  readonly resolver: DnsResolverConfig | null;
}

const LOGICAL_DNS: Cluster_DiscoveryType = 2;
/** Cluster.DnsLookupFamily; DnsCluster's enumeration counts from one, with 0 for unspecified. */
const families: readonly DnsFamily[] = ['auto', 'v4_only', 'v6_only', 'v4_preferred', 'all'];

function readFailureRefresh(
  message:
    | { readonly baseInterval?: DurationMessage | undefined; readonly maxInterval?: DurationMessage | undefined }
    | undefined,
  parent: object,
  context: ConfigContext,
): DnsClusterConfig['failureRefresh'] {
  if (message === undefined) return null;
  const baseMs = durationMs(message.baseInterval, 0);
  const maxMs = durationMs(message.maxInterval, baseMs * 10);
  if (maxMs < baseMs) {
    const text = 'max_interval of dns_failure_refresh_rate must not be shorter than base_interval';
    context.error(parent, 'dns_failure_refresh_rate.max_interval', 'RMR0400', text);
  }
  return { baseMs, maxMs };
}

function fromCluster(cluster: Cluster, context: ConfigContext): DnsClusterConfig {
  return {
    logical: cluster.clusterDiscoveryType.value === LOGICAL_DNS,
    family: families[cluster.dnsLookupFamily] ?? 'auto',
    refreshMs: durationMs(cluster.dnsRefreshRate, 5000),
    jitterMs: durationMs(cluster.dnsJitter, 0),
    respectTtl: cluster.respectDnsTtl,
    minRefreshMs: 0,
    failureRefresh: readFailureRefresh(cluster.dnsFailureRefreshRate, cluster, context),
    resolver: readDnsResolver(cluster.typedDnsResolverConfig, context) ?? readLegacyDnsResolver(cluster, context),
  };
}

function fromDnsCluster(message: DnsCluster, context: ConfigContext): DnsClusterConfig {
  return {
    logical: message.allAddressesInSingleEndpoint,
    family: families[message.dnsLookupFamily - 1] ?? 'auto',
    refreshMs: durationMs(message.dnsRefreshRate, 5000),
    jitterMs: durationMs(message.dnsJitter, 0),
    respectTtl: message.respectDnsTtl,
    minRefreshMs: durationMs(message.dnsMinRefreshRate, 0),
    failureRefresh: readFailureRefresh(message.dnsFailureRefreshRate, message, context),
    resolver: readDnsResolver(message.typedDnsResolverConfig, context),
  };
}

export const factory: ClusterTypeFactory<DnsClusterConfig> = {
  parse(message, cluster, context) {
    const clusterMessage = cluster as Cluster;
    return message === undefined
      ? fromCluster(clusterMessage, context)
      : fromDnsCluster(message as DnsCluster, context);
  },
  create(config, context) {
    return config.logical ? new LogicalDnsHosts(config, context) : new StrictDnsHosts(config, context);
  },
};
