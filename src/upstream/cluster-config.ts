// Owns the shape of a cluster's configuration after conversion: frozen plain data, compared by value to tell an update
// from a repetition. `config.ts` makes it from the protobuf message.
import type { Address } from '../base/address.ts';
import type { Http1Settings } from '../http/codec/api.ts';
import type { Http2Settings } from '../http/codec/h2/api.ts';
import type { MatchNode } from '../matchers/api.ts';
import type { TcpKeepalive, UpstreamTransportSource } from '../network/api.ts';
import type { ExpectedNames, HostHealth, Locality } from './api.ts';
import type { ClusterTypeFactory } from './cluster-type/api.ts';
import type { OriginalDstConfig } from './clusters/original-dst.ts';
import type { CommonLbConfig, LoadBalancerConfig } from './load-balancing/api.ts';
import type { PoolProtocol } from './pool/http-pool.ts';

export type Metadata = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface ClusterConfig {
  readonly name: string;
  /** `alt_stat_name`, else the name. */
  readonly observabilityName: string;
  readonly discovery: DiscoveryConfig;
  readonly connectTimeoutMs: number;
  readonly perConnectionBufferLimitBytes: number;
  readonly poolPerDownstreamConnection: boolean;
  /** Streams that connections are made for, for each that there is; 1: none is made ahead of need. */
  readonly preconnectRatio: number;
  /** The same for the hosts that the next requests go to. */
  readonly predictivePreconnectRatio: number;
  /** From the cluster itself; EDS brings its own. Left out of the comparison of clusters: hosts are diffed in place. */
  readonly endpoints: EndpointsConfig;
  readonly loadBalancer: LoadBalancerConfig;
  readonly commonLb: CommonLbConfig;
  readonly circuitBreakers: readonly [defaultPriority: CircuitBreakerConfig, highPriority: CircuitBreakerConfig];
  /** Connections to one host of default priority; 2^32-1: no limit of its own. */
  readonly maxConnectionsPerHost: number;
  readonly http: UpstreamHttpConfig;
  readonly policies: ClusterPolicies;
  readonly tcpKeepalive: TcpKeepalive | null;
  /** Null: bytes as they come. */
  readonly transport: UpstreamTransportSource | null;
  /** In order: the first one whose labels an endpoint has takes the place of `transport`. */
  readonly transportMatches: readonly TransportMatchConfig[];
  /** Chooses among `transportMatches` by name, instead of by their labels; null: none. */
  readonly transportMatcher: TransportMatcherConfig | null;
  readonly bindAddress: Address | null;
  /** Connect attempts to further addresses of a host: `first` family first, so many of it before they alternate. */
  readonly happyEyeballs: HappyEyeballsConfig;
  readonly waitForWarmOnInit: boolean;
  /** A host that discovery drops goes even while active health checks (later issue) say it lives. */
  readonly ignoreHealthOnHostRemoval: boolean;
  readonly metadata: Metadata;
  /** The protobuf message, for config_dump only; not compared. */
  readonly source: unknown;
}

/** What a cluster says of requests as a route does: the router reads it and is the one that knows what it means. */
export interface ClusterPolicies {
  /** What the router made of it; null for nothing. Not compared. */
  readonly read: unknown;
  /** The messages it was made of. */
  readonly source: unknown;
}

export type DiscoveryConfig =
  | { readonly kind: 'static' }
  | { readonly kind: 'original-dst'; readonly config: OriginalDstConfig }
  /** `serviceName`: the resource to subscribe to, the cluster's name by default; `source`: its ConfigSource message. */
  | {
      readonly kind: 'eds';
      readonly serviceName: string;
      readonly source: unknown;
      readonly initialFetchTimeoutMs: number;
    }
  | {
      readonly kind: 'extension';
      /** Message name of `config`, e.g. `envoy.extensions.clusters.dns.v3.DnsCluster`. */
      readonly typeName: string;
      /** What /config_dump's readers know as the type: `strict_dns`, `logical_dns` or the extension's name. */
      readonly label: string;
      readonly factory: ClusterTypeFactory;
      readonly config: unknown;
    };

/** What a host is chosen a transport socket by. */
export interface HostLabels {
  readonly metadata: Metadata;
  readonly localityMetadata: Metadata;
}

export interface TransportMatcherConfig {
  readonly tree: MatchNode<HostLabels, string>;
  /** What it was made from: compared by value. */
  readonly message: unknown;
}

export interface TransportMatchConfig {
  readonly name: string;
  /** Of metadata under `envoy.transport_socket_match`; none: any endpoint. */
  readonly labels: Readonly<Record<string, unknown>>;
  /** Null: bytes as they come. */
  readonly transport: UpstreamTransportSource | null;
}

export interface CircuitBreakerConfig {
  readonly maxConnections: number;
  readonly maxPendingRequests: number;
  readonly maxRequests: number;
  readonly maxRetries: number;
  /** Infinite: no limit. */
  readonly maxConnectionPools: number;
  readonly retryBudget: RetryBudgetConfig | null;
  readonly trackRemaining: boolean;
}

export interface RetryBudgetConfig {
  /** 0 to 100. */
  readonly budgetPercent: number;
  readonly minRetryConcurrency: number;
}

export interface HappyEyeballsConfig {
  readonly firstFamily: 'default' | 4 | 6;
  readonly firstFamilyCount: number;
}

export interface UpstreamHttpConfig {
  /** What is spoken with hosts: one protocol, what the client speaks, or what each host chooses by ALPN. */
  readonly protocol: PoolProtocol | 'downstream';
  readonly http1: Http1Settings;
  readonly http2: Http2Settings;
  /** 0: no limit. */
  readonly maxRequestsPerConnection: number;
  /** Milliseconds without a request after which a connection closes; 0: never. */
  readonly idleTimeoutMs: number;
  /** Milliseconds; 0: no limit. */
  readonly maxConnectionDurationMs: number;
  /** Milliseconds; 0: no limit. The router applies it. */
  readonly maxStreamDurationMs: number;
  /** The router applies it. */
  readonly expectedNames: ExpectedNames | null;
}

export interface EndpointsConfig {
  /** Percent, 140 by default: how much healthier than needed a priority must be before traffic spills over. */
  readonly overprovisioningFactor: number;
  readonly weightedPriorityHealth: boolean;
  readonly localities: readonly LocalityConfig[];
  /** The ClusterLoadAssignment message, for config_dump only. */
  readonly source: unknown;
}

export interface LocalityConfig {
  readonly locality: Locality;
  readonly priority: number;
  /** 0: not given. */
  readonly weight: number;
  /** Absent: none. */
  readonly metadata?: Metadata;
  readonly endpoints: readonly EndpointConfig[];
}

export interface EndpointConfig {
  /** For DNS clusters `address` is null and these name what to resolve. */
  readonly address: Address | null;
  readonly dnsName: string;
  readonly port: number;
  readonly additionalAddresses: readonly Address[];
  readonly hostname: string;
  readonly weight: number;
  readonly health: HostHealth;
  /** As in the configuration, for /clusters. */
  readonly healthStatus: number;
  readonly metadata: Metadata;
  readonly canary: boolean;
}

export const noEndpoints: EndpointsConfig = {
  overprovisioningFactor: 140,
  weightedPriorityHealth: false,
  localities: [],
  source: null,
};
