// Owns what the admin pages show of clusters: /clusters as text and JSON, and the parts of /config_dump. Plain data and
// text in Envoy's shapes; whoever serves the pages only writes them out.
import type { Address } from '../base/address.ts';
import type { CircuitBreaker } from './api.ts';
import type { ClusterState, UpstreamClusterManager } from './cluster-manager.ts';
import type { UpstreamHost } from './host.ts';
import type { HostSet, LocalityHosts } from './load-balancing/api.ts';

type Json = { [key: string]: unknown };

/** envoy.config.core.v3.HealthStatus as the balancer understands it. */
const healthNames: Readonly<Record<number, string>> = { 2: 'UNHEALTHY', 3: 'DRAINING', 4: 'UNHEALTHY', 5: 'DEGRADED' };
const healthFlags: Readonly<Record<number, string>> = {
  2: '/failed_eds_health',
  3: '/eds_status_draining',
  4: '/failed_eds_health',
  5: '/degraded_eds_health',
};

/** Chooses clusters by name (`?filter=`). */
export type NameTest = (name: string) => boolean;

const anyName: NameTest = () => true;

function* activeStates(manager: UpstreamClusterManager, matches: NameTest = anyName): Generator<ClusterState> {
  for (const [name, { active }] of manager.entries()) if (active !== null && matches(name)) yield active;
}

function serviceName({ config }: ClusterState): string {
  const discovery = config.discovery;
  return discovery.kind === 'eds' && discovery.serviceName !== config.name ? discovery.serviceName : '';
}

// --- /clusters -------------------------------------------------------------------------------------------------------

/** `name::…` lines. */
export function clustersText(manager: UpstreamClusterManager, matches: NameTest = anyName): string {
  let text = '';
  for (const state of activeStates(manager, matches)) {
    const { cluster } = state;
    const name = cluster.info.name;
    text += `${name}::observability_name::${cluster.info.observabilityName}\n`;
    text += breakerText(name, 'default_priority', cluster.circuitBreakers[0]);
    text += breakerText(name, 'high_priority', cluster.circuitBreakers[1]);
    text += `${name}::added_via_api::${state.addedViaApi}\n`;
    if (serviceName(state) !== '') text += `${name}::eds_service_name::${serviceName(state)}\n`;
    for (const set of cluster.hostSets.sets) {
      for (const host of set.hosts) text += hostText(name, host as UpstreamHost);
    }
  }
  return text;
}

function breakerText(name: string, priority: string, breaker: CircuitBreaker): string {
  const line = (limit: string, value: number): string => `${name}::${priority}::${limit}::${value}\n`;
  return (
    line('max_connections', breaker.connections.max) +
    line('max_pending_requests', breaker.pendingRequests.max) +
    line('max_requests', breaker.requests.max) +
    line('max_retries', breaker.retries.max)
  );
}

function hostText(cluster: string, host: UpstreamHost): string {
  const { stats, locality } = host;
  const facts: readonly (readonly [string, string | number | boolean])[] = [
    ['cx_active', stats.cxActive],
    ['cx_connect_fail', stats.cxConnectFail],
    ['cx_total', stats.cxTotal],
    ['rq_active', stats.rqActive],
    ['rq_error', stats.rqError],
    ['rq_pending_active', stats.rqPendingActive],
    ['rq_success', stats.rqSuccess],
    ['rq_timeout', stats.rqTimeout],
    ['rq_total', stats.rqTotal],
    ['hostname', host.hostname],
    ['health_flags', healthFlags[host.healthStatus] ?? 'healthy'],
    ['weight', host.weight],
    ['region', locality.region],
    ['zone', locality.zone],
    ['sub_zone', locality.subZone],
    ['canary', host.canary],
    ['priority', host.priority],
    // Outlier detection (later issue) has no figures yet; Envoy prints -1 then.
    ['success_rate', -1],
    ['local_origin_success_rate', -1],
  ];
  const prefix = `${cluster}::${host.address.text}::`;
  return facts.map(([fact, value]) => `${prefix}${fact}::${value}\n`).join('');
}

/** envoy.admin.v3.Clusters. */
export function clustersJson(manager: UpstreamClusterManager, matches: NameTest = anyName): Json {
  const statuses = [...activeStates(manager, matches)].map(clusterJson);
  return statuses.length === 0 ? {} : { cluster_statuses: statuses };
}

function clusterJson(state: ClusterState): Json {
  const { cluster } = state;
  const hosts = cluster.hostSets.sets.flatMap((set) => set.hosts.map((host) => hostJson(host as UpstreamHost)));
  return {
    name: cluster.info.name,
    ...(state.addedViaApi ? { added_via_api: true } : {}),
    ...(hosts.length > 0 ? { host_statuses: hosts } : {}),
    circuit_breakers: {
      thresholds: [
        thresholdsJson(cluster.circuitBreakers[0]),
        { priority: 'HIGH', ...thresholdsJson(cluster.circuitBreakers[1]) },
      ],
    },
    observability_name: cluster.info.observabilityName,
    ...(serviceName(state) === '' ? {} : { eds_service_name: serviceName(state) }),
  };
}

function thresholdsJson(breaker: CircuitBreaker): Json {
  return {
    max_connections: breaker.connections.max,
    max_pending_requests: breaker.pendingRequests.max,
    max_requests: breaker.requests.max,
    max_retries: breaker.retries.max,
  };
}

function hostJson(host: UpstreamHost): Json {
  const { stats } = host;
  const counter = (name: string, value: number): Json => (value === 0 ? { name } : { value: String(value), name });
  const gauge = (name: string, value: number): Json => ({ type: 'GAUGE', ...counter(name, value) });
  return {
    address: addressJson(host.address),
    stats: [
      counter('cx_connect_fail', stats.cxConnectFail),
      counter('cx_total', stats.cxTotal),
      counter('rq_error', stats.rqError),
      counter('rq_success', stats.rqSuccess),
      counter('rq_timeout', stats.rqTimeout),
      counter('rq_total', stats.rqTotal),
      gauge('cx_active', stats.cxActive),
      gauge('rq_active', stats.rqActive),
      gauge('rq_pending_active', stats.rqPendingActive),
    ],
    health_status: { eds_health_status: healthNames[host.healthStatus] ?? 'HEALTHY' },
    weight: host.weight,
    ...(host.hostname === '' ? {} : { hostname: host.hostname }),
    ...(host.priority === 0 ? {} : { priority: host.priority }),
    locality: localityJson(host),
  };
}

function addressJson(address: Address): Json {
  switch (address.kind) {
    case 'ip':
      return { socket_address: { address: address.address, port_value: address.port } };
    case 'pipe':
      return { pipe: { path: address.path } };
    case 'internal':
      return { envoy_internal_address: { server_listener_name: address.listener, endpoint_id: address.endpointId } };
  }
}

function localityJson({ locality }: UpstreamHost): Json {
  return {
    ...(locality.region === '' ? {} : { region: locality.region }),
    ...(locality.zone === '' ? {} : { zone: locality.zone }),
    ...(locality.subZone === '' ? {} : { sub_zone: locality.subZone }),
  };
}

// --- /config_dump ----------------------------------------------------------------------------------------------------

export interface DumpedCluster {
  /** Empty for clusters of the bootstrap. */
  readonly versionInfo: string;
  /** The envoy.config.cluster.v3.Cluster message as it was given. */
  readonly message: unknown;
  /** Milliseconds since the epoch. */
  readonly lastUpdated: number;
}

/** The contents of envoy.admin.v3.ClustersConfigDump. */
export interface ClustersDump {
  readonly staticClusters: readonly DumpedCluster[];
  readonly dynamicActiveClusters: readonly DumpedCluster[];
  readonly dynamicWarmingClusters: readonly DumpedCluster[];
}

export function clustersDump(manager: UpstreamClusterManager): ClustersDump {
  const dump = {
    staticClusters: [] as DumpedCluster[],
    dynamicActiveClusters: [] as DumpedCluster[],
    dynamicWarmingClusters: [] as DumpedCluster[],
  };
  for (const { active, warming } of manager.entries().values()) {
    // A cluster of the bootstrap that is warming is shown with the others of the bootstrap, as in Envoy.
    if (active !== null) (active.addedViaApi ? dump.dynamicActiveClusters : dump.staticClusters).push(dumped(active));
    if (warming?.addedViaApi) dump.dynamicWarmingClusters.push(dumped(warming));
    else if (warming && active === null) dump.staticClusters.push(dumped(warming));
  }
  return dump;
}

function dumped({ version, config, lastUpdated }: ClusterState): DumpedCluster {
  return { versionInfo: version, message: config.source, lastUpdated };
}

/** envoy.admin.v3.EndpointsConfigDump (`?include_eds`): the hosts as they are now, in the shape of ClusterLoadAssignment. */
export function endpointsDump(manager: UpstreamClusterManager): Json {
  const fixed: Json[] = [];
  const dynamic: Json[] = [];
  for (const state of activeStates(manager)) {
    const config = { endpoint_config: assignmentJson(state) };
    // Where the cluster came from decides, not where its endpoints did: as Envoy sorts them.
    (state.addedViaApi ? dynamic : fixed).push(config);
  }
  return {
    '@type': 'type.googleapis.com/envoy.admin.v3.EndpointsConfigDump',
    ...(fixed.length > 0 ? { static_endpoint_configs: fixed } : {}),
    ...(dynamic.length > 0 ? { dynamic_endpoint_configs: dynamic } : {}),
  };
}

function assignmentJson({ cluster, config }: ClusterState): Json {
  const discovery = config.discovery;
  const endpoints = cluster.hostSets.sets.flatMap((set) =>
    set.localities.map((locality) => localityEndpoints(set, locality)),
  );
  return {
    '@type': 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment',
    cluster_name: discovery.kind === 'eds' ? discovery.serviceName : config.name,
    ...(endpoints.length > 0 ? { endpoints } : {}),
    policy: { overprovisioning_factor: cluster.hostSets.sets[0]?.overprovisioningFactor ?? 140 },
  };
}

function localityEndpoints(set: HostSet, { hosts, weight }: LocalityHosts): Json {
  const members = hosts as readonly UpstreamHost[];
  const first = members[0];
  return {
    locality: first === undefined ? {} : localityJson(first),
    lb_endpoints: members.map(endpointJson),
    load_balancing_weight: weight,
    ...(set.priority === 0 ? {} : { priority: set.priority }),
  };
}

function endpointJson(host: UpstreamHost): Json {
  const additional = host.additionalAddresses.map((address) => ({ address: addressJson(address) }));
  const metadata = Object.keys(host.metadata).length > 0 ? { metadata: { filter_metadata: host.metadata } } : {};
  const health = host.health === 'healthy' ? 'HEALTHY' : host.health === 'degraded' ? 'DEGRADED' : 'UNHEALTHY';
  return {
    endpoint: {
      address: addressJson(host.address),
      health_check_config: {},
      ...(host.hostname === '' ? {} : { hostname: host.hostname }),
      ...(additional.length > 0 ? { additional_addresses: additional } : {}),
    },
    health_status: health,
    ...metadata,
    load_balancing_weight: host.weight,
  };
}
