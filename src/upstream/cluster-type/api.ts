// What a cluster type is: the source of a cluster's hosts. Types are extensions (category `envoy.clusters`); STATIC and
// EDS are core's own, since their hosts come from configuration alone.
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { Timers } from '../../base/timers.ts';
import type { ConfigContext } from '../../config/context.ts';
import { extensionCategory } from '../../config/extension-registry.ts';
import type { DnsResolver, DnsResolverConfig } from '../../network/dns.ts';
import type { Counter, StatsScope } from '../../observability/stats/api.ts';
import type { Cancellable, Host, HostLookupCallbacks, LoadBalancerContext } from '../api.ts';
import type { EndpointsConfig } from '../cluster-config.ts';
import type { HostSpec } from '../host.ts';

export type { DnsAddress, DnsFamily, DnsResolution, DnsResolver, DnsResolverConfig } from '../../network/dns.ts';
export type { EndpointConfig, EndpointsConfig, LocalityConfig } from '../cluster-config.ts';
export type { HostSpec } from '../host.ts';
export { readDnsResolver, readLegacyDnsResolver } from './dns-resolver-config.ts';

/** Keeps a cluster's hosts up to date from its creation to its removal. */
export interface HostSource {
  /** Starts discovery. `context.setHosts` and, once, `context.ready` follow, maybe before this returns. */
  start(): void;
  /** The configuration's endpoints changed and nothing else. */
  setEndpoints(endpoints: EndpointsConfig): void;
  /** Where the cluster chooses its hosts itself (CLUSTER_PROVIDED); else its load-balancing policy is asked. */
  chooseHost?(context: LoadBalancerContext): Host | null;
  /** See `Cluster.lookUpHost`. */
  lookUpHost?(context: LoadBalancerContext, callbacks: HostLookupCallbacks): Cancellable | string;
  /** Ends all timers and queries; the hosts stay. */
  stop(): void;
}

export interface HostSourceContext {
  readonly clusterName: string;
  readonly endpoints: EndpointsConfig;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly stats: DiscoveryStats;
  /** Root of all statistics. */
  readonly rootStats: StatsScope;
  /** The host of that key, if the cluster has it. */
  host(key: string): Host | null;
  /** The resolver for a configuration; null: the process's default. */
  dnsResolver(config: DnsResolverConfig | null): DnsResolver;
  /** Replaces the hosts of the cluster by diff. */
  setHosts(hosts: readonly HostSpec[], endpoints: EndpointsConfig): void;
  /** The first round of discovery is over, whether it found hosts or not: the cluster may serve. Later calls do nothing. */
  ready(): void;
}

export interface DiscoveryStats {
  readonly updateAttempt: Counter;
  readonly updateSuccess: Counter;
  readonly updateFailure: Counter;
  readonly updateEmpty: Counter;
  readonly updateNoRebuild: Counter;
}

/** `Config` is what `parse` makes: frozen plain data, compared by value. */
export interface ClusterTypeFactory<Config = unknown> {
  /**
   * `message` is the typed message of `cluster_type`; or, for STRICT_DNS and LOGICAL_DNS, undefined. `cluster` is the
   * whole envoy.config.cluster.v3.Cluster message.
   */
  parse(message: unknown, cluster: unknown, context: ConfigContext): Config;
  create(config: Config, context: HostSourceContext): HostSource;
  /** auto_sni and auto_san_validation are on in clusters that say nothing of HTTP. */
  readonly expectsNames?: boolean;
}

export const clusterTypeCategory = extensionCategory<ClusterTypeFactory>('envoy.clusters');
