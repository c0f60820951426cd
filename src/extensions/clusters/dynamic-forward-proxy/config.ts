// Owns the way from envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig to the cluster's hosts.
import type { ConfigContext } from '../../../config/api.ts';
import type { Cluster } from '../../../generated/envoy/config/cluster/v3/cluster_pb.d.ts';
import type { TransportSocket } from '../../../generated/envoy/config/core/v3/base_pb.d.ts';
import type { ClusterConfig } from '../../../generated/envoy/extensions/clusters/dynamic_forward_proxy/v3/cluster_pb.d.ts';
import type { ProxyProtocolUpstreamTransport } from '../../../generated/envoy/extensions/transport_sockets/proxy_protocol/v3/upstream_proxy_protocol_pb.d.ts';
import type { HttpProtocolOptions } from '../../../generated/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.d.ts';
import type { ClusterTypeFactory } from '../../../upstream/cluster-type/api.ts';
import { readDnsCache } from '../../common/dynamic-forward-proxy/config.ts';
import type { DnsCacheSettings } from '../../common/dynamic-forward-proxy/settings.ts';
import { DynamicForwardProxyHosts } from './hosts.ts';

export interface DynamicForwardProxyConfig {
  readonly cache: DnsCacheSettings;
  /** The default port is that of HTTPS. */
  readonly secure: boolean;
}

const httpOptions = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
const sockets = 'envoy.extensions.transport_sockets';

/** Undefined after a problem was reported: nothing is made of it then. */
export const factory: ClusterTypeFactory<DynamicForwardProxyConfig | undefined> = {
  expectsNames: true,
  parse(message, cluster, context) {
    return readConfig(message as ClusterConfig, cluster as Cluster, context);
  },
  create(config, context) {
    return new DynamicForwardProxyHosts(config as DynamicForwardProxyConfig, context);
  },
};

function readConfig(
  message: ClusterConfig,
  cluster: Cluster,
  context: ConfigContext,
): DynamicForwardProxyConfig | undefined {
  const choice = message.clusterImplementationSpecifier;
  if (!message.allowInsecureClusterOptions) checkServerNames(cluster, context);
  if (choice.case === 'subClustersConfig') return undefined;
  const cache = readDnsCache(choice.value, message, context, 'RMR0400');
  return cache && { cache, secure: enciphers(cluster.transportSocket, context) };
}

/** A host is whatever a client says: its certificate must be asked for by that name, and be of that name. */
function checkServerNames(cluster: Cluster, context: ConfigContext): void {
  const any = cluster.typedExtensionProtocolOptions[httpOptions];
  // Without them both are on.
  const options =
    any === undefined
      ? cluster.upstreamHttpProtocolOptions
      : context.unpackAs<HttpProtocolOptions>(any, httpOptions)?.upstreamHttpProtocolOptions;
  if (any === undefined && options === undefined) return;
  if (options?.autoSni && options.autoSanValidation) return;
  const text =
    'a dynamic forward proxy cluster whose HTTP options are given needs auto_sni and auto_san_validation in upstream_http_protocol_options';
  context.error(cluster, '', 'RMR0400', text, 'set both, or allow_insecure_cluster_options: true');
}

function enciphers(socket: TransportSocket | undefined, context: ConfigContext): boolean {
  const any = socket?.configType.value;
  const message = any === undefined ? undefined : context.unpack(any);
  if (message === undefined) return false;
  if (message.$typeName === `${sockets}.proxy_protocol.v3.ProxyProtocolUpstreamTransport`)
    return enciphers((message as ProxyProtocolUpstreamTransport).transportSocket, context);
  return message.$typeName === `${sockets}.tls.v3.UpstreamTlsContext`;
}
