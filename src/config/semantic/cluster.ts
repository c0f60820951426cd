/** Owns what Envoy asks of a cluster beyond the API's rules: discovery type, load balancing and endpoints must go together. */
import { isIP } from 'node:net';
import type { Cluster } from '../../generated/envoy/config/cluster/v3/cluster_pb.d.ts';
import type { OutlierDetection } from '../../generated/envoy/config/cluster/v3/outlier_detection_pb.d.ts';
import type {
  Endpoint,
  LbEndpoint,
  LocalityLbEndpoints,
} from '../../generated/envoy/config/endpoint/v3/endpoint_components_pb.d.ts';
import type { ConfigContext } from '../context.ts';
import { heldTypeName } from '../unpacked.ts';
import { toNanoseconds } from '../validate/duration-rules.ts';
import { checkIpAddress } from './address.ts';
import { DiscoveryType, LbPolicy } from './enums.ts';

const discoveryNames = ['STATIC', 'STRICT_DNS', 'LOGICAL_DNS', 'EDS', 'ORIGINAL_DST'];
const clusterProvided = 'envoy.extensions.load_balancing_policies.cluster_provided.v3.ClusterProvided';

const dnsCluster = 'envoy.extensions.clusters.dns.v3.DnsCluster';

/** Cluster types that are extensions: whether they choose their hosts themselves. */
const customTypes: Readonly<Record<string, { readonly name: string; readonly chooses: boolean }>> = {
  [dnsCluster]: { name: 'DNS', chooses: false },
  'envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig': { name: 'dynamic forward proxy', chooses: true },
};

export function checkCluster(cluster: Cluster, context: ConfigContext): void {
  const discovery = cluster.clusterDiscoveryType;
  // A custom cluster type brings its own rules; those of the DNS one are known here.
  const type =
    discovery.case === 'type' || discovery.case === undefined ? (discovery.value ?? DiscoveryType.STATIC) : undefined;
  checkLoadBalancing(cluster, type, context);
  checkEds(cluster, type, context);
  checkEndpoints(cluster, type, context);
  checkProtocolOptionNames(cluster, context);
  if (cluster.outlierDetection !== undefined) checkOutlierDetection(cluster.outlierDetection, context);
  const source = cluster.upstreamBindConfig?.sourceAddress;
  if (source !== undefined) checkIpAddress(source, 'address', source.address, 'RMR0901', context);
  for (const resolver of cluster.dnsResolvers) {
    const { address } = resolver;
    if (address.case === 'socketAddress' && isIP(address.value.address) !== 0) continue;
    context.error(resolver, '', 'RMR0400', 'A DNS resolver must be given by its IP address');
  }
}

function checkLoadBalancing(cluster: Cluster, type: DiscoveryType | undefined, context: ConfigContext): void {
  const policy = cluster.loadBalancingPolicy;
  if (policy === undefined && cluster.lbPolicy === LbPolicy.LOAD_BALANCING_POLICY_CONFIG) {
    const text = 'lb_policy says LOAD_BALANCING_POLICY_CONFIG, and there is no load_balancing_policy';
    context.error(cluster, 'lb_policy', 'RMR0402', text);
    return;
  }
  let provided = cluster.lbPolicy === LbPolicy.CLUSTER_PROVIDED;
  let field = 'lb_policy';
  if (policy !== undefined) {
    const chosen = policy.policies
      .map((entry) => entry.typedExtensionConfig?.typedConfig)
      .find((any) => any !== undefined && isKnownPolicy(heldTypeName(any), context));
    if (chosen === undefined) {
      const names = policy.policies.map((entry) => {
        const any = entry.typedExtensionConfig?.typedConfig;
        return any === undefined ? (entry.typedExtensionConfig?.name ?? 'an empty entry') : heldTypeName(any);
      });
      const text =
        names.length === 0
          ? 'load_balancing_policy names no policy'
          : `None of the load-balancing policies is implemented: ${names.join(', ')}`;
      context.error(cluster, 'load_balancing_policy', names.length === 0 ? 'RMR0402' : 'RMR0304', text);
      return;
    }
    provided = heldTypeName(chosen) === clusterProvided;
    field = 'load_balancing_policy';
    if (cluster.lbSubsetConfig !== undefined) {
      const text = 'lb_subset_config cannot stand beside load_balancing_policy';
      context.error(cluster, 'lb_subset_config', 'RMR0402', text, 'use the subset load-balancing policy');
    }
  } else if (provided && cluster.lbSubsetConfig !== undefined) {
    context.error(
      cluster,
      'lb_subset_config',
      'RMR0402',
      'lb_subset_config cannot stand beside lb_policy CLUSTER_PROVIDED',
    );
  }
  const kind =
    type === undefined
      ? customTypes[customType(cluster)]
      : { name: discoveryNames[type], chooses: type === DiscoveryType.ORIGINAL_DST };
  if (kind?.chooses === true && !provided) {
    const text = `A cluster of type ${kind.name} chooses its hosts itself: its load-balancing policy must be CLUSTER_PROVIDED`;
    context.error(cluster, field, 'RMR0402', text, 'set lb_policy: CLUSTER_PROVIDED');
  } else if (type === DiscoveryType.ORIGINAL_DST && cluster.lbPolicy !== LbPolicy.CLUSTER_PROVIDED) {
    const text = 'A cluster of type ORIGINAL_DST needs lb_policy CLUSTER_PROVIDED also beside load_balancing_policy';
    context.error(cluster, 'lb_policy', 'RMR0402', text, 'set lb_policy: CLUSTER_PROVIDED');
  } else if (kind?.chooses === false && provided) {
    const text = `A cluster of type ${kind.name} does not choose hosts itself, which CLUSTER_PROVIDED asks for`;
    context.error(cluster, field, 'RMR0402', text);
  }
  const hashing = cluster.commonLbConfig?.consistentHashingLbConfig;
  if (hashing?.useHostnameForHashing === true && type !== undefined && type !== DiscoveryType.STRICT_DNS) {
    const text = `use_hostname_for_hashing needs a cluster of type STRICT_DNS; this is ${discoveryNames[type]}`;
    context.error(hashing, 'use_hostname_for_hashing', 'RMR0402', text);
  }
}

/** Of its message; empty: none. */
function customType({ clusterDiscoveryType: discovery }: Cluster): string {
  const config = discovery.case === 'clusterType' ? discovery.value.typedConfig : undefined;
  return config === undefined ? '' : heldTypeName(config);
}

function isKnownPolicy(typeName: string, context: ConfigContext): boolean {
  const known = context.options.knownExtensions;
  const isPolicy = typeName.startsWith('envoy.extensions.load_balancing_policies.');
  return isPolicy && (known === undefined || known.has(typeName));
}

function checkEds(cluster: Cluster, type: DiscoveryType | undefined, context: ConfigContext): void {
  if (type === DiscoveryType.EDS) {
    if (cluster.edsClusterConfig?.edsConfig !== undefined) return;
    context.error(
      cluster,
      'eds_cluster_config.eds_config',
      'RMR0403',
      'A cluster of type EDS needs eds_cluster_config.eds_config',
    );
  } else if (cluster.edsClusterConfig !== undefined) {
    context.error(
      cluster,
      'eds_cluster_config',
      'RMR0403',
      'eds_cluster_config stands in a cluster that is not of type EDS',
    );
  }
}

function checkEndpoints(cluster: Cluster, type: DiscoveryType | undefined, context: ConfigContext): void {
  const assignment = cluster.loadAssignment;
  const localities = assignment?.endpoints ?? [];
  if (type === DiscoveryType.ORIGINAL_DST) {
    if (assignment === undefined) return;
    const text = 'A cluster of type ORIGINAL_DST takes its hosts from the connections: it can have no load_assignment';
    context.error(cluster, 'load_assignment', 'RMR0403', text);
    return;
  }
  if (type === DiscoveryType.LOGICAL_DNS || isLogicalDns(cluster, context)) {
    if (localities.length !== 1 || localities[0]?.lbEndpoints.length !== 1) {
      const text = 'A logical DNS cluster needs exactly one locality with exactly one endpoint';
      context.error(cluster, 'load_assignment.endpoints', 'RMR0403', text, 'several names: type STRICT_DNS');
      return;
    }
  }
  if (type !== DiscoveryType.STATIC && type !== DiscoveryType.STRICT_DNS && type !== DiscoveryType.LOGICAL_DNS) return;
  for (const locality of localities) {
    if (type === DiscoveryType.STATIC) checkNoLeds(locality, context);
    for (const entry of locality.lbEndpoints) checkEndpoint(entry, type, context);
  }
}

function isLogicalDns(cluster: Cluster, context: ConfigContext): boolean {
  const discovery = cluster.clusterDiscoveryType;
  if (discovery.case !== 'clusterType' || discovery.value.typedConfig === undefined) return false;
  if (heldTypeName(discovery.value.typedConfig) !== dnsCluster) return false;
  const config = context.unpack(discovery.value.typedConfig);
  return config !== undefined && Reflect.get(config, 'allAddressesInSingleEndpoint') === true;
}

function checkNoLeds(locality: LocalityLbEndpoints, context: ConfigContext): void {
  if (locality.lbConfig.case !== 'ledsClusterLocalityConfig') return;
  context.error(locality, 'leds_cluster_locality_config', 'RMR0403', 'Endpoints by LEDS need a cluster of type EDS');
}

function checkEndpoint(entry: LbEndpoint, type: DiscoveryType, context: ConfigContext): void {
  const endpoint: Endpoint | undefined =
    entry.hostIdentifier.case === 'endpoint' ? entry.hostIdentifier.value : undefined;
  const address = endpoint?.address?.address;
  if (endpoint === undefined || address === undefined) {
    if (type === DiscoveryType.STATIC) context.error(endpoint ?? entry, '', 'RMR0404', 'The endpoint has no address');
    return;
  }
  if (address.case === 'pipe' && Buffer.byteLength(address.value.path) > 107) {
    context.error(address.value, 'path', 'RMR0404', 'The path of a Unix domain socket can have at most 107 bytes');
  }
  if (address.case !== 'socketAddress') return;
  const socket = address.value;
  if (type !== DiscoveryType.STATIC) {
    if (type === DiscoveryType.STRICT_DNS && socket.resolverName !== '') {
      context.error(
        socket,
        'resolver_name',
        'RMR0404',
        'An endpoint of a STRICT_DNS cluster can have no resolver_name',
      );
    }
    return;
  }
  if (socket.resolverName !== '') return;
  if (isIP(socket.address) === 0) {
    const text = `${JSON.stringify(socket.address)} is not an IP address, which a cluster of type STATIC needs`;
    context.error(
      socket,
      'address',
      'RMR0404',
      text,
      'names are resolved by clusters of type STRICT_DNS and LOGICAL_DNS',
    );
  }
  if (socket.portSpecifier.case === 'namedPort') {
    context.error(socket, 'named_port', 'RMR0404', 'A cluster of type STATIC needs port numbers', 'use port_value');
  }
}

/** Names under which Envoy looks options up, beside those of network and HTTP filters. */
const protocolOptionNames = new Set([
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
  'envoy.extensions.upstreams.tcp.v3.TcpProtocolOptions',
]);

function checkProtocolOptionNames(cluster: Cluster, context: ConfigContext): void {
  for (const [name, any] of Object.entries(cluster.typedExtensionProtocolOptions)) {
    if (protocolOptionNames.has(name) || name.startsWith('envoy.filters.')) continue;
    const text = `No extension with protocol options is called ${JSON.stringify(name)}`;
    context.error(any, '', 'RMR0400', text, 'HTTP: "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"');
  }
}

function checkOutlierDetection(detection: OutlierDetection, context: ConfigContext): void {
  const { baseEjectionTime, maxEjectionTime } = detection;
  if (maxEjectionTime === undefined) return;
  const base = baseEjectionTime === undefined ? 30_000_000_000n : toNanoseconds(baseEjectionTime);
  if (toNanoseconds(maxEjectionTime) >= base) return;
  context.error(
    detection,
    'max_ejection_time',
    'RMR0400',
    'max_ejection_time must not be shorter than base_ejection_time',
  );
}
