// Reads envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.TunnelingConfig.
import type { TcpProxy_TunnelingConfig } from '../../../../generated/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.d.ts';
import { headerName } from '../../../../http/headers/api.ts';
import type { NetworkFilterContext } from '../../../../listener/api.ts';
import { readFormatString, readFormatters } from '../../../../observability/access-log/api.ts';
import { readRequestHeaderRules } from '../../../../router/api.ts';
import type { TunnelSettings } from './tunnel-settings.ts';

/** Null: no tunnel. Undefined after an error was reported. */
export function readTunnel(
  message: TcpProxy_TunnelingConfig | undefined,
  { config }: NetworkFilterContext,
): TunnelSettings | null | undefined {
  if (message === undefined) return null;
  if (message.postPath !== '' && !message.usePost) {
    const text = 'post_path goes with use_post: a CONNECT has no path';
    config.error(message, 'post_path', 'RMR0903', text, 'set use_post: true');
    return undefined;
  }
  const formatters = readFormatters(message, config);
  const options = { headerName, ...formatters };
  const hostname = readFormatString(message.hostname, message, 'hostname', config, options);
  const headers = readRequestHeaderRules(message.headersToAdd, [], config, formatters);
  if (formatters === undefined || hostname === undefined) return undefined;
  return Object.freeze({
    hostname,
    usePost: message.usePost,
    postPath: message.postPath === '' ? '/' : message.postPath,
    headers,
    propagateHeaders: message.propagateResponseHeaders,
    propagateTrailers: message.propagateResponseTrailers,
  });
}
