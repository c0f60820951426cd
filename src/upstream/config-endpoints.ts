// Owns the conversion of a ClusterLoadAssignment, from the cluster itself or from EDS, to plain endpoints.
import type { Address } from '../base/address.ts';
import type { ConfigContext } from '../config/context.ts';
import type {
  Endpoint,
  LbEndpoint,
  LocalityLbEndpoints,
} from '../generated/envoy/config/endpoint/v3/endpoint_components_pb.d.ts';
import type { ClusterLoadAssignment } from '../generated/envoy/config/endpoint/v3/endpoint_pb.d.ts';
import type { HostHealth } from './api.ts';
import { type EndpointConfig, type EndpointsConfig, type LocalityConfig, noEndpoints } from './cluster-config.ts';
import { addressOf, metadataOf, portOf } from './config-values.ts';

/** `namesAllowed`: the cluster resolves names (DNS types); else every address must be usable as it is. */
export function readEndpoints(
  message: ClusterLoadAssignment | undefined,
  namesAllowed: boolean,
  context: ConfigContext,
): EndpointsConfig {
  if (message === undefined) return noEndpoints;
  const localities: LocalityConfig[] = [];
  for (const locality of message.endpoints) localities.push(readLocality(locality, namesAllowed, context));
  return {
    overprovisioningFactor: message.policy?.overprovisioningFactor ?? noEndpoints.overprovisioningFactor,
    weightedPriorityHealth: message.policy?.weightedPriorityHealth ?? false,
    localities,
    source: message,
  };
}

function readLocality(message: LocalityLbEndpoints, namesAllowed: boolean, context: ConfigContext): LocalityConfig {
  const choice = message.lbConfig;
  if (choice.case === 'ledsClusterLocalityConfig') {
    context.error(
      message,
      'leds_cluster_locality_config',
      'RMR0306',
      'LEDS is not implemented: endpoints must be listed here',
    );
  }
  const listed = choice.case === 'loadBalancerEndpoints' ? choice.value.lbEndpoints : message.lbEndpoints;
  const endpoints: EndpointConfig[] = [];
  for (const lbEndpoint of listed) {
    const endpoint = readEndpoint(lbEndpoint, namesAllowed, context);
    if (endpoint !== undefined) endpoints.push(endpoint);
  }
  const locality = message.locality;
  return {
    locality: { region: locality?.region ?? '', zone: locality?.zone ?? '', subZone: locality?.subZone ?? '' },
    priority: message.priority,
    weight: message.loadBalancingWeight ?? 0,
    metadata: metadataOf(message.metadata),
    endpoints,
  };
}

function readEndpoint(message: LbEndpoint, namesAllowed: boolean, context: ConfigContext): EndpointConfig | undefined {
  const identifier = message.hostIdentifier;
  if (identifier.case !== 'endpoint') {
    const field = identifier.case === undefined ? '' : 'endpoint_name';
    context.error(
      message,
      field,
      'RMR0404',
      'An endpoint with an address is needed here; named endpoints are not implemented',
    );
    return undefined;
  }
  const endpoint = identifier.value;
  const place = readPlace(endpoint, namesAllowed, context);
  if (place === undefined) return undefined;
  const metadata = metadataOf(message.metadata);
  return {
    ...place,
    additionalAddresses: readAdditionalAddresses(endpoint, context),
    hostname: endpoint.hostname,
    weight: message.loadBalancingWeight ?? 1,
    health: healthOf(message.healthStatus),
    healthStatus: message.healthStatus,
    metadata,
    canary: metadata['envoy.lb']?.['canary'] === true,
  };
}

function readPlace(
  endpoint: Endpoint,
  namesAllowed: boolean,
  context: ConfigContext,
): Pick<EndpointConfig, 'address' | 'dnsName' | 'port'> | undefined {
  const choice = endpoint.address?.address;
  const address = addressOf(endpoint.address);
  if (choice?.case === 'socketAddress') {
    const port = portOf(choice.value);
    if (choice.value.resolverName !== '') {
      context.error(choice.value, 'resolver_name', 'RMR0306', 'Custom address resolvers are not implemented');
      return undefined;
    }
    if (namesAllowed && port !== undefined) {
      return { address: typeof address === 'string' ? null : address, dnsName: choice.value.address, port };
    }
  }
  if (typeof address !== 'string') {
    if (address.kind !== 'internal' && !(namesAllowed && address.kind === 'pipe'))
      return { address, dnsName: '', port: 0 };
    const why =
      address.kind === 'internal'
        ? 'Internal listeners are not implemented yet'
        : 'A DNS cluster takes names, not pipes';
    context.error(endpoint, 'address', 'RMR0404', why);
    return undefined;
  }
  const hint =
    choice?.case === 'socketAddress' ? 'set the cluster type to STRICT_DNS or LOGICAL_DNS to resolve names' : undefined;
  context.error(endpoint, 'address', 'RMR0404', `The endpoint cannot be reached: ${address}`, hint);
  return undefined;
}

function readAdditionalAddresses(endpoint: Endpoint, context: ConfigContext): Address[] {
  const addresses: Address[] = [];
  endpoint.additionalAddresses.forEach((additional, index) => {
    const address = addressOf(additional.address);
    if (typeof address !== 'string') addresses.push(address);
    else context.error(endpoint, `additional_addresses[${index}]`, 'RMR0404', `The address cannot be used: ${address}`);
  });
  return addresses;
}

/** envoy.config.core.v3.HealthStatus: UNHEALTHY, DRAINING and TIMEOUT take no new traffic. */
function healthOf(status: number): HostHealth {
  if (status === 2 || status === 3 || status === 4) return 'unhealthy';
  return status === 5 ? 'degraded' : 'healthy';
}
