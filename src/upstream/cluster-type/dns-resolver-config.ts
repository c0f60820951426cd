// Owns the choice of the DNS resolver: typed_dns_resolver_config, or the older fields of the cluster.

import { type Address, ipAddress } from '../../base/address.ts';
import type { ConfigContext } from '../../config/context.ts';
import type { Bootstrap } from '../../generated/envoy/config/bootstrap/v3/bootstrap_pb.d.ts';
import type { Cluster } from '../../generated/envoy/config/cluster/v3/cluster_pb.d.ts';
import type { Address as AddressMessage } from '../../generated/envoy/config/core/v3/address_pb.d.ts';
import type { TypedExtensionConfig } from '../../generated/envoy/config/core/v3/extension_pb.d.ts';
import type { DnsCacheConfig } from '../../generated/envoy/extensions/common/dynamic_forward_proxy/v3/dns_cache_pb.d.ts';
import type { CaresDnsResolverConfig } from '../../generated/envoy/extensions/network/dns_resolver/cares/v3/cares_dns_resolver_pb.d.ts';
import type { DnsResolverConfig } from '../../network/dns.ts';

const resolvers = 'envoy.extensions.network.dns_resolver';

export const dnsResolverTypes = [
  `${resolvers}.cares.v3.CaresDnsResolverConfig`,
  `${resolvers}.getaddrinfo.v3.GetAddrInfoDnsResolverConfig`,
] as const;

/** Of a cluster, a filter or the bootstrap. Null when there is none, or after a problem was reported. */
export function readDnsResolver(
  typed: TypedExtensionConfig | undefined,
  context: ConfigContext,
): DnsResolverConfig | null {
  const any = typed?.typedConfig;
  const message = any === undefined ? undefined : context.unpack(any);
  if (any === undefined || message === undefined) return null;
  const typeName = message.$typeName;
  if (typeName === dnsResolverTypes[1]) return { kind: 'getaddrinfo' };
  if (typeName !== dnsResolverTypes[0]) {
    context.error(any, '', 'RMR0304', `The DNS resolver ${typeName} is not implemented yet`);
    return null;
  }
  const config = message as CaresDnsResolverConfig;
  return {
    kind: 'cares',
    servers: readServers(config.resolvers, any, context),
    serversAreFallback: config.useResolversAsFallback,
    noSearchDomains: config.dnsResolverOptions?.noDefaultSearchDomain ?? false,
    queryTimeoutMs: config.queryTimeoutSeconds === undefined ? undefined : Number(config.queryTimeoutSeconds) * 1000,
    queryTries: config.queryTries,
  };
}

/** dns_resolution_config (the bootstrap's and a DNS cache's too) and dns_resolvers. Null when neither is set. */
export function readLegacyDnsResolver(
  cluster: Cluster | Bootstrap | DnsCacheConfig,
  context: ConfigContext,
): DnsResolverConfig | null {
  const legacy = cluster.dnsResolutionConfig;
  const servers = legacy?.resolvers ?? ('dnsResolvers' in cluster ? cluster.dnsResolvers : []);
  const options = legacy?.dnsResolverOptions;
  if (servers.length === 0 && options === undefined) return null;
  return {
    kind: 'cares',
    servers: readServers(servers, cluster, context),
    serversAreFallback: false,
    noSearchDomains: options?.noDefaultSearchDomain ?? false,
    queryTimeoutMs: undefined,
    queryTries: undefined,
  };
}

function readServers(messages: readonly AddressMessage[], parent: object, context: ConfigContext): Address[] {
  const servers: Address[] = [];
  for (const message of messages) {
    const choice = message.address;
    if (choice.case === 'socketAddress' && choice.value.portSpecifier.case !== 'namedPort') {
      servers.push(ipAddress(choice.value.address, choice.value.portSpecifier.value || 53));
    } else {
      context.error(parent, 'resolvers', 'RMR0901', 'A name server is given as an IP address with a port number');
    }
  }
  return servers;
}
