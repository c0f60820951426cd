// Owns the conversion of an envoy.config.cluster.v3.Cluster into a ClusterConfig: the only place where the message's
// fields are read. What cannot be used is reported to the context, with its place.
import type { Address } from '../base/address.ts';
import type { Clock } from '../base/clock.ts';
import { durationMs } from '../base/duration.ts';
import type { Runtime } from '../base/runtime.ts';
import type { Timers } from '../base/timers.ts';
import type { ConfigContext } from '../config/context.ts';
import type { ExtensionRegistry } from '../config/extension-registry.ts';
import { typeNameOf } from '../config/unpacked.ts';
import type {
  Cluster,
  Cluster_DiscoveryType,
  UpstreamConnectionOptions_FirstAddressFamilyVersion,
} from '../generated/envoy/config/cluster/v3/cluster_pb.d.ts';
import type {
  BindConfig,
  TcpKeepalive as TcpKeepaliveMessage,
} from '../generated/envoy/config/core/v3/address_pb.d.ts';
import type { HttpProtocolOptions } from '../generated/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.d.ts';
import type { TcpKeepalive, UpstreamTransportSource } from '../network/api.ts';
import type { StatsScope } from '../observability/stats/api.ts';
import {
  type LogFiles,
  readTransport,
  type Secrets,
  type TransportSocketContext,
  upstreamTransportCategory,
} from '../tls/api.ts';
import type {
  ClusterConfig,
  ClusterPolicies,
  DiscoveryConfig,
  HappyEyeballsConfig,
  TransportMatchConfig,
} from './cluster-config.ts';
import { clusterTypeCategory } from './cluster-type/api.ts';
import { readEndpoints } from './config-endpoints.ts';
import { checkNegotiation, httpConfig, readHttpOptions } from './config-http.ts';
import { readCircuitBreakers, readMaxConnectionsPerHost } from './config-limits.ts';
import { legacyPolicyTypes, readCommonLb, readLoadBalancer } from './config-load-balancer.ts';
import { readOriginalDst } from './config-original-dst.ts';
import { readTransportMatcher } from './config-transport-matcher.ts';
import { ipLiteral, metadataOf, portOf } from './config-values.ts';

export { readEndpoints } from './config-endpoints.ts';

const dnsClusterType = 'envoy.extensions.clusters.dns.v3.DnsCluster';

const STATIC: Cluster_DiscoveryType = 0;
const STRICT_DNS: Cluster_DiscoveryType = 1;
const LOGICAL_DNS: Cluster_DiscoveryType = 2;
const EDS: Cluster_DiscoveryType = 3;

const V4: UpstreamConnectionOptions_FirstAddressFamilyVersion = 1;
const V6: UpstreamConnectionOptions_FirstAddressFamilyVersion = 2;

export interface ClusterConfigOptions {
  readonly context: ConfigContext;
  readonly extensions: ExtensionRegistry;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logFiles: LogFiles;
  /** The router's: what `Cluster.info.policies` will be. */
  readonly readPolicies: (options: HttpProtocolOptions, context: ConfigContext) => unknown;
  readonly runtime: Runtime;
  /** Root of all statistics. */
  readonly stats: StatsScope;
  /** `cluster_manager.upstream_bind_config` of the bootstrap. */
  readonly defaultBindConfig?: BindConfig | undefined;
}

/**
 * Message names of the extensions that a cluster needs without naming them (`lb_policy`, `type`): for
 * `ExtensionRegistry.preload`, beside those that its typed_configs name.
 */
export function impliedExtensions(cluster: Cluster): string[] {
  const implied = legacyPolicyTypes(cluster);
  const discovery = cluster.clusterDiscoveryType;
  if (discovery.case === 'type' && (discovery.value === STRICT_DNS || discovery.value === LOGICAL_DNS))
    implied.push(dnsClusterType);
  return implied;
}

/** Undefined when something was reported that keeps the cluster from being made. Call `preload` first. */
export function readCluster(cluster: Cluster, options: ClusterConfigOptions): ClusterConfig | undefined {
  const { context, extensions } = options;
  const errorsBefore = context.errorCount;
  const discovery = readDiscovery(cluster, extensions, context);
  const loadBalancer = readLoadBalancer(cluster, extensions, context);
  const transport = readClusterTransport(cluster, options);
  const httpOptions = readHttpOptions(cluster, context);
  const config = {
    name: cluster.name,
    observabilityName: cluster.altStatName === '' ? cluster.name : cluster.altStatName,
    connectTimeoutMs: durationMs(cluster.connectTimeout, 5000),
    poolPerDownstreamConnection: cluster.connectionPoolPerDownstreamConnection,
    predictivePreconnectRatio: cluster.preconnectPolicy?.predictivePreconnectRatio ?? 1,
    preconnectRatio: cluster.preconnectPolicy?.perUpstreamPreconnectRatio ?? 1,
    perConnectionBufferLimitBytes: cluster.perConnectionBufferLimitBytes ?? 1024 * 1024,
    endpoints: readEndpoints(cluster.loadAssignment, discovery?.kind === 'extension', context),
    commonLb: readCommonLb(cluster),
    circuitBreakers: readCircuitBreakers(cluster.circuitBreakers),
    maxConnectionsPerHost: readMaxConnectionsPerHost(cluster.circuitBreakers),
    http: httpConfig(
      cluster,
      httpOptions,
      discovery?.kind === 'extension' && discovery.factory.expectsNames === true,
      context,
    ),
    policies: readPolicies(httpOptions, options),
    tcpKeepalive: readKeepalive(cluster.upstreamConnectionOptions?.tcpKeepalive),
    transport: transport ?? null,
    transportMatches: readTransportMatches(cluster, options),
    transportMatcher: readTransportMatcher(cluster, options) ?? null,
    bindAddress: readBindAddress(cluster, options),
    happyEyeballs: readHappyEyeballs(cluster),
    waitForWarmOnInit: cluster.waitForWarmOnInit ?? true,
    ignoreHealthOnHostRemoval: cluster.ignoreHealthOnHostRemoval,
    metadata: metadataOf(cluster.metadata),
    source: cluster,
  };
  checkNegotiation(config, httpOptions, context);
  if (
    discovery === undefined ||
    transport === undefined ||
    loadBalancer === undefined ||
    context.errorCount > errorsBefore
  )
    return undefined;
  return Object.freeze({ ...config, discovery, loadBalancer });
}

function readPolicies(
  http: HttpProtocolOptions | undefined,
  { readPolicies, context }: ClusterConfigOptions,
): ClusterPolicies {
  if (http === undefined) return { read: null, source: null };
  return { read: readPolicies(http, context), source: [http.retryPolicy ?? null, http.requestMirrorPolicies] };
}

function readDiscovery(
  cluster: Cluster,
  extensions: ExtensionRegistry,
  context: ConfigContext,
): DiscoveryConfig | undefined {
  const choice = cluster.clusterDiscoveryType;
  if (choice.case === 'clusterType') {
    const any = choice.value.typedConfig;
    const typeName = any === undefined ? '' : typeNameOf(any.typeUrl);
    const message = any === undefined ? undefined : context.unpack(any);
    if (any !== undefined && message === undefined) return undefined;
    return readExtension(cluster, typeName, choice.value.name, message, extensions, context);
  }
  switch (choice.value ?? STATIC) {
    case STATIC:
      return { kind: 'static' };
    case EDS: {
      const eds = cluster.edsClusterConfig;
      if (eds?.edsConfig === undefined) {
        context.error(
          cluster,
          'eds_cluster_config',
          'RMR0400',
          'A cluster of type EDS needs eds_cluster_config with eds_config',
        );
        return undefined;
      }
      return {
        kind: 'eds',
        serviceName: eds.serviceName === '' ? cluster.name : eds.serviceName,
        source: eds.edsConfig,
        initialFetchTimeoutMs: durationMs(eds.edsConfig.initialFetchTimeout, 15_000),
      };
    }
    case STRICT_DNS:
      return readExtension(cluster, dnsClusterType, 'strict_dns', undefined, extensions, context);
    case LOGICAL_DNS:
      return readExtension(cluster, dnsClusterType, 'logical_dns', undefined, extensions, context);
    default:
      return { kind: 'original-dst', config: readOriginalDst(cluster) };
  }
}

function readExtension(
  cluster: Cluster,
  typeName: string,
  label: string,
  message: unknown,
  extensions: ExtensionRegistry,
  context: ConfigContext,
): DiscoveryConfig | undefined {
  const factory = extensions.get(clusterTypeCategory, typeName);
  if (factory === undefined) {
    context.error(
      cluster,
      'cluster_type',
      'RMR0304',
      `The cluster type ${typeName === '' ? label : typeName} is not implemented yet`,
    );
    return undefined;
  }
  return { kind: 'extension', typeName, label, factory, config: factory.parse(message, cluster, context) };
}

/** Null: bytes as they come. */
function readClusterTransport(
  cluster: Cluster,
  options: ClusterConfigOptions,
): UpstreamTransportSource | null | undefined {
  return readTransport(cluster.transportSocket, upstreamTransportCategory, socketContext(options));
}

function readTransportMatches(cluster: Cluster, options: ClusterConfigOptions): TransportMatchConfig[] {
  return cluster.transportSocketMatches.flatMap(({ name, match, transportSocket }) => {
    const transport = readTransport(transportSocket, upstreamTransportCategory, socketContext(options));
    return transport === undefined ? [] : [{ name, labels: match ?? {}, transport }];
  });
}

function socketContext(options: ClusterConfigOptions): TransportSocketContext {
  const { context, extensions, secrets, clock, timers, logFiles } = options;
  return { config: context, extensions, secrets, clock, timers, logFiles };
}

/** The kernel's own defaults where a value is not given (Linux: 7200 s). */
function readKeepalive(message: TcpKeepaliveMessage | undefined): TcpKeepalive | null {
  if (message === undefined) return null;
  return {
    timeSeconds: message.keepaliveTime ?? 7200,
    intervalSeconds: message.keepaliveInterval,
    probes: message.keepaliveProbes,
  };
}

function readBindAddress(cluster: Cluster, { context, defaultBindConfig }: ClusterConfigOptions): Address | null {
  const bind = cluster.upstreamBindConfig ?? defaultBindConfig;
  const source = bind?.sourceAddress;
  if (source === undefined) return null;
  const address = ipLiteral(source.address, portOf(source) ?? 0);
  if (address === null) {
    context.error(
      source,
      'address',
      'RMR0901',
      `The source address ${JSON.stringify(source.address)} is not an IP address`,
    );
  }
  return address;
}

function readHappyEyeballs(cluster: Cluster): HappyEyeballsConfig {
  const message = cluster.upstreamConnectionOptions?.happyEyeballsConfig;
  const version: number = message?.firstAddressFamilyVersion ?? 0;
  return {
    firstFamily: version === V4 ? 4 : version === V6 ? 6 : 'default',
    firstFamilyCount: message?.firstAddressFamilyCount ?? 1,
  };
}
