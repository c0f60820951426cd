/** Owns which checks go with which message, wherever it stands: in the bootstrap, in a file, in an xDS response. */
import type { Message } from '@bufbuild/protobuf';
import type { Cluster } from '../../generated/envoy/config/cluster/v3/cluster_pb.d.ts';
import type { ConfigSource } from '../../generated/envoy/config/core/v3/config_source_pb.d.ts';
import type { Listener } from '../../generated/envoy/config/listener/v3/listener_pb.d.ts';
import type { RouteConfiguration } from '../../generated/envoy/config/route/v3/route_pb.d.ts';
import type { HttpConnectionManager } from '../../generated/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.d.ts';
import type { TcpProxy } from '../../generated/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.d.ts';
import type { RegexMatcher } from '../../generated/envoy/type/matcher/v3/regex_pb.d.ts';
import type { RegexMatcher as XdsRegexMatcher } from '../../generated/xds/type/matcher/v3/regex_pb.d.ts';
import type { ConfigContext } from '../context.ts';
import { checkCluster } from './cluster.ts';
import { checkConnectionManager } from './connection-manager.ts';
import { checkListener } from './listener.ts';
import { checkRouteConfiguration } from './route-configuration.ts';
import { checkTcpProxy } from './tcp-proxy.ts';

/** Messages that have a check of their own, by the type their $typeName names. */
type Checked =
  | Cluster
  | ConfigSource
  | HttpConnectionManager
  | Listener
  | RegexMatcher
  | RouteConfiguration
  | TcpProxy
  | XdsRegexMatcher;

function isChecked(message: Message): message is Checked {
  return checkedTypes.has(message.$typeName);
}

const checkedTypes: ReadonlySet<string> = new Set<Checked['$typeName']>([
  'envoy.config.cluster.v3.Cluster',
  'envoy.config.core.v3.ConfigSource',
  'envoy.config.listener.v3.Listener',
  'envoy.config.route.v3.RouteConfiguration',
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
  'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy',
  'envoy.type.matcher.v3.RegexMatcher',
  'xds.type.matcher.v3.RegexMatcher',
]);

/** Called for every message once its fields are known to follow the API's rules, or not to. */
export function checkMeaning(message: Message, context: ConfigContext): void {
  if (!isChecked(message)) return;
  switch (message.$typeName) {
    case 'envoy.config.cluster.v3.Cluster':
      checkCluster(message, context);
      break;
    case 'envoy.config.listener.v3.Listener':
      checkListener(message, context);
      break;
    case 'envoy.config.route.v3.RouteConfiguration':
      checkRouteConfiguration(message, context);
      break;
    case 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager':
      checkConnectionManager(message, context);
      break;
    case 'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy':
      checkTcpProxy(message, context);
      break;
    case 'envoy.type.matcher.v3.RegexMatcher':
    case 'xds.type.matcher.v3.RegexMatcher':
      context.regexMatchers.push(message);
      break;
    case 'envoy.config.core.v3.ConfigSource':
      context.configSources.push(message);
  }
}
