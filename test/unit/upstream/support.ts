// What the tests of the upstream layer share: hosts, configurations, an environment of fakes.
import { ipAddress } from '../../../src/base/address.ts';
import { ExtensionRegistry } from '../../../src/config/extension-registry.ts';
import { clusterTypes } from '../../../src/extensions/clusters/entries.ts';
import { loadBalancingPolicies } from '../../../src/extensions/load-balancing-policies/entries.ts';
import { transportSockets } from '../../../src/extensions/transport-sockets/entries.ts';
import { defaultHttp1Settings } from '../../../src/http/codec/api.ts';
import { defaultHttp2Settings } from '../../../src/http/codec/h2/api.ts';
import { StatsStore } from '../../../src/observability/stats/store.ts';
import type { Host, LoadBalancerContext } from '../../../src/upstream/api.ts';
import type {
  CircuitBreakerConfig,
  ClusterConfig,
  EndpointConfig,
  EndpointsConfig,
} from '../../../src/upstream/cluster-config.ts';
import type { HostSpec } from '../../../src/upstream/host.ts';
import { loadBalancerCategory } from '../../../src/upstream/load-balancing/api.ts';

export const anyHost: LoadBalancerContext = {
  requestHeaders: null,
  hashKey: () => null,
  metadataMatch: null,
  shouldSelectAnotherHost: () => false,
  hostSelectionAttempts: 0,
  retryPriority: null,
};

const healthByStatus = ['healthy', 'healthy', 'unhealthy', 'unhealthy', 'unhealthy', 'degraded'] as const;

export interface EndpointOptions {
  readonly port: number;
  readonly weight?: number;
  /** envoy.config.core.v3.HealthStatus. */
  readonly healthStatus?: number;
  readonly dnsName?: string;
}

export function endpoint(options: EndpointOptions): EndpointConfig {
  const healthStatus = options.healthStatus ?? 0;
  return {
    address: options.dnsName === undefined ? ipAddress('127.0.0.1', options.port) : null,
    dnsName: options.dnsName ?? '',
    port: options.port,
    additionalAddresses: [],
    hostname: '',
    weight: options.weight ?? 1,
    health: healthByStatus[healthStatus] ?? 'healthy',
    healthStatus,
    metadata: {},
    canary: false,
  };
}

export interface LocalityOptions {
  readonly zone?: string;
  readonly weight?: number;
  readonly priority?: number;
  readonly endpoints: readonly EndpointOptions[];
}

export function endpoints(...localities: readonly LocalityOptions[]): EndpointsConfig {
  return {
    overprovisioningFactor: 140,
    weightedPriorityHealth: false,
    source: null,
    localities: localities.map((locality) => ({
      locality: { region: '', zone: locality.zone ?? '', subZone: '' },
      priority: locality.priority ?? 0,
      weight: locality.weight ?? 0,
      endpoints: locality.endpoints.map(endpoint),
    })),
  };
}

export function specs(config: EndpointsConfig): HostSpec[] {
  return config.localities.flatMap((locality) =>
    locality.endpoints.map((one) => ({
      endpoint: one,
      address: ipAddress('127.0.0.1', one.port),
      additionalAddresses: [],
      hostname: one.hostname,
      locality: locality.locality,
      localityWeight: locality.weight,
      priority: locality.priority,
      key: `127.0.0.1:${one.port}`,
    })),
  );
}

export const defaultBreaker: CircuitBreakerConfig = {
  maxConnections: 1024,
  maxPendingRequests: 1024,
  maxRequests: 1024,
  maxRetries: 3,
  maxConnectionPools: Number.POSITIVE_INFINITY,
  retryBudget: null,
  trackRemaining: false,
};

export const extensions = new ExtensionRegistry([...loadBalancingPolicies, ...clusterTypes, ...transportSockets]);
const policies = 'envoy.extensions.load_balancing_policies';
export const policyTypes = {
  roundRobin: `${policies}.round_robin.v3.RoundRobin`,
  leastRequest: `${policies}.least_request.v3.LeastRequest`,
  random: `${policies}.random.v3.Random`,
  subset: `${policies}.subset.v3.Subset`,
} as const;
await extensions.preload([
  ...Object.values(policyTypes),
  'envoy.extensions.clusters.dns.v3.DnsCluster',
  'envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer',
]);

export function policy(typeName: string) {
  const factory = extensions.get(loadBalancerCategory, typeName);
  if (factory === undefined) throw new Error(`no policy ${typeName}`);
  return factory;
}

export function clusterConfig(changes: Partial<ClusterConfig> = {}): ClusterConfig {
  const roundRobin = policy(policyTypes.roundRobin);
  return {
    name: 'one',
    observabilityName: 'one',
    discovery: { kind: 'static' },
    connectTimeoutMs: 5000,
    perConnectionBufferLimitBytes: 1024 * 1024,
    endpoints: endpoints({ endpoints: [{ port: 1 }] }),
    loadBalancer: {
      typeName: policyTypes.roundRobin,
      factory: roundRobin,
      config: { locality: { kind: 'none' } },
    },
    commonLb: { panicThreshold: 50 },
    circuitBreakers: [defaultBreaker, defaultBreaker],
    maxConnectionsPerHost: 0xffffffff,
    poolPerDownstreamConnection: false,
    preconnectRatio: 1,
    predictivePreconnectRatio: 1,
    policies: { read: null, source: null },
    http: {
      protocol: 'http1',
      http1: defaultHttp1Settings,
      http2: defaultHttp2Settings,
      maxRequestsPerConnection: 0,
      idleTimeoutMs: 3_600_000,
      maxConnectionDurationMs: 0,
      maxStreamDurationMs: 0,
      expectedNames: null,
    },
    tcpKeepalive: null,
    transport: null,
    transportMatches: [],
    transportMatcher: null,
    bindAddress: null,
    happyEyeballs: { firstFamily: 'default', firstFamilyCount: 1 },
    waitForWarmOnInit: true,
    ignoreHealthOnHostRemoval: false,
    metadata: {},
    source: null,
    ...changes,
  };
}

/** Counters and gauges that are not zero, without the prefix. */
export function statsOf(store: StatsStore, prefix: string): Record<string, number> {
  const found: Record<string, number> = {};
  for (const metric of [...store.counters(), ...store.gauges()]) {
    if (metric.name.startsWith(prefix) && metric.value !== 0) found[metric.name.slice(prefix.length)] = metric.value;
  }
  return found;
}

export function portOf(host: Host | null): number {
  return host?.address.kind === 'ip' ? host.address.port : 0;
}

export { StatsStore };

export const noHosts: EndpointsConfig = endpoints();
